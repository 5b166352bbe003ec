"""What a caller may ask of a reader."""

from __future__ import annotations

from typing import NamedTuple


class Options(NamedTuple):
    """How to read.

    Attributes:
        unit: What becomes one memory of a dialogue: a session or a turn.
        namespace: Put everything here, whatever the input says; None: as the input says.
        name: The file's name without its ending; empty for a stream.
    """

    unit: str = "session"
    namespace: str | None = None
    name: str = ""
