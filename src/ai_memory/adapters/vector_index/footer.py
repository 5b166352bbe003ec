"""What a segment file says about itself, at its end."""

from __future__ import annotations

import struct
import zlib
from typing import Final

import msgspec

from ai_memory import typed

FORMAT: Final = 1
MAGIC: Final = b"AIMVSEG\n"
TRAILER: Final = struct.Struct("<II8s")  # length of the footer, its CRC-32, MAGIC
FOOTER_BYTES_MAX: Final = 65_536


class SegmentUnusable(Exception):
    """The file is damaged, from another program, or from another model."""


class Footer(msgspec.Struct, frozen=True, kw_only=True):
    """The contents and the layout of a segment file. Offsets and lengths are in bytes.

    The file is: the graph as usearch saves it, keys, scales, perhaps the codes, this footer, the
    trailer. usearch keeps the codes as one block in front of its graph; where it does, they are
    used there and not stored twice.

    Attributes:
        low: The range of keys is (low, high]: what is in it was read, or is gone.
        count: How many rows the segment holds.
        graph_bytes: 0 when there are no rows.
        codes_crc: CRC-32 of the codes. A wrong code only misplaces its row, so opening skips them.
        rest_crc: CRC-32 of all before the footer but the codes. A wrong link can crash a search.
    """

    format: int = FORMAT
    model: str
    dim: int
    low: int
    high: int
    count: int
    graph_bytes: int
    keys_at: int
    scales_at: int
    codes_at: int
    codes_crc: int
    rest_crc: int

    @property
    def codes_end(self) -> int:
        """Where the codes end."""
        return self.codes_at + self.count * self.dim


def pack_footer(footer: Footer) -> bytes:
    """The footer and the trailer, as they end a file."""
    text = msgspec.json.encode(footer)
    return text + TRAILER.pack(len(text), zlib.crc32(text), MAGIC)


def unpack_footer(file: memoryview) -> tuple[Footer, int]:
    """The footer of a file, and where it begins.

    Raises:
        SegmentUnusable: There is none, or it is damaged.
    """
    end = len(file) - TRAILER.size
    if end < 0:
        raise SegmentUnusable("too short")
    length, crc, magic = TRAILER.unpack(file[end:])
    start = end - length
    if magic != MAGIC or length > FOOTER_BYTES_MAX or start < 0:
        raise SegmentUnusable("no footer at its end")
    text = bytes(file[start:end])
    if zlib.crc32(text) != crc:
        raise SegmentUnusable("damaged footer")
    try:
        footer = typed.decode_json(text, Footer)
    except msgspec.DecodeError as error:
        raise SegmentUnusable("unknown footer") from error
    if footer.format != FORMAT:
        raise SegmentUnusable(f"format {footer.format}")
    return footer, start
