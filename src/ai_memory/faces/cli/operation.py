"""Any operation as a command: fields in, a result out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ai_memory.errors import ValidationFailed
from ai_memory.faces.cli import output
from ai_memory.faces.cli.call import Call, Flags, add_flags
from ai_memory.faces.cli.option import PREFIX, add_options, fields_of, options_of
from ai_memory.faces.cli.parser import unexpected_word
from ai_memory.faces.codec import to_command
from ai_memory.faces.problems import EXIT_OK
from ai_memory.operations.registry import Operation, by_cli, command_type

if TYPE_CHECKING:
    from ai_memory.faces.cli.parser import Parser


_DEFAULTS: Final = {"source": "cli", "namespace": "the project's name, else global"}
"""What `store` fills in differently here."""


_TEXT: Final = "text"
"""`store TEXT`: its content without a flag, titled by its first line unless --title says."""


def configure(parser: Parser, name: str) -> None:
    """Declare the options of the operation's fields, and the global flags."""
    operation = by_cli(name)
    options = options_of(command_type(operation))
    fields = {option.field for option in options}
    parser.describe(lambda: _description(operation))
    if name == "store":
        parser.add_argument(_TEXT, metavar="TEXT", nargs="*", help="The content; `-` reads stdin.")
    add_options(parser, options, _DEFAULTS if name == "store" else {})
    add_flags(parser, tier_is_level="tier" not in fields, short_tier=name == "recall")


def _description(operation: Operation) -> str:
    from ai_memory.operations.schema import description_of

    return description_of(command_type(operation))


def run(call: Call) -> int:
    """Run the operation and show its result."""
    from ai_memory.faces.cli.door import open_door
    from ai_memory.faces.cli.setting import settings

    operation = by_cli(call.command)
    config = settings(call.flags)
    fields = _fields(operation, call)
    # Decoded before anything is opened: a malformed command leaves no file behind.
    try:
        command = to_command(operation, fields, text=True)
    except ValidationFailed as error:
        if error.details.get("field") == "tier":
            error.hint = "Here --tier is short, mid or long; --level sets the feature level."
        raise
    with open_door(call.flags, operation, config) as door:
        result = door.execute(operation, command)
        show(operation, result, call.flags, getattr(command, "context", ""))
        output.flush()  # before the node closes: the answer does not wait for its housekeeping
    return EXIT_OK


def _fields(operation: Operation, call: Call) -> dict[str, Any]:
    """The fields that were given, and those the command line knows better than the default."""
    options = options_of(command_type(operation))
    given = dict(call.options)
    if call.flags.agent_id is not None:
        given[PREFIX + "agent_id"] = call.flags.agent_id
    fields = fields_of(options, given)
    if operation.method == "store":
        fields.setdefault("source", _DEFAULTS["source"])
        words = call.options.get(_TEXT)
        if words and "content" in fields:
            raise unexpected_word(words[0], call.command)
        if words:
            fields["content"] = " ".join(words)
        elif "content" not in fields:
            fields["content"] = "-" if output.is_piped() else None
    for name in ("content", "context", "query"):
        if fields.get(name) == "-":
            from ai_memory.faces.cli.stdin import read_text

            fields[name] = read_text(name)
    return fields


def show(operation: Operation, result: dict[str, Any], flags: Flags, asked: str = "") -> None:
    """Print a result: JSON, or what a person reads; remarks go to stderr."""
    if flags.json:
        output.emit_json(result)
        return
    from ai_memory.faces.cli.paint import Paint
    from ai_memory.faces.cli.text import shown

    text = shown(operation.method, result, Paint.of_stdout(), asked)
    if text.lines:
        output.emit("\n".join(text.lines), fit=True)
    for remark in text.remarks:
        output.note(remark, quiet=flags.quiet)
