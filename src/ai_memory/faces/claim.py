"""What an HTTP client says of itself, for all it asks: the headers that both endpoints read."""

from __future__ import annotations

from urllib.parse import unquote

from ai_memory.errors import ValidationFailed
from ai_memory.model.field import check_namespace
from ai_memory.model.name import one_name


def claimed_namespace(header: str) -> str:
    """The namespace that a client names for all it asks, percent-encoded; empty: it has none.

    Raises:
        ValidationFailed: It is none.
    """
    name = unquote(header.strip(), errors="replace")
    if name:
        try:
            check_namespace(name)
        except ValidationFailed as cause:
            raise ValidationFailed(
                "the header X-Namespace is no namespace",
                hint="Send its UTF-8 percent-encoded. " + cause.hint,
                field="namespace",
            ) from cause
    return one_name(name)
