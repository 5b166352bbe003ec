"""Options from a command's fields: their names, bounds and help are the declaration's."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Final,
    Literal,
    NamedTuple,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec

from ai_memory.errors import ValidationFailed

if TYPE_CHECKING:
    from ai_memory.faces.cli.parser import Parser
    from ai_memory.model.command import Command

Shape = Literal["text", "list", "object", "switch"]

PREFIX: Final = "field."
"""Destinations of fields begin with this, so that no field collides with a global flag."""

_SHORT: Final[Mapping[str, str]] = {
    "title": "-T",
    "content": "-c",
    "namespace": "-n",
    "tier": "-t",
    "priority": "-p",
    "source": "-S",
    "relation": "-r",
    "pattern": "-p",
    "summary": "-s",
}
_WITHOUT_DASH: Final = (
    "id", "ids", "id_a", "id_b", "context", "query", "intent", "family", "source_id", "target_id",
    "canonical_name", "alias", "winner", "loser",
)  # fmt: skip
"""Where they are required; a field of the same name that may be absent is an option."""
_PROSE: Final = ("context", "query", "intent")
"""Written as several words, they are joined: no quotes are needed for a question."""


class Option(NamedTuple):
    """How one field is written on the command line.

    Attributes:
        default: msgspec.NODEFAULT for a required one. Absent ones are the declaration's business;
            this is for the help text.
    """

    field: str
    shape: Shape
    choices: tuple[str, ...]
    help: str
    default: Any

    @property
    def bare(self) -> bool:
        """Whether it is written without a dash: `link SOURCE_ID TARGET_ID`."""
        return self.field in _WITHOUT_DASH and self.default is msgspec.NODEFAULT

    @property
    def flag(self) -> str:
        """`budget_tokens` is written `--budget-tokens`."""
        return "--" + self.field.replace("_", "-")


def options_of(kind: type[Command]) -> list[Option]:
    """One option per field, in order."""
    hints = get_type_hints(kind, include_extras=True)
    names, defaults = kind.__struct_fields__, kind.__struct_defaults__
    first = len(names) - len(defaults)
    return [
        _option(name, hints[name], defaults[at - first] if at >= first else msgspec.NODEFAULT)
        for at, name in enumerate(names)
    ]


def _option(name: str, annotation: Any, default: Any) -> Option:
    help_text = ""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation, *metas = get_args(annotation)
            for meta in metas:
                help_text = getattr(meta, "description", None) or help_text
        elif origin in (Union, types.UnionType):
            # Every field is one thing, or absent.
            annotation = next(
                part
                for part in get_args(annotation)
                if part is not type(None) and part is not msgspec.UnsetType
            )
        else:
            break
    choices = tuple(map(str, get_args(annotation))) if origin is Literal else ()
    shape: Shape = "text"
    if annotation is bool:
        shape = "switch"
    elif origin is tuple or origin is list:
        shape = "list"
    elif origin is dict:
        shape = "object"
    return Option(name, shape, choices, help_text, default)


def add_options(
    parser: Parser, options: list[Option], defaults: Mapping[str, str] = types.MappingProxyType({})
) -> None:
    """Declare the options of a command; nothing is required here, the command itself says so.

    Args:
        parser: Of the command.
        options: Its fields.
        defaults: What the help shows as defaults, where the command line knows better.
    """
    for option in options:
        if option.field == "agent_id":
            continue  # the global flag of the same name
        dest = PREFIX + option.field
        if option.bare:
            several = option.field in _PROSE or option.shape == "list"
            parser.add_argument(
                dest,
                metavar=option.field.upper(),
                nargs="*" if several else "?",
                help=_help(option) + (" `-` reads stdin." if option.field in _PROSE else ""),
            )
            continue
        words = [option.flag]
        if option.field in _SHORT:
            words.insert(0, _SHORT[option.field])
        if option.shape == "switch":
            parser.add_argument(
                *words, dest=dest, action="store_const", const=True, help=option.help
            )
            continue
        parser.add_argument(
            *words,
            dest=dest,
            action="append" if option.shape == "list" else "store",
            metavar=_metavar(option),
            help=_help(option._replace(default=defaults.get(option.field, option.default))),
        )


def _metavar(option: Option) -> str:
    if option.shape == "list":
        return "A,B"
    if option.shape == "object":
        return "JSON"
    return option.field.rsplit("_", 1)[-1].upper()


def _help(option: Option) -> str:
    text = option.help
    if option.choices and not all(choice in text for choice in option.choices):
        text += f" One of {', '.join(option.choices)}."
    if option.field == "content":
        text += " `-` reads stdin, less its last line break."
    default = option.default
    if default not in (None, "", ()) and isinstance(default, str | int | float):
        text += "" if "default" in text else f" Default: {default}."
    return text.replace("%", "%%")


def fields_of(options: list[Option], given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a call, as text or as what the text stands for.

    Raises:
        ValidationFailed: A value is not the JSON it should be.
    """
    fields: dict[str, Any] = {}
    for option in options:
        value = given.get(PREFIX + option.field)
        if value is None or value == []:
            continue
        if option.field in _PROSE:
            fields[option.field] = " ".join(value)
        elif option.shape == "list":
            parts = (part.strip() for text in value for part in text.split(","))
            fields[option.field] = [part for part in parts if part]
        elif option.shape == "object":
            fields[option.field] = _json(option, value)
        elif option.field == "expires_at" and not value.strip():
            fields[option.field] = None  # `--expires-at ""`: it never expires
        else:
            fields[option.field] = value
    return fields


def _json(option: Option, text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as cause:
        raise ValidationFailed(
            f"{option.flag} is not valid JSON",
            hint=f"""Write it like {option.flag} '{{"key": "value"}}'.""",
            field=option.field,
        ) from cause
