"""No text stalls the process: a regular expression holds the interpreter until it is done.

Every pattern of the package reads what is worst for patterns of its kind. A pattern that is added
later is found here by itself; one that only ever sees short texts says so in `BOUNDED`.
"""

import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import Any

import pytest

import ai_memory
from ai_memory import limits
from ai_memory.adapters.tokens import count_cl100k
from ai_memory.late import _Late
from ai_memory.retrieval.condensing import condensed
from ai_memory.retrieval.contradiction import disagreement
from ai_memory.retrieval.expression import and_expression, or_expression
from ai_memory.retrieval.lexical import read
from ai_memory.retrieval.moment import spans
from ai_memory.retrieval.question import asked_for, first_person, names
from ai_memory.retrieval.window import windows
from ai_memory.retrieval.words import fold, tokens

STAGES = (400, 1_200, 4_000, 12_000, 36_000, 100_000)  # characters; what grows fast never gets far
LINEAR_SECS = 0.005  # of the processor at the third stage: then the later ones are no question
LIMIT_SECS = 0.5  # of the processor at any stage; a linear pattern takes some milliseconds
READING_SECS = 4.0  # likewise; what does more with each word takes some tenths

BOUNDED = {
    "ai_memory.model.decode._AT": 2_000,  # our own decoder's messages
    "ai_memory.model.decode._MISSING": 2_000,
}
"""Characters of the longest text a pattern sees, where something else is the bound."""

ANCHORED = {
    "ai_memory.adapters.formats.beir._RELEVANT",
    "ai_memory.adapters.formats.trec._RELEVANT",
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


def spent(work: Callable[[], object]) -> float:
    """Seconds of this thread on the processor: a busy machine does not lengthen them."""
    began = time.thread_time()
    work()
    return time.thread_time() - began


def exhaust(pattern: re.Pattern[Any], text: str, *, anchored: bool) -> None:
    whole: Any = text.encode() if isinstance(pattern.pattern, bytes) else text
    if not anchored:
        for _ in pattern.finditer(whole):
            pass
    pattern.match(whole)
    pattern.fullmatch(whole)


def check(work: Callable[[str], object], most: int, limit_secs: float) -> None:
    for texts in zip(*(worst(min(length, most)) for length in STAGES), strict=True):
        for stage, text in enumerate(texts):
            took = spent(partial(work, text))
            assert took < limit_secs, f"{len(text)} characters of {text[:24]!r}"
            if stage == 2 and took < LINEAR_SECS:
                break


PATTERNS = patterns()


@pytest.mark.parametrize("name", PATTERNS)
def test_no_pattern_takes_long(name: str) -> None:
    work = partial(exhaust, PATTERNS[name], anchored=name in ANCHORED)
    check(work, BOUNDED.get(name, STAGES[-1]), LIMIT_SECS)


def test_the_exceptions_are_there() -> None:
    assert PATTERNS.keys() >= ANCHORED | BOUNDED.keys()


QUESTION = limits.QUERY_CHARS_MAX
CONTENT = limits.CONTENT_BYTES_MAX
READERS: dict[str, tuple[int, Callable[[str], object]]] = {
    "windows": (CONTENT, lambda text: windows(text[:512], text)),
    "spans": (QUESTION, lambda text: spans(text, 0)),
    "asked_for": (QUESTION, lambda text: asked_for(text, 64)),
    "first_person": (QUESTION, first_person),
    "names": (QUESTION, names),
    "tokens": (CONTENT, tokens),
    "fold": (CONTENT, fold),
    "and_expression": (QUESTION, and_expression),
    "or_expression": (QUESTION, or_expression),
    "read a question": (QUESTION, lambda text: read(text, ["some text of a pool"])),
    "read a pool": (CONTENT, lambda text: read("some text 1 may a", [text, "some"])),
    "disagreement": (CONTENT, lambda text: disagreement(("one", text), ("other", text[::-1]))),
    "condensed": (CONTENT, lambda text: condensed([("one", text), ("other", text + ".")])),
    "count_cl100k": (CONTENT, lambda text: count_cl100k([text])),
}


@pytest.mark.parametrize("reader", READERS)
def test_no_reader_takes_long(reader: str) -> None:
    most, work = READERS[reader]
    check(work, most, READING_SECS)
