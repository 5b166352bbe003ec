"""Consent: a question to the person at the terminal, or a flag that answers it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ai_memory.faces.cli import output

if TYPE_CHECKING:
    from ai_memory.faces.cli.call import Call


def agrees(call: Call, question: str) -> bool:
    """Whether somebody says yes: by `--yes`, or at a terminal; where nobody can be asked, no."""
    if call.options.get("yes"):
        return True
    if call.flags.json or not output.is_terminal(sys.stdin):
        return False
    output.flush()
    output.note(f"{question} [y/N]", end=" ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")
