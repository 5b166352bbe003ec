"""What recalls leave behind: counters, and the changes they trigger when a threshold is crossed."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from ai_memory import limits
from ai_memory.model.change import Change, MemoryPut
from ai_memory.model.clock import SECOND, Micros
from ai_memory.model.command import Action, Command
from ai_memory.model.memory import Memory, Payload, Retention, payload_of
from ai_memory.operations.step import Context, Outcome, Steps, Write
from ai_memory.ports import Lookups, Transaction


class TouchMemories(Command, frozen=True, kw_only=True):
    """Count recalls of memories. The janitor's command; no face offers it."""

    action: ClassVar[Action] = "maintain"

    touches: tuple[tuple[str, int, Micros], ...]


class TouchResult(msgspec.Struct, kw_only=True):
    """How many live memories were counted, and how many crossed a threshold."""

    touched: int
    changed: int


def touch_memories(command: TouchMemories, context: Context) -> Steps[TouchResult]:
    """Run TouchMemories. Memories gone meanwhile are skipped."""
    ids = tuple(memory_id for memory_id, _count, _at in command.touches)

    def work(rows: Transaction) -> Outcome:
        live = {memory.id: memory for memory in rows.memories(ids)}
        counted = [touch for touch in command.touches if touch[0] in live]
        changes: list[Change] = []
        payloads: dict[bytes, Payload] = {}
        for memory_id, count, at in counted:
            before = live[memory_id]
            after = after_touch(before, count, at, context.retention)
            if after != before:
                payload = payload_of(after)
                payload_hash = payload.hash()
                payloads[payload_hash] = payload
                changes.append(MemoryPut.of(after, payload_hash))
        rows.touch(counted)
        result = TouchResult(touched=len(counted), changed=len(changes))
        return Outcome(result, tuple(changes), payloads)

    touched: TouchResult = yield Write(work, Lookups(ids=ids))
    return touched


def after_touch(memory: Memory, count: int, at: Micros, retention: Retention) -> Memory:
    """The replicated facts of a memory after `count` more recalls, the last one `at`.

    A recall extends an expiry and never shortens it; a mid memory recalled often becomes long;
    every tenth recall raises the priority. The content clock (updated_at) stands still.
    """
    accesses = min(memory.access_count + count, limits.ACCESS_COUNT_MAX)
    step = limits.PRIORITY_STEP_ACCESS_COUNT
    priority = min(
        limits.PRIORITY_MAX, memory.priority + accesses // step - memory.access_count // step
    )
    tier, expires_at = memory.tier, memory.expires_at
    if tier == "mid" and accesses >= limits.PROMOTION_ACCESS_COUNT:
        tier, expires_at = "long", None
    elif expires_at is not None:
        extended = at + retention.extension_secs(tier) * SECOND
        if extended >= expires_at + limits.EXTENSION_STEP_SECS * SECOND:
            expires_at = extended
    return msgspec.structs.replace(memory, priority=priority, tier=tier, expires_at=expires_at)
