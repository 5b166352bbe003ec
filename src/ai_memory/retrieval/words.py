"""Words: text as the keyword index sees it, and the words of a question.

One definition for both sides. A word is a run of letters and digits of a text in its normal form
(`character`); joined names are also their parts (`compound`), text without blanks is pairs of
characters (`script`), and what only signs tell apart stands beside its words (`exact`). All of it
is decided here: the index's tokenizer splits at ASCII signs, and stems what is ASCII.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from ai_memory import late
from ai_memory.retrieval.character import bare, bare_of, composed, plain, shape_of, visible
from ai_memory.retrieval.compound import HUMP, has_humps, marked, parted, whole
from ai_memory.retrieval.exact import encode, exact_things, index_tokens, is_exact
from ai_memory.retrieval.script import UNSPACED, is_unspaced, pairs
from ai_memory.retrieval.stopword import is_stop_word, significant

__all__ = [
    "bare",
    "fold",
    "index_words",
    "plain",
    "root",
    "searchable",
    "searched",
    "terms",
    "tokens",
    "visible",
]

_RUN: Final = late.pattern(f"[{UNSPACED}]+")
# What is no ASCII sign, put as what it is not: a range to Unicode's end takes 20 ms to compile.
_LETTER: Final = r"[^\x00-/:-`{-\x7f]"
_WORD: Final = late.pattern(f"{_LETTER}+(?:{HUMP}{_LETTER}+)*")
_ASCII_WORD: Final = late.pattern(f"[a-z0-9]+(?:{HUMP}[a-z0-9]+)*")
_PARTICLE: Final = late.pattern("[\u3041-\u3096]")
_ROOT_CHARS_MAX: Final = 64  # what is longer is no word


def fold(text: str) -> str:
    """Rewrite text for the keyword index.

    Returns:
        Words between blanks or ASCII signs; ASCII prose passes as it is. Behind a line end the
        tokens that are not read in their place: joined names as a whole, and exact things. Always
        encodable as UTF-8.
    """
    if text.isascii():
        if _is_prose(shape_of(text)):
            return text.replace("\0", " ") if "\0" in text else text
    else:
        text = composed(text)
    spread, names, _humps = parted(text)
    words = bare_of(spread)
    as_written = words if spread == text else bare_of(text)
    behind = [*dict.fromkeys(map(bare_of, names)), *index_tokens(as_written)]
    if not words.isascii():
        words = _RUN.sub(lambda run: f" {' '.join(pairs(run.group(), ending=True))} ", words)
    return f"{words}\n{' '.join(behind)}" if behind else words


class Searched(NamedTuple):
    """A text as it is searched.

    Attributes:
        text: See `searchable`.
        humps: Before which characters of the original a blank was put; None where others moved.
    """

    text: str
    humps: Sequence[int] | None


def searchable(text: str) -> str:
    """Bare text to search with `find`: joined names taken apart, and once more whole behind it."""
    return searched(text).text


def searched(text: str) -> Searched:
    """`searchable`, and how its places are those of the text."""
    normal = text
    if not text.isascii():
        normal = composed(text)
    elif not has_humps(shape_of(text)) and HUMP not in text:
        return Searched(bare(text), ())
    spread, names, humps = parted(normal)
    whole = "\n".join((spread, *dict.fromkeys(names))) if names else spread
    found = bare_of(whole)
    stands = len(normal) == len(text) and len(found) == len(whole)
    return Searched(found, humps if stands else None)


def _is_prose(shape: bytes) -> bool:
    """Whether an ASCII text of this shape is no more than the words that the tokenizer finds."""
    return not (
        b"#" in shape
        or b".a" in shape
        or b".A" in shape
        or (b" -" in shape and (b" -a" in shape or b" --" in shape or b" -A" in shape))
        or has_humps(shape)
    )


def phrase(text: str) -> list[str]:
    """The words of a text as they stand beside each other in the index.

    The last may be the beginning of one (`script.is_beginning`).
    """
    found: list[str] = []
    words = [piece for word in _words(bare(parted(composed(text))[0])) for piece in _pieces(word)]
    for at, word in enumerate(words):
        if is_unspaced(word):
            found += pairs(word, ending=at + 1 < len(words))
        else:
            found.append(word)
    return found


def tokens(text: str) -> list[str]:
    """The words of a question, in order, repeats kept.

    Text without blanks is cut into pairs; a joined name is one word that knows its parts (with
    `compound.HUMP` between them); an exact thing stands behind its words.
    """
    if not text.isascii():
        text = composed(text)
    found = [one for word in _words(bare(marked(text))) for one in _cut(word)]
    if not text.isalnum():
        found += (thing.text for thing in exact_things(bare(text)) if not thing.inside)
    return found


def terms(query: str, limit: int) -> list[str]:
    """What a query asks for: its distinct significant words, in order, at most `limit`.

    Stop words are cut, and single hiragana between other scripts, unless nothing else is there.
    """
    return terms_of(tokens(query), limit)


def terms_of(tokens: Sequence[str], limit: int) -> list[str]:
    """`terms` of a query whose tokens are known."""
    found = significant(tokens)
    kept = [word for word in found if not (len(word) == 1 and _PARTICLE.match(word))]
    return list(dict.fromkeys(kept or found))[:limit]


def index_words(words: Sequence[str]) -> list[str]:
    """The words of the index that the words of a question (`terms`) look for."""
    found: dict[str, None] = {}
    for word in words:
        if HUMP in word:
            parts = word.split(HUMP)
            found |= dict.fromkeys(p for p in parts if len(p) > 1 and not is_stop_word(p))
            found[whole(word)] = None
        else:
            found[encode(word) if is_exact(word) else word] = None
    return list(found)


def _words(text: str) -> list[str]:
    """The words of a bare text, joined names with their humps."""
    return (_ASCII_WORD if text.isascii() else _WORD).findall(text)


def _pieces(word: str) -> Iterator[str]:
    """A word, cut where it changes between text with and without blanks."""
    if word.isascii():
        yield word
        return
    at = 0
    for match in _RUN.finditer(word):
        if match.start() > at:
            yield word[at : match.start()]
        yield match.group()
        at = match.end()
    if at < len(word):
        yield word[at:]


def _cut(word: str) -> list[str]:
    """A word as the index holds it: pairs of what is written without blanks."""
    return [
        one for piece in _pieces(word) for one in (pairs(piece) if is_unspaced(piece) else (piece,))
    ]


@lru_cache(maxsize=65_536)
def root(word: str) -> str:
    """Cut a lower-case word's common English endings, so that hike, hikes, hiked, hiking agree.

    Only ever cuts the tail: a root is a prefix of every word that has it, so it can be searched
    with `str.find`. Applied to both sides, so a foreign word loses nothing but the same letters.
    """
    if len(word) > _ROOT_CHARS_MAX:
        return word
    stem = word
    if len(stem) > 4 and not stem.endswith(_NO_ENDINGS):
        for ending in _ENDINGS:
            if stem.endswith(ending) and _VOWEL.search(stem, 0, len(stem) - len(ending)):
                cut = stem[: -len(ending)]
                if len(cut) >= 3:
                    stem = cut
                    break
        if len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "aeiouls":
            stem = stem[:-1]
    elif len(stem) == 4 and stem.endswith("s") and not stem.endswith("ss"):
        stem = stem[:-1]
    return stem[:-1] if len(stem) > 3 and stem[-1] in "eiy" else stem


_ENDINGS: Final = ("ingly", "edly", "ings", "ing", "ied", "ies", "ed", "es", "ly", "s")
_NO_ENDINGS: Final = ("eed", "ily", "ss", "us", "is")
_VOWEL: Final = late.pattern("[aeiouy]")
