"""Expression: what a person types, as an FTS5 query that is never a syntax error.

Every word is quoted, so no character of the query reaches FTS5 as an operator. A quoted string
with several tokens ("foo-bar", the bigrams of a Chinese word) is a phrase.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ai_memory import late, limits
from ai_memory.retrieval.words import fold, is_cjk, terms

_COLUMNS: Final = ("title", "content", "tags")
_TITLE_TERMS_MAX: Final = 12
_HINT_TERMS_MAX: Final = 2

_ITEM: Final = late.pattern(
    r"""(?P<minus>-?)(?:(?P<column>title|content|tags):)?"""
    r"""(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))(?P<prefix>\*?)""",
    re.IGNORECASE,
)


def or_expression(query: str, *, columns: Sequence[str] | None = None) -> str | None:
    """Any significant word of the query: the candidates of recall.

    Args:
        query: Anything.
        columns: Restrict the match to these columns of the index; None: all.

    Returns:
        At most `limits.QUERY_TERMS_MAX` quoted words joined by OR; None if there is no word.
    """
    words = terms(query, limits.QUERY_TERMS_MAX)
    if not words:
        return None
    joined = any_word(words)
    return joined if columns is None else f"{{{' '.join(columns)}}} : ({joined})"


def any_word(words: Sequence[str]) -> str:
    """Any of these words, at least one, as `words.terms` cuts them."""
    return " OR ".join(_term(word) for word in words)


def and_expression(query: str) -> str | None:
    """Every word of the query: exact search.

    Words are joined by AND; `"two words"` is a phrase, `wor*` a prefix, `-word` excludes,
    `title:word`, `content:word` and `tags:word` look in one column only. Any other text is
    searched for as it stands; an unclosed quote ends with the query.

    Returns:
        None if nothing is asked for (no word, or exclusions only).
    """
    wanted: list[str] = []
    excluded: list[str] = []
    for item in _ITEM.finditer(query):
        text = item["phrase"] if item["phrase"] is not None else item["word"]
        prefix = item["prefix"] or (item["word"] or "").endswith("*")
        folded = " ".join(fold(text.replace('"', " ")).split())
        if not any(char.isalnum() for char in folded):
            continue
        term = f'"{folded}"' + (" *" if prefix or is_beginning(folded) else "")
        if item["column"]:
            term = f"{item['column'].lower()} : {term}"
        target = excluded if item["minus"] else wanted
        if term not in target and len(wanted) + len(excluded) < limits.QUERY_TERMS_MAX:
            target.append(term)
    if not wanted:
        return None
    required = " AND ".join(wanted)
    return f"({required}) NOT ({' OR '.join(excluded)})" if excluded else required


def title_terms(title: str) -> tuple[str, ...]:
    """The significant words of a title, quoted for FTS5: what similar titles share."""
    return tuple(_term(word) for word in terms(title, _TITLE_TERMS_MAX))


def hint_terms(title: str) -> tuple[str, ...]:
    """The few terms of a title that look for similar ones: the longest, which are the rarest."""
    return tuple(sorted(title_terms(title), key=len, reverse=True)[:_HINT_TERMS_MAX])


def _term(word: str) -> str:
    return f'"{word}" *' if is_beginning(word) else f'"{word}"'


def is_beginning(word: str) -> bool:
    """Whether a word stands for all that begin so: the index holds bigrams, this is half of one."""
    return len(word) == 1 and is_cjk(word)
