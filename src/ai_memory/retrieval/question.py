"""Question: what of it the vectors should see.

A small sentence model spends much of a vector on names, and in a conversation every passage names
the same two people: to it, "What is Anna afraid of?" lies near whatever Anna said. And people speak
of themselves as I. So the query's vector is blended with that of the question as the person it is
about would put it, "What am I afraid of?"; names are what words find best (docs/adr/0005).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ai_memory import late
from ai_memory.retrieval.moment import is_month
from ai_memory.retrieval.stopword import ENGLISH, GERMAN, is_stop_word, language_of
from ai_memory.retrieval.words import terms, terms_of, tokens

FIRST_PERSON_SHARE: Final = 2 / 3
"""How much of the query's vector is that of the question in the first person."""

# A capital inside a sentence: the first word has one anyway.
_CAPITAL: Final = late.pattern(r"(?<=[\w,;:'’)\"] )[A-Z\u00c0-\u00de][\w-]*(?:['’]s?)?(?=\W|$)")
_LOWER: Final = late.pattern(r"(?<!\w)[^\W\d_A-Z]")  # a word without a capital
_POSSESSIVE: Final = late.pattern(r"['’]s?$")
_SPOKEN: Final = tuple(
    (late.pattern(rf"\b(?:{said})\b"), spoken)
    for said, spoken in (
        ("I(?: I)+", "I"),  # a name of several words
        ("(?:I )?my", "my"),
        ("he|she|they", "I"),
        ("his|her|their", "my"),
        ("him", "me"),
        ("I and I", "we"),
        ("does (?=I|we)", "do "),
        ("(?:is|are) (?=I)", "am "),
        ("has (?=I|we)", "have "),
    )
)
_QUESTION: Final = late.pattern(
    r"^\s*(?:what|which|who|whom|whose|when|where|why|how)\b|\?\s*$", re.IGNORECASE
)
_FRAMING_WORDS: Final = """
    according both call called calls consider considered could describe described describes
    describing discuss discussed discusses explain explained explains kind kinds likely many may
    mention mentioned mentioning mentions might much possibly probably said say saying says sort
    sorts tell tells term told type types would
"""
_FRAMING: Final = frozenset(_FRAMING_WORDS.split())


def first_person(query: str) -> str | None:
    """The question as the person it names would ask it: names and what refers to them become I.

    Returns:
        None if it names nobody, or nothing else is asked, or not in English.
    """
    cut = _CAPITAL.sub(_as_spoken, query)
    if cut == query or language_of(tokens(query)) not in (None, ENGLISH):
        return None
    for said, spoken in _SPOKEN:
        cut = said.sub(spoken, cut)
    return cut if any(not is_stop_word(word) for word in terms(cut, 1)) else None


def _as_spoken(found: re.Match[str]) -> str:
    name = found.group()
    if _common(name) or _is_acronym(name):
        return name
    return "my" if _POSSESSIVE.search(name) else "I"


def asked_for(query: str, limit: int) -> list[str]:
    """The words of a query that its answer may repeat, as `words.terms` cuts them.

    A question also says how it asks: "What type of dog is mentioned?" wants a dog. Such words are
    cut from English questions only, and not if nothing else is there.

    Args:
        query: Anything.
        limit: At most so many words.
    """
    return asked_among(tokens(query), query, limit)


def asked_among(tokens: Sequence[str], query: str, limit: int) -> list[str]:
    """`asked_for` of a query whose tokens are known."""
    found = terms_of(tokens, limit)
    if _QUESTION.search(query):
        return [word for word in found if word not in _FRAMING] or found
    return found


def names(query: str) -> list[str]:
    """The words of the proper names in a question, lower case, without accents.

    German writes every noun with a capital, and a title every word: there, no names are told.
    """
    found = [match.group() for match in _CAPITAL.finditer(query)]
    if not found or not _LOWER.search(query) or language_of(tokens(query)) == GERMAN:
        return []
    return [
        word for name in found if not _common(name) for word in tokens(_POSSESSIVE.sub("", name))
    ]


def _common(word: str) -> bool:
    """Whether a word with a capital is no name: I, a title's "The", a month."""
    return is_stop_word(word.lower()) or is_month(word)


def _is_acronym(word: str) -> bool:
    """Whether it is a thing's name rather than a person's: LGBTQ, US."""
    return len(word) > 1 and word.isupper()
