"""Text from stdin, where a value is `-`."""

from __future__ import annotations

import sys

from ai_memory import limits
from ai_memory.errors import ValidationFailed


def read_text(field: str) -> str:
    """All of stdin as text, less its last line break, as `$(...)` would give it.

    Raises:
        ValidationFailed: There is no stdin, it is not UTF-8, or it is too long for any field.
    """
    if sys.stdin is None:
        raise ValidationFailed(f"{field} should come from stdin, which is closed", field=field)
    try:
        data = sys.stdin.buffer.read(limits.CONTENT_BYTES_MAX + 3)  # a line break, and one more
    except OSError as cause:
        raise ValidationFailed(f"stdin cannot be read: {cause.strerror}", field=field) from cause
    if len(data.rstrip(b"\r\n")) > limits.CONTENT_BYTES_MAX:
        raise ValidationFailed(
            f"stdin holds more than {limits.CONTENT_BYTES_MAX} bytes",
            hint="Split it into several memories, or use `ai-memory import -`.",
            field=field,
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        raise ValidationFailed(
            f"stdin is not valid UTF-8 (byte {cause.start})",
            hint="Convert it first, for example with iconv.",
            field=field,
        ) from cause
    return text.removesuffix("\n").removesuffix("\r")
