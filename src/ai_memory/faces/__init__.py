"""Thin: each face turns a request into a Command, calls the node, and prints the answer.

`problems.py` says what an error code is in each face's own terms, `codec.py` reads and prints JSON.
No face holds a rule; what two faces do alike stands here or below.
"""
