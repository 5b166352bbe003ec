"""Command: what somebody wants. Its docstring is its description on every face."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar, Literal, TypeAlias

import msgspec

from ai_memory.model.field import CHECKS, NAMES
from ai_memory.model.name import name_fields

Action: TypeAlias = Literal["read", "write", "delete", "promote", "maintain"]


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every command: bounds come from field types, the rest from `field.CHECKS`.

    A command that exists is valid, whoever made it: a face, a worker or Python code.
    """

    action: ClassVar[Action] = "read"

    def __post_init__(self) -> None:
        """Check what types cannot say; names take the form they are compared in.

        Raises:
            ValidationFailed: A field is malformed; `details["field"]` names it.
        """
        if names := _names(type(self)):
            name_fields(self, names)
        for name, check in _checks(type(self)):
            value = getattr(self, name)
            if value is not None and value is not msgspec.UNSET:
                check(value)


@cache
def _checks(kind: type[Command]) -> tuple[tuple[str, Callable[[Any], None]], ...]:
    return tuple((name, CHECKS[name]) for name in kind.__struct_fields__ if name in CHECKS)


@cache
def _names(kind: type[Command]) -> tuple[str, ...]:
    return tuple(name for name in kind.__struct_fields__ if name in NAMES)


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, and through which face.

    Attributes:
        agent_id: The claimed identity; stamped on what is stored.
        face: Where the request entered; chooses nothing but the default `source`.
    """

    agent_id: str
    face: Literal["python", "mcp", "http", "cli", "worker"] = "python"
