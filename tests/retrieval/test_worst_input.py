"""100 KB of the worst for each pattern and scan: what is not linear would never end here."""

from contextlib import suppress

import pytest

from ai_memory import limits
from ai_memory.errors import ValidationFailed
from ai_memory.retrieval.expression import and_expression, or_expression
from ai_memory.retrieval.lexical import read
from ai_memory.retrieval.likeness import vocabulary
from ai_memory.retrieval.question import asked_for, first_person, names
from ai_memory.retrieval.words import fold, searchable, terms

SIZE = 100_000
WORST = (
    "a", "aB", "Ab ", "AAb", "a.", ".a", "1.", "1", "-", "--a", " -a", "+", "a+", "#", "@", "$a",
    '"', '" ', "'", " ", "\n", "# " + " " * 50, "A ", "I ", "A-", "A'", ", A", "?", "? ", "my ",
    "=", "->", "a_", "_", "\x02", "é", "e\u0301", "\u0301", "茶", "茶a", "ก็", "็", "م\u064e", "й",
    "title:", "-title:", "*", "a* ", "ﷺ", "\u200d", "🎉", "\U0010ff2b", "[[", "1 may ",
)  # fmt: skip


@pytest.mark.parametrize("piece", WORST, ids=ascii)
def test_no_input_is_slow(piece: str) -> None:
    text = piece * (SIZE // len(piece.encode())) + "x\nHttpClient"
    fold(text)
    searchable(text)
    terms(text, 64)
    asked_for(text, 64)
    first_person(text)
    names(text)
    with suppress(ValidationFailed):  # longer than is searched for
        and_expression(text)
    or_expression(text)
    vocabulary(text)
    read(f"{text[:1_000]} the HttpClient of C++, a.b -rf 茶 a", [text])


def test_a_search_longer_than_anything_is_refused() -> None:
    long = "a " * (limits.SEARCH_WORDS_MAX + 1)
    for query in (f'"{long}"', long.strip().replace(" ", "-"), f'"{long[:200]}" "{long[:198]}"'):
        with pytest.raises(ValidationFailed):
            and_expression(query)
    assert and_expression(f'"{"a " * limits.SEARCH_WORDS_MAX}"')
    assert (or_expression("a-" * 5_000) or "").count("a") <= limits.SEARCH_WORDS_MAX
