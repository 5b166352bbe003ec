"""Question: what of it the vectors should see.

A small sentence model spends much of a vector on names, and in a conversation every passage names
the same two people: to it, "What is Anna afraid of?" lies near whatever Anna said. Names are what
words find best, so the query's vector is blended with that of the question without its names
(docs/adr/0005).
"""

from __future__ import annotations

import re
from typing import Final

from ai_memory.retrieval.moment import is_month
from ai_memory.retrieval.stopword import is_stop_word
from ai_memory.retrieval.words import terms, tokens

NAMELESS_SHARE: Final = 2 / 3
"""How much of the query's vector is that of the question without names."""

# A capital inside a sentence: the first word has one anyway.
_CAPITAL: Final = re.compile(r"(?<=[\w,;:'’)\"] )[A-Z][\w-]*(?:['’]s?)?(?=\W|$)")
_POSSESSIVE: Final = re.compile(r"['’]s?$")
_SPACES: Final = re.compile(r"\s+")


def nameless(query: str) -> str | None:
    """The question without the proper names in it.

    Returns:
        None if it has none, or nothing else.
    """
    cut = _CAPITAL.sub(lambda found: found.group() if _common(found.group()) else "", query)
    if cut == query:
        return None
    cut = _SPACES.sub(" ", cut).strip()
    return cut if any(not is_stop_word(word) for word in terms(cut, 1)) else None


def names(query: str) -> list[str]:
    """The words of the proper names in a question, lower case, without accents."""
    found = (match.group() for match in _CAPITAL.finditer(query))
    return [
        word for name in found if not _common(name) for word in tokens(_POSSESSIVE.sub("", name))
    ]


def _common(word: str) -> bool:
    """Whether a word with a capital is no name: I, a title's "The", a month."""
    return is_stop_word(word.lower()) or is_month(word)
