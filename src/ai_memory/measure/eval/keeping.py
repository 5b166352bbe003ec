"""Keeping the filled stores of data sets, so that measuring again costs only the questions.

A kept store is found by what it holds: the memories as they are read today, with the words and
windows that are made of them. Whatever changes one of these makes another store, and the old one
is left to whoever wants to compare.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from ai_memory import typed
from ai_memory.adapters.formats import Dataset, ImportRecord
from ai_memory.adapters.sqlite.migration import migrations
from ai_memory.measure.eval.baseline import Baseline
from ai_memory.measure.eval.filling import Filled
from ai_memory.ports import EmbeddingModel
from ai_memory.retrieval.window import windows
from ai_memory.retrieval.words import fold

DATABASE: Final = "eval.db"
_FACTS: Final = "facts.json"
_DIGITS: Final = 12
_WITHOUT_VECTORS: Final = "words"
_NO_NAME: Final = re.compile(r"[^\w.-]+")

Fill = Callable[[Path], Filled]
"""Makes a database at a path that is free."""


def kept(
    root: Path, dataset: Dataset, model: EmbeddingModel | None, fill: Fill
) -> tuple[Path, Filled]:
    """The store of a data set: the one that is there, or one that is made now.

    Safe beside other processes that want the same one: it appears whole or not at all.

    Args:
        root: Where stores are kept; exists.
        dataset: What it holds.
        model: Whose vectors it has; None: any store will do, for words are in all of them.
        fill: Makes it.

    Returns:
        The database, and what went into it when it was made.
    """
    called = _NO_NAME.sub("_", f"{dataset.format}-{dataset.path.stem}")
    stem = f"{called}-{dataset.unit}-{digest_of(dataset)}"
    places = [root / f"{stem}-{_WITHOUT_VECTORS if model is None else _named(model)}"]
    if model is None:
        places += sorted(root.glob(f"{stem}-*"))
    for place in places:
        if (place / _FACTS).exists():
            return place / DATABASE, _filled(place)
    making = root / f".{places[0].name}.{os.getpid()}"
    try:
        making.mkdir()
        filled = fill(making / DATABASE)
        # Written last: a folder without it was never finished.
        (making / _FACTS).write_bytes(msgspec.json.encode(filled._asdict()))
        try:
            making.rename(places[0])
        except OSError:
            if not (places[0] / _FACTS).exists():  # else another process was quicker
                raise
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return places[0] / DATABASE, filled


def remembered(database: Path, what: bytes, make: Callable[[], list[Baseline]]) -> list[Baseline]:
    """Figures that were computed once, from a file beside a kept store; made now if there is none.

    Args:
        database: Of the kept store.
        what: All that they depend on beside the store.
        make: Computes them.
    """
    file = database.with_name(f"baseline-{hashlib.sha256(what).hexdigest()[:_DIGITS]}.json")
    try:
        return typed.decode_json(file.read_bytes(), list[Baseline])
    except (OSError, msgspec.MsgspecError):
        found = make()
        making = file.with_suffix(f".{os.getpid()}")
        making.write_bytes(msgspec.json.encode(found))
        making.replace(file)
        return found


def digest_of(dataset: Dataset) -> str:
    """Of all that a store of a data set is made of, but the model."""
    digest = hashlib.sha256(str(migrations()[-1].number).encode())
    with dataset.records() as records:
        for record in records:
            if isinstance(record, ImportRecord):
                cut = [window[:2] for window in windows(record.title, record.content)]
                made = [fold(record.title), fold(record.content), cut]
                digest.update(msgspec.json.encode([record, *made]))
    return digest.hexdigest()[:_DIGITS]


def _named(model: EmbeddingModel) -> str:
    return f"{_NO_NAME.sub('_', model.id)}-{model.dim}"


def _filled(place: Path) -> Filled:
    facts = typed.decode_json((place / _FACTS).read_bytes(), dict[str, int])
    return Filled(facts["memories"], facts["problems"])
