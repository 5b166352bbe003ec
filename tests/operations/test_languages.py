"""Words of more than a hundred languages find themselves, however they are spelled and asked."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support import Harness, harness

from ai_memory.operations.forget_memories import ForgetMemories
from ai_memory.operations.recall_memories import RecallMemories
from ai_memory.operations.search_memories import SearchMemories
from ai_memory.operations.store_memory import StoreMemory

FILE = Path(__file__).parents[1] / "data" / "languages.json"
LANGUAGES: dict[str, list[str]] = json.loads(FILE.read_text(encoding="utf-8"))
# Languages share words (kitab), and some words are one but for an accent.
ALIKE = 4


@pytest.fixture(scope="module", params=[False, True], ids=["keyword", "semantic"])
def open_(request: pytest.FixtureRequest) -> Iterator[Harness]:
    """A node with one memory of every word, and one with the word as its title."""
    with harness(semantic=request.param) as opened:
        for word in sorted({word for words in LANGUAGES.values() for word in words}):
            opened.run(StoreMemory(title=f"{len(word)} {word} 1", content=f"17 {word} 42"))
            opened.run(StoreMemory(title=word, content="Another", namespace="titles"))
        yield opened


def spellings(word: str) -> list[str]:
    forms = (unicodedata.normalize(form, word) for form in ("NFC", "NFD"))
    return list(dict.fromkeys((*forms, word.upper(), word.lower())))


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_of_a_language_are_found(open_: Harness, language: str) -> None:
    for word in LANGUAGES[language]:
        wanted = f"17 {unicodedata.normalize('NFC', word)} 42"
        # Vectors change nothing about how words are found: there the word itself is enough.
        asked_as = spellings(word) if open_.node.index is None else [word]
        for asked in asked_as:
            recalled = open_.run(RecallMemories(context=asked, namespace="global")).memories
            contents = [unicodedata.normalize("NFC", one.content) for one in recalled]
            assert wanted in contents[:ALIKE], asked
            found = open_.run(SearchMemories(query=f"content:{asked}", limit=50)).results
            assert wanted in [unicodedata.normalize("NFC", one.content) for one in found], asked
            assert len(found) <= ALIKE, asked
            titled = open_.run(SearchMemories(query=f"title:{asked}", namespace="titles")).results
            assert unicodedata.normalize("NFC", word) in [one.title for one in titled], asked
        would = open_.run(ForgetMemories(pattern=word, namespace="titles", dry_run=True))
        assert 1 <= (would.would_delete or 0) <= ALIKE
        assert unicodedata.normalize("NFC", word) in [one.title for one in would.sample]


def test_there_are_sixty_languages() -> None:
    assert len(LANGUAGES) >= 60
