"""No text stalls the process: a regular expression holds the interpreter until it is done.

Every pattern of the package reads what is worst for patterns of its kind. A pattern that is added
later is found here by itself; one that only ever sees short texts says so in `BOUNDED`.
"""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, islice
from typing import Any

import pytest
from tests.support import spent

import ai_memory
from ai_memory.adapters.tokens import count_cl100k
from ai_memory.late import _Late
from ai_memory.retrieval.condensing import condensed
from ai_memory.retrieval.contradiction import disagreement
from ai_memory.retrieval.moment import spans
from ai_memory.retrieval.question import first_person, names
from ai_memory.retrieval.window import windows

STAGES = (400, 4_000, 20_000, 100_000)  # characters; what grows fast never gets far
LINEAR_SECS = 0.005  # of the processor at the second stage: then the later ones are no question
LIMIT_SECS = 0.5  # of the processor at any stage; a linear pattern takes some milliseconds
READING_SECS = 2.0  # likewise; what does more with each word takes some hundredths
READING_CHARS = 20_000  # the square of it is minutes

BOUNDED = {
    "ai_memory.model.decode._AT": 2_000,  # our own decoder's messages
    "ai_memory.model.decode._MISSING": 2_000,
}
"""Characters of the longest text a pattern sees, where something else is the bound."""

ANCHORED = {
    "ai_memory.adapters.formats.beir._RELEVANT",
    "ai_memory.adapters.formats.trec._RELEVANT",
    "ai_memory.adapters.formats.trec._XML",
    "ai_memory.model.field._AGENT_ID",
    "ai_memory.model.field._REASON",
    "ai_memory.model.relative_time._CALENDAR",
    "ai_memory.model.relative_time._DISTANCE",
    "ai_memory.retrieval.claim._REFERS",
    "ai_memory.retrieval.fact._UNIT",
}
"""Patterns that are asked about a text's beginning only, never from each place on."""

UNITS = (
    *" \t\n.-#[](\"'aA1_<\\&%|…é猫?,;:@{=*`~/!",
    *("[[", "]]", "a ", "1 ", "A ", "x\n", "1 may ", "2020-01-01 ", "- ", "# ", "## ", "---\n"),
    *("<@", "<!--", "http://", '\\"', "I ", "? ", "not ", "n't ", "was ", "a.", "a_", "a/", "://a"),
    *(
        "\r\n",
        "of ",
        "Xa ",
        " \n",
        '" ',
        "session_",
        "0.",
        "aA",
        "a-",
        "**",
        "- [[a]]\n",
        "e\u0301",
    ),
)
HEADS = ("", "#", "# a", "1", "- a", "[[", "<", '"', "in", "---\n", "a", "may", ".", "day of", "?")


def worst(length: int) -> Iterator[str]:
    for unit in UNITS:
        whole = unit * (length // len(unit))
        yield whole
        yield f"x{whole}\0"
    for head in HEADS:
        yield f"{head}{' ' * length}\0"
        yield f"{head}{chr(10) * length}\0"


def patterns() -> dict[str, re.Pattern[Any]]:
    found: dict[str, re.Pattern[Any]] = {}
    for module in pkgutil.walk_packages(ai_memory.__path__, "ai_memory."):
        if module.name.endswith("__main__") or module.name.startswith("ai_memory.measure."):
            continue  # the second reads our own corpora
        for name, value in vars(importlib.import_module(module.name)).items():
            for at, each in enumerate(_in(value)):
                found.setdefault(f"{module.name}.{name}{f'[{at}]' if at else ''}", each)
    distinct = {(each.pattern, each.flags): name for name, each in reversed(found.items())}
    return {name: found[name] for name in sorted(distinct.values())}


def _in(value: object) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, _Late):
        if isinstance(getattr(value, "pattern", None), str):
            yield re.compile(value.pattern, value.flags)
    elif isinstance(value, tuple | list):
        yield from chain.from_iterable(map(_in, value))


def exhaust(pattern: re.Pattern[Any], text: str, *, anchored: bool) -> None:
    whole: Any = text.encode() if isinstance(pattern.pattern, bytes) else text
    if not anchored:
        for _ in pattern.finditer(whole):
            pass
    pattern.match(whole)
    pattern.fullmatch(whole)


def check(work: Callable[[str], object], most: int) -> None:
    for texts in zip(*(worst(min(length, most)) for length in STAGES), strict=True):
        for stage, text in enumerate(texts):
            took = spent(partial(work, text))
            assert took < LIMIT_SECS, f"{len(text)} characters of {text[:24]!r}"
            if stage == 1 and took < LINEAR_SECS:
                break


PATTERNS = patterns()


@pytest.mark.parametrize("name", PATTERNS)
def test_no_pattern_takes_long(name: str) -> None:
    work = partial(exhaust, PATTERNS[name], anchored=name in ANCHORED)
    check(work, BOUNDED.get(name, STAGES[-1]))


def test_the_exceptions_are_there() -> None:
    assert PATTERNS.keys() >= ANCHORED | BOUNDED.keys()


READERS: dict[str, Callable[[str], object]] = {
    "windows": lambda text: windows(text[:512], text),
    "spans": lambda text: spans(text, 0),
    "first_person": first_person,
    "names": names,
    "disagreement": lambda text: disagreement(("one", text), ("other", text[::-1])),
    "condensed": lambda text: condensed([("one", text), ("other", text + ".")]),
    "count_cl100k": lambda text: count_cl100k([text]),
}
"""What reads whole texts; words, search and formats have tests of this kind beside their own."""


@pytest.mark.parametrize("reader", READERS)
def test_no_reader_takes_long(reader: str) -> None:
    for text in islice(worst(READING_CHARS), None, None, 5):
        took = spent(partial(READERS[reader], text))
        assert took < READING_SECS, repr(text[:24])
