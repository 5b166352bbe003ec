"""Turns texts into vectors: a local model, a model directory, or an endpoint.

Every adapter is an `Encoder`, which knows one thing: one batch of texts to unit vectors. `Batcher`
makes any of them the `Embedder` of `ai_memory.ports`: it gathers what many threads want, lets
interactive calls pass bulk work, and sends batches of texts that are about equally long. So no
encoder deals with threads, order or fairness, and the batcher deals with no model.

The one decision that is not obvious: the local model's int8 graph quantises every token by its own
range instead of the batch's, so a vector depends on its text alone, not on who else was in the
batch (docs/adr/0003-embedding-runtime.md).

Importing this package imports neither numpy nor a model runtime nor an HTTP client; only
`open_embedder` does, and only what the chosen kind needs. It must never import another adapter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from ai_memory.errors import EmbedderUnavailable
from ai_memory.extras import install_hint
from ai_memory.gate import Gate

if TYPE_CHECKING:
    from ai_memory.ports import Embedder

EmbedderKind: TypeAlias = Literal["minilm", "e5", "onnx", "openai", "ollama", "hashing"]

_Setting = TypeVar("_Setting", str, Path)

Progress: TypeAlias = Callable[[str, float], None]
"""Hears what is being prepared, and the share that is done, in [0, 1]; the last call says 1."""


@dataclass(frozen=True, slots=True)
class EmbedderSpec:
    """Which embedder, and what it needs to start."""

    kind: EmbedderKind
    cache_dir: Path
    """Where `minilm` and `e5` keep their converted graphs."""
    model: str | None = None
    """The model's id: `openai` and `ollama` need it; for `onnx` it defaults to the directory's."""
    path: Path | None = None
    """The directory of `onnx`."""
    url: str | None = None
    """The endpoint of `openai` and `ollama`; otherwise the service's own address."""
    api_key: str | None = field(default=None, repr=False)
    dim: int | None = None
    """The dimension, where it is known; otherwise an endpoint is asked once, at the start."""
    threads: int | None = None
    """Threads of one computation; otherwise as many as help on this machine."""
    gate: Gate | None = None
    """What computes here passes it, unless it is bulk work."""


def open_embedder(spec: EmbedderSpec, progress: Progress | None = None) -> Embedder:
    """Load the model, or reach the endpoint, that `spec` names.

    Raises:
        EmbedderUnavailable: The model cannot be loaded, or the endpoint does not answer.
    """
    match spec.kind:
        case "minilm":
            with _packages_of("semantic"):
                from ai_memory.adapters.embedder.minilm import load_minilm

            return load_minilm(spec.cache_dir, progress, threads=spec.threads, gate=spec.gate)
        case "e5":
            with _packages_of("e5"):
                from ai_memory.adapters.embedder.e5 import load_e5

            return load_e5(spec.cache_dir, progress, threads=spec.threads, gate=spec.gate)
        case "onnx":
            with _packages_of("semantic"):
                from ai_memory.adapters.embedder.onnx_directory import load_onnx_directory

            path = _needed(spec.path, "the path of a model directory")
            return load_onnx_directory(
                path, model_id=spec.model, threads=spec.threads, gate=spec.gate
            )
        case "openai":
            from ai_memory.adapters.embedder.openai_endpoint import open_openai_endpoint

            return open_openai_endpoint(
                _needed(spec.model, "the name of a model"),
                url=spec.url,
                api_key=spec.api_key,
                dim=spec.dim,
            )
        case "ollama":
            from ai_memory.adapters.embedder.ollama import open_ollama

            return open_ollama(_needed(spec.model, "the name of a model"), spec.url, dim=spec.dim)
        case "hashing":
            from ai_memory.adapters.embedder.hashing import DIM, HashingEmbedder

            return HashingEmbedder(spec.dim or DIM)


@contextmanager
def _packages_of(extra: str) -> Iterator[None]:
    """What is imported here is not installed with the bare package."""
    try:
        yield
    except ModuleNotFoundError as missing:
        raise EmbedderUnavailable(
            f"The package {missing.name} is not installed.", hint=install_hint(extra)
        ) from missing


def _needed(value: _Setting | None, what: str) -> _Setting:
    if value is None:
        raise EmbedderUnavailable(
            f"The embedder needs {what}.", hint="Set it in the configuration of the embedder."
        )
    return value
