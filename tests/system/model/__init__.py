"""What a memory store should do, written a second time: plain dictionaries and one page per family.

Nothing here imports an operation, a policy or a store. `world.py` has the state and the clock;
`memories.py`, `archive.py` and `graph.py` say what each operation does to it and answers;
`questions.py` what a reader sees. A mistake would have to be made twice to go unnoticed.
"""
