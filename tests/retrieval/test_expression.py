from collections.abc import Iterator

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_memory import limits
from ai_memory.retrieval.expression import and_expression, or_expression, title_terms
from ai_memory.retrieval.words import fold

TOKENIZER = "porter ascii"
ROWS = (
    ("Kickoff notes", "We met Anna in Zürich about the tea-house project.", "work, berlin"),
    ("Tea", "Green tea and running shoes; 我喜欢喝绿茶。", "drinks"),
    ("Plan", "Project tea party", "home"),
)


@pytest.fixture(scope="module")
def index() -> Iterator[apsw.Connection]:
    connection = apsw.Connection(":memory:")
    connection.execute(
        f"CREATE VIRTUAL TABLE words USING fts5(title, content, tags, tokenize='{TOKENIZER}')"
    )
    connection.executemany(
        "INSERT INTO words(title, content, tags) VALUES (?, ?, ?)",
        [tuple(fold(part) for part in row) for row in ROWS],
    )
    yield connection
    connection.close()


def matches(index: apsw.Connection, expression: str | None) -> set[int]:
    assert expression is not None
    rows = index.execute("SELECT rowid FROM words WHERE words MATCH ?", (expression,))
    return {int(row[0]) for row in rows}


ANYTHING = st.one_of(
    st.text(),
    st.text(st.characters(codec=None, exclude_categories=())),
    st.text("abc\"*-:(){}^+ANDORNOT茶我 \0'", max_size=40),
    st.lists(
        st.sampled_from(
            ["NEAR(", "AND", "OR", "NOT", '"', "*", "title:", "tags:", "-", "tea", "茶", "x:y", ")"]
        )
    ).map(" ".join),
)


@given(query=ANYTHING)
def test_no_input_is_a_syntax_error(index: apsw.Connection, query: str) -> None:
    for expression in (
        or_expression(query),
        and_expression(query),
        " OR ".join(title_terms(query)) or None,
    ):
        if expression is not None:
            matches(index, expression)


@given(query=st.text(st.characters(categories=["Lu", "Ll", "Nd", "Lo"]), min_size=1))
def test_words_are_never_lost(query: str) -> None:
    assert or_expression(query) is not None
    assert and_expression(query) is not None


def test_or_finds_any_word_in_any_inflection(index: apsw.Connection) -> None:
    assert matches(index, or_expression("Who ran a project?")) == {1, 3}
    assert matches(index, or_expression("zurich")) == {1}
    assert matches(index, or_expression("绿茶 好吗")) == {2}


def test_nothing_to_look_for_is_none() -> None:
    assert or_expression(" ?! …") is None
    assert and_expression('-"green tea" -title:tea') is None
    assert and_expression(' "" -- * ') is None
    assert title_terms("...") == ()


def test_and_wants_every_word(index: apsw.Connection) -> None:
    assert matches(index, and_expression("tea project")) == {1, 3}
    assert matches(index, and_expression('"project tea"')) == {3}
    assert matches(index, and_expression("tea-house")) == {1}
    assert matches(index, and_expression("proj*")) == {1, 3}
    assert matches(index, and_expression("title:tea")) == {2}
    assert matches(index, and_expression("TAGS:berlin")) == {1}
    assert matches(index, and_expression("tea -project")) == {2}
    assert matches(index, and_expression('tea -"project tea"')) == {1, 2}
    assert matches(index, and_expression("tea -title:tea")) == {1, 3}
    assert matches(index, and_expression("喝绿茶")) == {2}
    assert matches(index, and_expression("绿喝")) == set()
    assert matches(index, and_expression("喜*")) == {2}
    assert matches(index, and_expression('"unclosed project')) == set()
    assert matches(index, and_expression("http://x tea")) == set()


def test_expressions_are_bounded() -> None:
    query = " ".join(f"w{number}" for number in range(1_000))
    for expression in (or_expression(query), and_expression(query)):
        assert expression is not None
        assert expression.count('"') == 2 * limits.QUERY_TERMS_MAX


def test_title_terms_are_significant_and_quoted() -> None:
    assert title_terms("Notes of the Kickoff") == ('"notes"', '"kickoff"')
