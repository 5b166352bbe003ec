"""What is it? Frozen values: memory, link, change, command, filter, clock, agent.

The one non-obvious decision: values are `msgspec.Struct`s, not dataclasses. They cost a third to
define (a CLI that starts in 200 ms feels it), they decode, check bounds and print their JSON Schema
from one declaration, and they encode in microseconds.

Instants are `int` microseconds since the Unix epoch, UTC, everywhere inside; RFC 3339 text exists
only at the faces (`clock.py` has both directions).

This package imports no clock, randomness, file, socket, thread or database.
"""
