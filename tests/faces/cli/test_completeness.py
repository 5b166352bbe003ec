"""Every operation of the command line is a command, and every field an option."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from tests.faces.cli.shell import Shell

from ai_memory.faces.cli.command import commands
from ai_memory.faces.cli.option import PREFIX, Option, options_of
from ai_memory.faces.cli.parser import Parser
from ai_memory.faces.cli.text import _SHOWN
from ai_memory.operations.registry import Operation, command_type, operations_on

OPERATIONS: Final = operations_on("cli")
OTHERS: Final = (
    "serve",
    "mcp",
    "boot",
    "install",
    "curator",
    "graph",
    "completions",
    "config",
    "doctor",
    "eval",
    "bench",
    "reembed",
)
ids: Final = [operation.cli for operation in OPERATIONS]


def parser_of(name: str) -> Parser:
    entry = commands()[name]
    parser = Parser(name)
    entry.configure()(parser, name)
    return parser


@pytest.mark.parametrize("operation", OPERATIONS, ids=ids)
def test_every_operation_has_a_command(operation: Operation) -> None:
    assert operation.cli in commands()


@pytest.mark.parametrize("name", OTHERS)
def test_the_commands_that_are_no_operations_are_there(name: str) -> None:
    assert name in commands()


@pytest.mark.parametrize("operation", OPERATIONS, ids=ids)
def test_every_field_is_an_option(operation: Operation) -> None:
    if operation.method == "import":
        return  # its one field, `memories`, is the file
    fields = set(command_type(operation).__struct_fields__)
    known = set(parser_of(operation.cli).read([]))
    if operation.method == "export":
        assert fields <= known  # it has a module of its own, and its options their plain names
        return
    # One option serves both: who asks, and the field of that name.
    options = {PREFIX + name for name in fields - {"agent_id"}} | {"agent_id"}
    assert options <= known


@pytest.mark.parametrize("operation", OPERATIONS, ids=ids)
def test_every_result_can_be_shown_to_a_person(operation: Operation) -> None:
    assert operation.method in ("import", "export") or operation.method in _SHOWN


@pytest.mark.parametrize("name", commands())
def test_every_command_explains_itself(name: str, sh: Shell) -> None:
    text = sh.ok(name, "--help").out
    assert text.startswith("usage: ai-memory " + name)
    assert sh.ok("help", name).out == text
    assert sh.ok("--help", name).out == text or name in ("eval", "bench")


@pytest.mark.parametrize("operation", OPERATIONS, ids=ids)
def test_help_says_what_the_declaration_says(operation: Operation, sh: Shell) -> None:
    if operation.method in ("import", "export"):
        return
    text = " ".join(sh.ok(operation.cli, "--help").out.split())
    option: Option
    for option in options_of(command_type(operation)):
        if option.field != "agent_id":
            assert " ".join(option.help.split()) in text
        for choice in option.choices:
            assert choice in text


def test_a_help_page_opens_nothing(sh: Shell, tmp_path: Path) -> None:
    sh.ok("recall", "--help")
    assert not (tmp_path / "memory.db").exists()


def test_the_overview_names_every_command(sh: Shell) -> None:
    text = sh.ok("--help").out
    for name, entry in commands().items():
        assert f"  {name} " in text
        assert entry.title in text
    assert sh.ok("help").out == text


def test_without_a_command_the_overview_goes_to_stderr(sh: Shell) -> None:
    outcome = sh()
    assert outcome.code == 2
    assert outcome.out == ""
    assert "usage: ai-memory" in outcome.err
