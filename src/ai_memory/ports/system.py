"""Ports for what a machine has that no memory is made of: time and chance."""

from __future__ import annotations

from typing import Protocol

from ai_memory.model.clock import Micros


class Clock(Protocol):
    """Reads time. The only source of `now`."""

    def now(self) -> Micros:
        """The current instant."""

    def monotonic(self) -> float:
        """Seconds since some fixed point; for durations."""


class Entropy(Protocol):
    """Makes what must be unique or unguessable."""

    def new_id(self) -> str:
        """A fresh identifier: a UUID, random, 36 characters."""
