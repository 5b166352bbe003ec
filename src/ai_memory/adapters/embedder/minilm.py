"""The local model all-MiniLM-L6-v2: 384 dimensions, 256 tokens, English at heart."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ai_memory.adapters.embedder.batcher import BatchBounds, Batcher
from ai_memory.adapters.embedder.minilm_cache import cached
from ai_memory.adapters.embedder.minilm_shape import GRAPH_VERSION, MODEL_ID, OUTPUT, TOKENS_MAX
from ai_memory.adapters.embedder.minilm_weights import (
    MiniLMFiles,
    find_files,
    fingerprint,
    read_weights,
)
from ai_memory.adapters.embedder.onnx_encoder import OnnxEncoder
from ai_memory.adapters.embedder.session import RuntimeFailure, open_session
from ai_memory.adapters.embedder.tokenizer import Tokenizer
from ai_memory.errors import EmbedderUnavailable
from ai_memory.gate import Gate

if TYPE_CHECKING:
    from ai_memory.adapters.embedder import Progress

LOCAL_BOUNDS: Final = BatchBounds(
    texts_max=32,
    bulk_texts_max=4,  # as cheap by the text as 16, and who passes waits a quarter of the time
    # A processor computes 256 tokens at a time as fast as 2,048, and answers sooner.
    tokens_max=256,
    text_tokens_max=TOKENS_MAX,
    lanes=2,  # each computes with half of the processors
)


def load_minilm(
    cache_dir: Path,
    progress: Progress | None = None,
    *,
    threads: int | None = None,
    gate: Gate | None = None,
) -> Batcher:
    """Load the model, converting it into `cache_dir` if that has not happened yet.

    Args:
        cache_dir: The user's cache directory.
        progress: Hears of the conversion, which takes a second or two; not of anything else.
        threads: Threads of one computation; None for as many as help.
        gate: What the batcher passes.

    Raises:
        EmbedderUnavailable: The weights are not installed, or the cache cannot be written.
    """
    files = find_files()
    try:
        graph = cached(graph_file(cache_dir, files), partial(_convert, files.weights, progress))
    except OSError as error:
        raise EmbedderUnavailable(
            f"The local model cannot be kept in {cache_dir}: {error}",
            hint="Name a directory that can be written with AI_MEMORY_CACHE_DIR.",
        ) from error
    with ThreadPoolExecutor(1) as beside:  # saves 20 of 90 ms at each start
        tokenizer = beside.submit(Tokenizer, files.tokenizer, tokens_max=TOKENS_MAX)
        try:
            # The graph is made of the runtime's fastest operators already: nothing to optimise.
            session = open_session(graph, threads=threads, optimise=False)
        except RuntimeFailure as error:
            raise EmbedderUnavailable(
                f"ONNX Runtime refuses the local model: {error}", hint="Upgrade onnxruntime."
            ) from error
    encoder = OnnxEncoder(session, tokenizer.result(), model_id=MODEL_ID, output=OUTPUT)
    return Batcher(encoder, LOCAL_BOUNDS, gate)


def graph_file(cache_dir: Path, files: MiniLMFiles) -> Path:
    """Where the converted graph is kept: other weights or another graph, another file."""
    return cache_dir / f"minilm-l6-v2-int8-{fingerprint(files.weights)}-{GRAPH_VERSION}.onnx"


def _convert(weights: Path, progress: Progress | None) -> bytes:
    """The int8 graph, serialised."""

    def report(share: float) -> None:
        if progress is not None:
            progress("Converting the local model", share)

    report(0.0)
    from ai_memory.adapters.embedder.minilm_graph import build_graph

    report(0.2)
    read = read_weights(weights)
    report(0.5)
    graph = build_graph(read, quantised=True)
    report(1.0)
    return graph
