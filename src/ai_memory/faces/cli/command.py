"""Every command of `ai-memory`, and the module that runs it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Final, NamedTuple

from ai_memory.operations.registry import operations_on

if TYPE_CHECKING:
    from types import ModuleType

    from ai_memory.faces.cli.call import Call, Words
    from ai_memory.faces.cli.parser import Parser


class Entry(NamedTuple):
    """One command.

    Attributes:
        module: In this package; it has `configure` and `run`, or `forward` alone.
        forwards: It reads its words itself.
    """

    name: str
    module: str
    title: str
    forwards: bool = False

    def configure(self) -> Callable[[Parser, str], None]:
        """The function that declares its options."""
        found: Callable[[Parser, str], None] = self._module().configure
        return found

    def run(self) -> Callable[[Call], int]:
        """The function that carries it out and returns the exit code."""
        found: Callable[[Call], int] = self._module().run
        return found

    def forward(self) -> Callable[[Words], int]:
        """The function that hands its words on."""
        found: Callable[[Words], int] = self._module().forward
        return found

    def _module(self) -> ModuleType:
        return import_module(f"ai_memory.faces.cli.{self.module}")


_OWN_MODULE: Final = {"export": "export_file", "import": "import_file"}
"""Operations that want more than a command and its result."""

_OTHERS: Final = (
    Entry("serve", "serve", "Serve HTTP and MCP until stopped"),
    Entry("mcp", "mcp", "Serve MCP on stdin and stdout"),
    Entry("boot", "boot", "Print what an agent should read first, for session-start hooks"),
    Entry("install", "install", "Put this memory into an MCP client's settings"),
    Entry("completions", "completions", "Print a shell's completion script"),
    Entry("graph", "graph", "Draw what a memory is linked to: tree, SVG or DOT"),
    Entry("config", "show_config", "Show each setting and where it came from"),
    Entry("backup", "backup", "Copy the database while it is in use, and verify the copy"),
    Entry("restore", "restore", "Bring back a backup, or an earlier state from the log"),
    Entry("doctor", "doctor", "Examine the database, the index, the model and the settings"),
    Entry("curator", "curator", "Run a round of the curator: tags, contradictions, priorities"),
    Entry("reembed", "reembed", "Make the vectors anew, or those that are missing"),
    Entry("eval", "measure", "Measure how good retrieval is", forwards=True),
    Entry("bench", "measure", "Measure how fast the operations are", forwards=True),
)


def commands() -> dict[str, Entry]:
    """All commands by name, in the order of the help text."""
    operations = [
        Entry(operation.cli, _OWN_MODULE.get(operation.method, "operation"), operation.title)
        for operation in operations_on("cli")
    ]
    return {entry.name: entry for entry in (*operations, *_OTHERS)}
