"""The converted graph in the user's cache directory: whole, or not there at all.

The file ends in its own checksum, so a damaged one is noticed and made again. It costs 3 ms
of the start-up; a cryptographic digest would cost 28, and nobody but the user writes there. The
file is checked piece by piece and left to the runtime to load: to hold its 23 MB as well would cost
another 15 ms, and the room.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from ai_memory.adapters.embedder.file_lock import locked
from ai_memory.adapters.private import make_folder
from ai_memory.adapters.replacement import replacing

# To a reader of ONNX the seal is one more entry of the model's metadata (field 14 of ModelProto,
# holding a key and a value): messages of protobuf may be appended to one another.
_SEAL_HEAD: Final = b"\x72\x1c\x0a\x08checksum\x12\x10"
_SEAL_BYTES: Final = len(_SEAL_HEAD) + 16  # hexadecimal digits
_PIECE_BYTES: Final = 1 << 18  # whole words


def cached(file: Path, convert: Callable[[], bytes]) -> Path:
    """The file, whole: converted first if it is missing or damaged.

    Processes that start together convert once: the others wait for the first. A process that dies
    while converting leaves nothing that could be taken for the file.

    Raises:
        OSError: The directory cannot be written.
    """
    if not _is_whole(file):
        make_folder(file.parent)
        with locked(file.with_suffix(".lock")):
            # Another process may have converted it while we waited.
            if not _is_whole(file):
                graph = convert()
                with replacing(file) as stream:
                    stream.write(graph)
                    stream.write(_seal(_sum(graph)))
    return file


def _is_whole(file: Path) -> bool:
    """Whether the file is there and ends in the checksum of all bytes before."""
    try:
        stream = file.open("rb")
    except FileNotFoundError:
        return False
    with stream:
        left = os.fstat(stream.fileno()).st_size - _SEAL_BYTES
        piece = memoryview(bytearray(_PIECE_BYTES))
        total = 0
        while left > 0:
            found = stream.readinto(piece[:left])
            if not found:
                return False  # it is being cut short
            total += _sum(piece[:found])
            left -= found
        return stream.read() == _seal(total)


def _seal(total: int) -> bytes:
    """What stands behind a graph of this sum."""
    return _SEAL_HEAD + b"%016x" % (total % 2**64)


def _sum(content: bytes | memoryview) -> int:
    """The sum of the 64-bit words, which runs at the speed of memory; mod 2^64 of each part."""
    words = len(content) // 8
    total = int(np.frombuffer(content, "<u8", words).sum(dtype=np.uint64))
    return total + int.from_bytes(content[words * 8 :], "little")
