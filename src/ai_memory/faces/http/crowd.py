"""The crowd of connections: how long each may take, and who makes room when there are too many.

Nobody is waited for without end: a head, a body, and a client that does not read what it asked for
each have their time. When there are as many connections as this process may hold, the one that
rests longest makes room, of those that were never answered first, so that who says nothing, or says
it slowly, keeps nobody out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import Enum
from typing import Final, Protocol

from ai_memory import limits
from ai_memory.adapters.system import descriptors_max


class Phase(Enum):
    """What a connection is waited for."""

    HEAD = "head"
    BODY = "body"
    ANSWER = "answer"
    STALLED = "stalled"
    """Much is to be sent, and the client does not read."""
    IDLE = "idle"
    CLOSING = "closing"
    """Its last bytes are still to be read."""


def patience(phase: Phase) -> float:
    """How long a connection may stay in a phase, in seconds."""
    match phase:
        case Phase.HEAD:
            return limits.HTTP_HEAD_SECS
        case Phase.BODY:  # who reads it answers before
            return limits.HTTP_BODY_SECS + limits.HTTP_DRAIN_SECS
        case Phase.ANSWER:
            return float("inf")
        case Phase.STALLED:
            return limits.HTTP_STALL_SECS
        case Phase.IDLE:
            return limits.HTTP_KEEP_ALIVE_SECS
        case Phase.CLOSING:
            return limits.HTTP_CLOSE_SECS


_YIELDING: Final = (Phase.HEAD, Phase.BODY, Phase.IDLE, Phase.CLOSING)


class Member(Protocol):
    """A connection, as the crowd sees it."""

    @property
    def phase(self) -> Phase:
        """What it is waited for."""

    @property
    def since(self) -> float:
        """Since when, by the loop's clock."""

    @property
    def answered(self) -> int:
        """How many requests it was answered."""

    @property
    def peer(self) -> str:
        """From which address."""

    def expire(self) -> None:
        """Its time is over."""


def connections_max() -> int:
    """How many connections this process holds: what its descriptors allow, with some in reserve."""
    allowed = descriptors_max()
    spare = max(allowed - limits.DESCRIPTORS_RESERVED, allowed // 4)
    return max(1, min(limits.HTTP_CONNECTIONS_MAX, spare))


def overdue(members: Iterable[Member], now: float) -> list[Member]:
    """Those whose time is over."""
    return [one for one in members if now - one.since > patience(one.phase)]


def yielding(members: Iterable[Member]) -> Member | None:
    """Who makes room: of the peer with the most, who was never answered, then who rests longest.

    Args:
        members: All but the one that room is made for.

    Returns:
        None if all are being answered.
    """
    resting = [one for one in members if one.phase in _YIELDING]
    if not resting:
        return None
    crowds = Counter(one.peer for one in resting)
    most = max(crowds.values())
    return min(
        (one for one in resting if crowds[one.peer] == most),
        key=lambda one: (one.answered > 0, one.since),
    )
