"""Remove what a model that serves no more has left."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from ai_memory import limits
from ai_memory.model.command import Action, Command
from ai_memory.operations.step import Context, Outcome, Steps, Write


class DropVectors(Command, frozen=True, kw_only=True):
    """Remove some vectors of models that serve no more. The janitor's command."""

    action: ClassVar[Action] = "maintain"

    limit: Annotated[int, Meta(ge=1, le=limits.DROP_BATCH)] = limits.DROP_BATCH


class DropResult(msgspec.Struct, kw_only=True):
    """How many were removed; fewer than asked for: that was all."""

    dropped: int


def drop_vectors(command: DropVectors, context: Context) -> Steps[DropResult]:  # noqa: ARG001
    """Run DropVectors."""
    dropped: int = yield Write(lambda rows: Outcome(rows.drop_left(command.limit)))
    return DropResult(dropped=dropped)
