"""Real sentences that every machine has: the docstrings of its Python packages."""

from __future__ import annotations

import re
import sysconfig
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Final, NamedTuple

_DOCSTRING: Final = re.compile(r'^[ \t]*[rRuU]?("""|\'\'\')(.*?)\1', re.DOTALL | re.MULTILINE)
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+")
_SENTENCE: Final = re.compile(r"[A-Z][A-Za-z0-9 ,;:'\"()_./=-]*[a-z)][.!?]")
_WORDS_MIN: Final = 6
_WORDS_MAX: Final = 50
_NO_PROSE: Final = frozenset(("test", "tests", "idle_test", "site-packages", "dist-packages"))
_STRIDE: Final = 7_919  # a prime: walks through all sentences in an order without a pattern
_TITLE_WORDS: Final = 5
_TITLE_NUMBER: Final = re.compile(r"\S+ (\d+)(?=:|\n)")  # a window's title may be cut short


class Text(NamedTuple):
    """What a memory says.

    Attributes:
        topic: The module it comes from.
        title: Unique in the corpus.
    """

    topic: str
    title: str
    content: str


def texts(count: int) -> list[Text]:
    """So many texts, the same ones for the same installed packages.

    Each is one sentence; where there are not enough of them, two together.
    """
    found: list[tuple[str, str]] = []
    for topic, sentence in _sentences():
        found.append((topic, sentence))
        if len(found) == count:
            break
    single = len(found)
    for number in range(single, count):
        first, second = parts(number, single)
        topic, sentence = found[first]
        found.append((topic, f"{sentence} {found[second][1]}"))
    return [
        Text(topic, f"{topic} {number}: {_first_words(content)}", content)
        for number, (topic, content) in enumerate(found)
    ]


def count_sentences(most: int) -> int:
    """How many texts can be one sentence each; counted up to `most`."""
    return sum(1 for _ in islice(_sentences(), most))


def parts(number: int, sentences: int) -> tuple[int, ...]:
    """The sentences that a text is made of, by number: one or two."""
    if number < sentences:
        return (number,)
    return number % sentences, number * _STRIDE % sentences


def number_of(title: str) -> int:
    """Which text a title stands over.

    Raises:
        ValueError: None of the corpus.
    """
    found = _TITLE_NUMBER.match(title)
    if found is None:
        raise ValueError(f"'{title}' is no title of the corpus")
    return int(found[1])


def question(text: Text) -> str:
    """Something one would ask to find the text again, in some of its words."""
    words = text.content.rstrip(".!?").split()
    middle = len(words) // 2
    return f"What does {text.topic} say about {' '.join(words[max(0, middle - 3) : middle + 3])}?"


def rare_words(text: Text) -> str:
    """Two words of the text that few others have: its longest."""
    words = sorted(set(re.findall(r"[A-Za-z]+", text.content)), key=lambda word: (-len(word), word))
    return " ".join(words[:2])


def _first_words(sentence: str) -> str:
    return " ".join(sentence.split()[:_TITLE_WORDS])


def _sentences() -> Iterator[tuple[str, str]]:
    """(module, sentence) pairs, no sentence twice: the standard library's first."""
    seen: set[str] = set()
    for file in _sources():
        source = file.read_text(encoding="utf-8", errors="replace")
        for docstring in _DOCSTRING.finditer(source):
            for paragraph in docstring[2].split("\n\n"):
                if ">>>" in paragraph:
                    continue
                for sentence in _SENTENCE_END.split(" ".join(paragraph.split())):
                    if _is_prose(sentence) and sentence not in seen:
                        seen.add(sentence)
                        yield file.stem, sentence


def _sources() -> Iterator[Path]:
    paths = sysconfig.get_paths()
    library, packages = Path(paths["stdlib"]), Path(paths["purelib"])
    standard = (
        file
        for file in sorted(library.rglob("*.py"))
        if not _NO_PROSE.intersection(file.relative_to(library).parts)
    )
    installed = (
        file
        for file in sorted(packages.rglob("*.py"))
        if not _NO_PROSE.intersection(file.relative_to(packages).parts)
    )
    return chain(standard, installed)


def _is_prose(sentence: str) -> bool:
    return (
        _WORDS_MIN <= sentence.count(" ") + 1 <= _WORDS_MAX
        and _SENTENCE.fullmatch(sentence) is not None
    )
