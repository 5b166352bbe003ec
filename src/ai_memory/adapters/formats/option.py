"""What a caller may ask of a reader."""

from __future__ import annotations

import msgspec

from ai_memory.adapters.formats.remark import Remarks


class Options(msgspec.Struct, frozen=True):
    """How to read.

    Attributes:
        unit: What becomes one memory of a dialogue: a session or a turn.
        namespace: Put everything here, whatever the input says; None: as the input says.
        name: The file's name without its ending; empty for a stream.
        folder: What the folder or archive around it is called; tells notes of one name apart.
        remarks: Where readers say what they leave out.
    """

    unit: str = "session"
    namespace: str | None = None
    name: str = ""
    folder: str = ""
    remarks: Remarks = msgspec.field(default_factory=Remarks)
