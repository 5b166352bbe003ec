from __future__ import annotations

import pytest

from ai_memory.errors import ValidationFailed
from ai_memory.model.decode import decode_fields
from ai_memory.model.title import title_of
from ai_memory.operations.store_memory import StoreMemory

LONG = "Every release is cut from the branch stable. Nobody pushes to it without a review of two."


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("Ada drinks her coffee black.", "Ada drinks her coffee black."),
        ("\n\n# Rules\nOne\nTwo", "Rules"),
        ("- buy milk", "buy milk"),
        (LONG, "Every release is cut from the branch stable."),
        ("word " * 40, "word " * 14 + "word…"),
        ("x" * 100, "x" * 79 + "…"),
        ("我们用数据库。" * 20, "我们用数据库。" * 3),
        ("---\n***", "Untitled"),
        ("tab\there", "tab here"),
    ],
)
def test_the_first_line_or_the_sentence_it_begins_is_the_title(content: str, title: str) -> None:
    assert title_of(content) == title
    assert len(title) <= 80


def test_a_text_without_a_title_gets_one_and_refuses_nobody() -> None:
    derived = decode_fields(StoreMemory, {"content": "Ada drinks her coffee black."})
    assert (derived.title, derived.on_conflict) == ("Ada drinks her coffee black.", "version")
    given = decode_fields(StoreMemory, {"title": "Coffee", "content": "Black."})
    assert (given.title, given.on_conflict) == ("Coffee", "error")
    with pytest.raises(ValidationFailed):
        decode_fields(StoreMemory, {"content": " "})
