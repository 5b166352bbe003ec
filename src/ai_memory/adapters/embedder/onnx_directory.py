"""A model directory of the user's: a graph, its tokenizer, and how sentence-transformers uses it.

model.onnx | onnx/model.onnx    the graph
tokenizer.json                  the tokenizer
1_Pooling/config.json           mean or CLS pooling; absent: mean
sentence_bert_config.json       max_seq_length
config.json                     max_position_embeddings, pad_token_id
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from ai_memory.adapters.embedder.batcher import BatchBounds, Batcher
from ai_memory.adapters.embedder.onnx_encoder import OnnxEncoder
from ai_memory.adapters.embedder.pooling import Pooling
from ai_memory.adapters.embedder.session import RuntimeFailure, open_session
from ai_memory.adapters.embedder.tokenizer import Tokenizer
from ai_memory.errors import EmbedderUnavailable
from ai_memory.gate import Gate

INPUTS: Final = frozenset({"input_ids", "attention_mask", "token_type_ids"})
TOKENS_MAX: Final = 512
"""Tokens of a text where the directory does not say; tokens of a batch in any case."""

_POOLING: Final[dict[str, Pooling]] = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "cls",
}
_PADDED_POSITIONS: Final = frozenset({"roberta", "xlm-roberta", "camembert", "mpnet"})


def load_onnx_directory(
    directory: Path,
    *,
    model_id: str | None = None,
    threads: int | None = None,
    gate: Gate | None = None,
) -> Batcher:
    """Load the model in `directory`.

    Args:
        directory: See the module.
        model_id: The name its vectors are stored under; None for the directory's name.
        threads: Threads of one computation; None for as many as help.
        gate: What the batcher passes.

    Raises:
        EmbedderUnavailable: A file is missing or damaged, or the model is of a kind we cannot run.
    """
    directory = directory.expanduser().resolve()
    graph = _file(directory, "model.onnx", "onnx/model.onnx")
    tokens_max = _tokens_max(directory)
    tokenizer = _tokenizer(directory, tokens_max)
    try:
        session = open_session(graph, threads=threads, optimise=True)
    except RuntimeFailure as error:
        raise _refused(directory, f"ONNX Runtime refuses the graph: {error}") from error
    unknown = {argument.name for argument in session.get_inputs()} - INPUTS
    if unknown:
        raise _refused(directory, f"the graph wants inputs that we do not have: {sorted(unknown)}")
    output, pooling = _output(session, directory)
    name = model_id or directory.name
    encoder = OnnxEncoder(session, tokenizer, model_id=name, output=output, pooling=pooling)
    bounds = BatchBounds(
        texts_max=32,
        bulk_texts_max=16,
        tokens_max=TOKENS_MAX,
        text_tokens_max=tokens_max,
        lanes=2,  # each computes with half of the processors
    )
    return Batcher(encoder, bounds, gate)


def _tokenizer(directory: Path, tokens_max: int) -> Tokenizer:
    file = _file(directory, "tokenizer.json")
    pad_id = _settings(directory / "config.json").get("pad_token_id") or 0
    try:
        return Tokenizer(file, tokens_max=tokens_max, pad_id=pad_id)
    except Exception as error:  # the library raises nothing more exact
        raise _refused(directory, f"its tokenizer.json cannot be read: {error}") from error


def _tokens_max(directory: Path) -> int:
    """Where the model cuts a text."""
    limit = _settings(directory / "sentence_bert_config.json").get("max_seq_length")
    if limit is None:
        config = _settings(directory / "config.json")
        limit = config.get("max_position_embeddings")
        if limit is not None and config.get("model_type") in _PADDED_POSITIONS:
            limit -= 2  # these count positions from behind the padding's
    return int(limit or TOKENS_MAX)


def _output(session: Any, directory: Path) -> tuple[str, Pooling | None]:
    """The output to read, and the pooling it still needs."""
    ranks = {argument.name: len(argument.shape) for argument in session.get_outputs()}
    usual = [name for name in ("sentence_embedding", "last_hidden_state") if name in ranks]
    name = (usual or list(ranks))[0]
    match ranks[name]:
        case 2:  # (texts, dim)
            return name, None
        case 3:  # (texts, tokens, dim)
            return name, _pooling(directory)
    raise _refused(directory, f"no output of the graph holds embeddings; their ranks are {ranks}")


def _pooling(directory: Path) -> Pooling:
    config = _settings(directory / "1_Pooling" / "config.json")
    modes = [key for key, on in config.items() if key.startswith("pooling_mode_") and on is True]
    if not modes:
        return "mean"
    if len(modes) > 1 or modes[0] not in _POOLING:
        raise _refused(directory, f"of the poolings we know mean and cls, not {modes}")
    return _POOLING[modes[0]]


def _settings(file: Path) -> dict[str, Any]:
    """The JSON object in `file`; empty when there is no such file."""
    try:
        settings = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise _refused(file.parent, f"{file.name} cannot be read: {error}") from error
    if not isinstance(settings, dict):
        raise _refused(file.parent, f"{file.name} is not a JSON object")
    return settings


def _file(directory: Path, *names: str) -> Path:
    for name in names:
        if (directory / name).is_file():
            return directory / name
    raise _refused(directory, f"there is no {' or '.join(names)}")


def _refused(directory: Path, why: str) -> EmbedderUnavailable:
    return EmbedderUnavailable(
        f"The model in {directory} cannot be used: {why}.",
        hint="The directory needs model.onnx (or onnx/model.onnx) and tokenizer.json, as exported "
        "for feature extraction.",
    )
