"""Let the model serve whose vectors are there."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from ai_memory import limits
from ai_memory.model.command import Action, Command
from ai_memory.operations.serving import own_model
from ai_memory.operations.step import Context, Outcome, Steps, Write


class SwitchModel(Command, frozen=True, kw_only=True):
    """Let this node's model serve, if all but a few memories have its vectors. The reembedder's."""

    action: ClassVar[Action] = "maintain"

    stragglers_max: Annotated[int, Meta(ge=0, le=limits.REEMBED_STRAGGLERS_MAX)] = 0


class SwitchResult(msgspec.Struct, kw_only=True):
    """Whether it serves now."""

    serves: bool


def switch_model(command: SwitchModel, context: Context) -> Steps[SwitchResult]:
    """Run SwitchModel.

    Raises:
        EmbedderUnavailable: This node has no embedder.
    """
    model = own_model(context)
    serves: bool = yield Write(
        lambda rows: Outcome(rows.switch_model(model, command.stragglers_max))
    )
    return SwitchResult(serves=serves)
