"""The filter fields a query has, as one Filter: they mean the same in every operation."""

from __future__ import annotations

from typing import Any

from ai_memory.model.clock import Micros
from ai_memory.model.command import Command
from ai_memory.model.field import given_instant
from ai_memory.model.query import Filter
from ai_memory.policy.visibility import visible_from


def narrowed(command: Command, now: Micros, namespaces: tuple[str, ...] | None) -> Filter:
    """What `tier`, `tags`, `agent_id`, `min_priority`, `since`, `until` and `as_agent` leave.

    Args:
        command: Has some of those fields; one it lacks narrows nothing.
        now: The instant of the query.
        namespaces: Which ones it may look in; None: all.

    Raises:
        ValidationFailed: `since` or `until` is no instant.
    """

    def given(name: str) -> Any:
        return getattr(command, name, None)

    position = given("as_agent")
    return Filter(
        now=now,
        namespaces=namespaces,
        tier=given("tier"),
        tag=given("tags"),
        agent_id=given("agent_id"),
        min_priority=given("min_priority"),
        since=given_instant(command, "since"),
        until=given_instant(command, "until"),
        visible=None if position is None else visible_from(position),
    )


def exactly(namespace: str | None) -> tuple[str, ...] | None:
    """The one namespace asked for, or all."""
    return None if namespace is None else (namespace,)
