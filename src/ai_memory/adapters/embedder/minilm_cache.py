"""The converted graph in the user's cache directory: whole, or not there at all.

The file ends in its own checksum, so a damaged one is noticed and made again. It costs 1.5 ms
of the start-up; a cryptographic digest would cost 28, and nobody but the user writes there.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from ai_memory.adapters.embedder.file_lock import locked

# To a reader of ONNX the seal is one more entry of the model's metadata (field 14 of ModelProto,
# holding a key and a value): messages of protobuf may be appended to one another.
_SEAL_HEAD: Final = b"\x72\x1c\x0a\x08checksum\x12\x10"
_SEAL_BYTES: Final = len(_SEAL_HEAD) + 16  # hexadecimal digits


def cached(file: Path, convert: Callable[[], bytes]) -> bytes:
    """The content of `file`, converted first if it is missing or damaged.

    Processes that start together convert once: the others wait for the first. A process that dies
    while converting leaves nothing that could be taken for the file.

    Raises:
        OSError: The directory cannot be written.
    """
    content = _read(file)
    if content is not None:
        return content
    file.parent.mkdir(parents=True, exist_ok=True)
    with locked(file.with_suffix(".lock")):
        content = _read(file)  # another process may have converted it while we waited
        if content is None:
            graph = convert()
            content = graph + _seal(graph)
            _write(file, content)
    return content


def _read(file: Path) -> bytes | None:
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return None
    whole = content.endswith(_seal(memoryview(content)[:-_SEAL_BYTES]))
    return content if whole else None


def _seal(graph: bytes | memoryview) -> bytes:
    """What stands behind the graph: the checksum of all bytes before it."""
    return _SEAL_HEAD + _checksum(graph)


def _write(file: Path, content: bytes) -> None:
    """Replace the file in one step. The lock makes the temporary name ours alone."""
    temporary = file.with_suffix(".tmp")
    with temporary.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(file)


def _checksum(content: bytes | memoryview) -> bytes:
    """The sum of the 64-bit words, which runs at the speed of memory."""
    words = len(content) // 8
    total = int(np.frombuffer(content, "<u8", words).sum(dtype=np.uint64))
    total += int.from_bytes(content[words * 8 :], "little")
    return b"%016x" % (total % 2**64)
