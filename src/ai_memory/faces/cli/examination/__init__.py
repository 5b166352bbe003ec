"""What `ai-memory doctor` looks at, one module for each thing that can be ill.

Each examination returns Sections and never raises an AiMemoryError: what it could not find out is
a finding. Storage is looked at first and from outside, so that a database that does not exist is
not made by being looked at, and a damaged one is not opened for writing; only a sound one is then
opened as every command opens it. `--fix` makes anew what is derived from the rows, no more.
"""
