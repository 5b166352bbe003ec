"""Command: what somebody wants. Its docstring is its description on every face."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar, Literal, Self, TypeAlias

import msgspec

from ai_memory.model.clock import Micros
from ai_memory.model.field import CHECKS, GLOBAL, INSTANTS, NAMES, OWN
from ai_memory.model.name import name_fields

Action: TypeAlias = Literal["read", "write", "delete", "promote", "maintain"]


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every command: bounds come from field types, the rest from `field.CHECKS`.

    A command that exists is valid, whoever made it: a face, a worker or Python code.
    """

    action: ClassVar[Action] = "read"
    at_home: ClassVar[bool] = False
    """Whether it asks for the caller's own project, where no namespace is named."""

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

    @classmethod
    def completed(cls, fields: dict[str, Any]) -> dict[str, Any]:
        """The fields somebody gave, with what a required one that is missing can only be."""
        return fields

    def settled(self, caller: Caller, now: Micros) -> Self:
        """The command as it is carried out: own project and relative times are filled in.

        Settled before anybody may refuse or keep it, so that it means the same later and elsewhere.

        Args:
            caller: Whose project is meant where none is named.
            now: What `7d` and `yesterday` are told from.

        Raises:
            ValidationFailed: A relative time reaches further than a calendar does.
        """
        filled: dict[str, str] = {}
        if getattr(self, "namespace", None) == OWN:
            filled["namespace"] = caller.home
        for name in _instants(type(self)):
            text = getattr(self, name)
            if isinstance(text, str):
                from ai_memory.model.instant import settle_instant  # most name no time

                instant = settle_instant(text, field=name, now=now)
                if instant != text:
                    filled[name] = instant
        if not filled:
            return self
        settled = copy.copy(self)
        for name, value in filled.items():
            msgspec.structs.force_setattr(settled, name, value)
        return settled


@cache
def _checks(kind: type[Command]) -> tuple[tuple[str, Callable[[Any], None]], ...]:
    return tuple((name, CHECKS[name]) for name in kind.__struct_fields__ if name in CHECKS)


@cache
def _names(kind: type[Command]) -> tuple[str, ...]:
    return tuple(name for name in kind.__struct_fields__ if name in NAMES)


@cache
def _instants(kind: type[Command]) -> tuple[str, ...]:
    return tuple(name for name in kind.__struct_fields__ if name in INSTANTS)


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, and through which face.

    Attributes:
        agent_id: The claimed identity; stamped on what is stored.
        face: Where the request entered; chooses nothing but the default `source`.
        project: The namespace of the project it works in (`adapters.project`); None: none.
        answer_tokens: How long an answer it can take, in cl100k tokens; None: any.
    """

    agent_id: str
    face: Literal["python", "mcp", "http", "cli", "worker"] = "python"
    project: str | None = None
    answer_tokens: int | None = None

    @property
    def home(self) -> str:
        """The namespace of what names none."""
        return self.project or GLOBAL
