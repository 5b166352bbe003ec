"""A question whose right answers are known: what retrieval is measured with."""

from __future__ import annotations

from typing import NamedTuple

import msgspec


class Question(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One question, asked within one namespace.

    A recalled memory answers it when `memory.metadata[key]` is in `gold`. A unit split over several
    memories carries the same value in each of them and counts once, at its best rank.

    Attributes:
        key: The metadata key that names a memory's unit: session, dia_id, paragraph or document.
        gold: The units that answer it, each once; empty where nothing does.
        category: The data set's own class of the question; empty when it has none.
        name: The data set's own name of the question, where it has one: two files that ask the same
            in two languages agree in it.
        half: The side of the split it is on, dev or validation, where the data set says so.
        avoid: Units that look like an answer and are none, such as what was true before.
    """

    namespace: str
    text: str
    key: str
    gold: tuple[str, ...]
    category: str = ""
    name: str = ""
    half: str = ""
    avoid: tuple[str, ...] = ()


class Questions(NamedTuple):
    """The questions of a data set.

    Attributes:
        asked: Those with usable evidence.
        skipped: How many have none.
        unanswerable: Those that nothing in the data set answers, as it says itself.
    """

    asked: tuple[Question, ...]
    skipped: int
    unanswerable: tuple[Question, ...] = ()
