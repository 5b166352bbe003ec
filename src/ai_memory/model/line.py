"""JSON that is one line for every reader."""

from __future__ import annotations

from typing import Final

_SEPARATORS: Final = {
    "\u2028".encode(): rb"\u2028",
    "\u2029".encode(): rb"\u2029",
    "\x85".encode(): rb"\u0085",
}


def one_line(data: bytes) -> bytes:
    """JSON without raw characters at which some readers end a line; all of them stand in texts.

    JSON lets them stand; Node's readline, Python's splitlines and others make two lines of one.
    """
    if not data.isascii():
        for separator, escape in _SEPARATORS.items():
            if separator in data:
                data = data.replace(separator, escape)
    return data
