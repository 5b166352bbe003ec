"""The decision: principal, action, resource → Allow | Deny | Pending, with reasons."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from ai_memory.model.command import Action


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked.

    Attributes:
        principal: The agent that asks.
        namespace: Where; None when the command spans all of them.
    """

    principal: str
    action: Action
    namespace: str | None


class Allow(msgspec.Struct, frozen=True):
    """Go ahead."""

    reasons: tuple[str, ...]


class Deny(msgspec.Struct, frozen=True):
    """No."""

    reasons: tuple[str, ...]


class Pending(msgspec.Struct, frozen=True):
    """Not before somebody approved."""

    reasons: tuple[str, ...]


Decision: TypeAlias = Allow | Deny | Pending


def decide(request: Request) -> Decision:
    """Judge a request.

    A node of one agent has no standards: its owner may do everything, which is said as a reason
    rather than assumed by silence. A worker's maintenance is part of the node itself.
    """
    if request.action == "maintain":
        return Allow(("maintenance is the node's own work",))
    where = request.namespace or "*"
    return Allow((f"no standard governs {where}",))
