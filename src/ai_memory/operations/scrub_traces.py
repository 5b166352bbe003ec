"""Finish erasures whose traces could not be removed at once."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from ai_memory.model.command import Action, Command
from ai_memory.operations.step import Context, Scrub, Scrubbed, Steps


class ScrubTraces(Command, frozen=True, kw_only=True):
    """Remove the traces of what was erased. The janitor's command; no face offers it."""

    action: ClassVar[Action] = "maintain"


class ScrubResult(msgspec.Struct, kw_only=True):
    """Whether nothing is left."""

    complete: bool


def scrub_traces(command: ScrubTraces, context: Context) -> Steps[ScrubResult]:  # noqa: ARG001
    """Run ScrubTraces."""
    scrubbed: Scrubbed = yield Scrub()
    return ScrubResult(complete=not scrubbed.waits_for)
