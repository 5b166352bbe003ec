"""The verbs: one function per operation, one file per family of rules.

An operation is a command (what is asked), a result (what is answered) and a function between them.
A plain function is a query on one snapshot; a generator yields steps (`step.py`) that the node
performs: embed these texts, read this, write that. Either way it is synchronous, deterministic code
without clock, randomness, file or socket, so that it runs the same in a server and in a simulator.

`apply.py` is the only code that writes rows. `registry.py` lists every operation once; the three
faces are fed from it.
"""
