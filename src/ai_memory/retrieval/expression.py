"""Expression: what a person types, as an FTS5 query that is never a syntax error.

Every word is quoted, so no character of the query reaches FTS5 as an operator. A quoted string
with several tokens ("foo-bar", the pairs of a Chinese word) is a phrase.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from ai_memory import late, limits
from ai_memory.errors import ValidationFailed
from ai_memory.retrieval.character import bare, composed
from ai_memory.retrieval.compound import HUMP, marked, whole
from ai_memory.retrieval.exact import encode, exact_things
from ai_memory.retrieval.script import is_beginning
from ai_memory.retrieval.stopword import stop_words
from ai_memory.retrieval.words import index_words, phrase, terms, tokens

_TITLE_TERMS_MAX: Final = 12
_HINT_TERMS_MAX: Final = 2
_TOPIC_TERMS_MAX: Final = 3
_DECORATION: Final = "@#$"  # before a word: whoever looks for the word with it may mean it without

_ITEM: Final = late.pattern(
    r"""(?P<minus>-?)(?:(?P<column>title|content|tags):)?"""
    r"""(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))(?P<prefix>\*?)""",
    re.IGNORECASE,
)
_FLAG: Final = late.pattern(r"-{1,2}[^\W_]")


class _Item(NamedTuple):
    """One thing that is looked for.

    Attributes:
        expression: What a memory with it matches.
        boosted: What one that is meant above others matches as well, or nothing.
    """

    expression: str
    boosted: str = ""


def or_expression(text: str) -> str | None:
    """Any significant word of a text, each as it stands: "tea-house" is one, and so is 我喜欢茶.

    Returns:
        At most `limits.QUERY_TERMS_MAX` expressions joined by OR; None if there is no word.
    """
    stop = stop_words(tokens(text))
    kept: dict[str, None] = {}
    small: dict[str, None] = {}
    for word in dict.fromkeys(text.split()):
        item = _item(word)
        if item is not None:
            into = small if stop.issuperset(tokens(word)) else kept
            into[item.expression] = None
        if len(kept) == limits.QUERY_TERMS_MAX:
            break
    return " OR ".join(list(kept or small)[: limits.QUERY_TERMS_MAX]) or None


def any_word(words: Sequence[str]) -> str:
    """Any of these words, at least one, as `words.terms` cuts them."""
    return " OR ".join(_term(word) for word in index_words(words))


def and_expression(query: str) -> str | None:
    """Every word of the query: exact search.

    Words are joined by AND; `"two words"` is a phrase, `wor*` a prefix, `-word` excludes,
    `title:word`, `content:word` and `tags:word` look in one column only. Any other text is
    searched for as it stands; an unclosed quote ends with the query.

    A leading hyphen may also be the word's own: `--flag` is looked for, so is `-flag` where nothing
    else is asked for, and `-word` beside others spares what has the hyphen too (`rm -rf`).

    Returns:
        None if nothing is asked for.

    Raises:
        ValidationFailed: It is longer than anything that is searched for as it stands.
    """
    _require_short(query)
    wanted: dict[_Item, None] = {}
    excluded: dict[str, None] = {}
    flags: dict[str, None] = {}
    for found in _ITEM.finditer(query):
        if len(wanted) + len(excluded) >= limits.QUERY_TERMS_MAX:
            break
        text = found["phrase"] if found["phrase"] is not None else found["word"]
        flag = ""
        if found["minus"] and found["phrase"] is None and not found["column"]:
            if text.startswith("-") and (item := _item("-" + text)):
                wanted[item] = None
                continue
            flag = _flag("-" + text)
        is_prefix = bool(found["prefix"]) or (found["word"] or "").endswith("*")
        item = _item(text, is_prefix=is_prefix)
        if item is None:
            continue
        if found["column"]:
            item = _Item(f"{found['column'].lower()} : ({item.expression})")
        if not found["minus"]:
            wanted[item] = None
        elif flag:
            excluded[f"({item.expression} NOT {flag})"] = None
            flags[flag] = None
        else:
            excluded[item.expression] = None
    if not wanted:
        return " AND ".join(flags) or None
    required = " AND ".join(_joined(item) for item in wanted)
    if not excluded:
        return required
    # A flag that is there puts its memory above those without.
    either = f" AND ({' OR '.join(flags)} OR {next(iter(wanted)).expression})" if flags else ""
    return f"({required}{either}) NOT ({' OR '.join(excluded)})"


def _require_short(query: str) -> None:
    """Refuse more words than SQLite finds beside each other in a moment; repeats are one."""
    items = _ITEM.finditer(query)
    texts = dict.fromkeys(one["word"] if one["phrase"] is None else one["phrase"] for one in items)
    if (
        sum(len(phrase(text)) for text in list(texts)[: limits.QUERY_TERMS_MAX])
        > limits.SEARCH_WORDS_MAX
    ):
        raise ValidationFailed(
            f"an exact search takes at most {limits.SEARCH_WORDS_MAX} words",
            hint="Search for a part that is characteristic; recall takes longer questions.",
            field="query",
        )


def words_of(query: str) -> list[str]:
    """The words that an exact search wants found, as `words.terms` cuts them."""
    wanted = [
        item["phrase"] if item["phrase"] is not None else item["word"].rstrip("*")
        for item in _ITEM.finditer(query)
        if not item["minus"] and (item["column"] or "content").lower() == "content"
    ]
    return terms(" ".join(wanted), limits.QUERY_TERMS_MAX)


def title_terms(title: str) -> tuple[str, ...]:
    """The significant words of a title, quoted for FTS5: what similar titles share."""
    return tuple(_term(word) for word in index_words(terms(title, _TITLE_TERMS_MAX)))


def hint_terms(title: str) -> tuple[str, ...]:
    """The few terms of a title that look for similar ones: the longest, which are the rarest."""
    found = sorted(title_terms(title), key=len, reverse=True)[:_HINT_TERMS_MAX]
    return tuple(f"title : {term}" for term in found)


def topic_terms(text: str) -> tuple[str, ...]:
    """The few terms of a short text that look for others on its topic: with it a text begins."""
    found = index_words(terms(text, _TOPIC_TERMS_MAX))
    return tuple(_term(word) for word in found[:_TOPIC_TERMS_MAX])


def _item(text: str, *, is_prefix: bool = False) -> _Item | None:
    """One item of a query as it stands; None if nothing in it can be looked for."""
    text = composed(text.replace('"', " "))
    words = phrase(text)[: limits.SEARCH_WORDS_MAX]
    things = [thing for thing in exact_things(bare(text)) if not thing.inside]
    must = [f'"{encode(one.text)}"' for one in things if one.text[0] not in _DECORATION]
    is_version = len(things) == 1 and bare(text).strip().removeprefix("v") == things[0].text
    if not words or (is_version and things[0].text[0].isdigit()):
        return _Item(f"({' AND '.join(must)})") if must else None
    beginning = is_prefix or is_beginning(words[-1])
    expression = f'"{" ".join(words)}"' + (" *" if beginning else "")
    named = bare(marked(text)).strip()
    if HUMP in named and whole(named).isalnum():
        expression = f'({expression} OR "{whole(named)}"{" *" if is_prefix else ""})'
    may = [f'"{encode(one.text)}"' for one in things if one.text[0] in _DECORATION]
    if must:
        expression = f"({' AND '.join((expression, *must))})"
    return _Item(expression, " OR ".join(may))


def _joined(item: _Item) -> str:
    """An item, and what is meant above others where it is there."""
    if not item.boosted:
        return item.expression
    return f"({item.expression} AND ({item.boosted} OR {item.expression}))"


def _flag(text: str) -> str:
    """A word with its hyphen, quoted for FTS5; empty if it is none."""
    text = bare(composed(text))
    if not _FLAG.match(text):
        return ""
    return next((f'"{encode(one.text)}"' for one in exact_things(text) if one.start == 0), "")


def _term(word: str) -> str:
    return f'"{word}" *' if is_beginning(word) else f'"{word}"'
