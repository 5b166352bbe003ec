"""Whether two texts disagree, as far as words show it: no model is asked.

Two statements disagree when they are about the same thing and differ in exactly one place that can
hold one value only: a negation, an opposite, a number, a date, or what a thing *is* or is *in*,
*on* or *with*. Two differences are two subjects ("in production" against "in staging"), and what
has happened may happen again ("went to the dentist on 4 May"). So the rules would rather miss than
accuse: a language model can find what they leave. English statements only; figures in
docs/adr/0013-language-models.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final, Literal, NamedTuple, TypeAlias

from ai_memory import late
from ai_memory.retrieval.words import plain, root

Kind: TypeAlias = Literal["negation", "opposite", "number", "date", "value"]

_STATEMENTS_MAX: Final = 16  # of each text
_TOKENS_MAX: Final = 60  # of a statement
_SHARED_MIN: Final = 2  # words both statements have
_SHARED_SHARE: Final = 0.6  # of the shorter statement, beside the difference

_MONTH: Final = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    "|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DATE: Final = (
    rf"\d{{4}}-\d\d-\d\d|\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH}\b(?:,?\s+\d{{4}})?"
    rf"|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s+\d{{4}})?"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\d{1,2}:\d\d(?:\s*[ap]m)?\b"
)
_TOKEN: Final = late.pattern(
    rf"(?P<date>{_DATE})|(?P<number>\d+(?:[.,]\d+)*(?![\w-]))|(?P<word>[^\W_]+(?:[-_./@][^\W_]+)*)"
)
_SENTENCE: Final = late.pattern(r"(?<=[.!?;])\s+|\n+|;")
_NOT: Final = late.pattern(r"n['’]t\b|\bno longer\b|\bcannot\b")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_NUMBERS: Final = {
    "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
    "seven": "7", "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12",
}  # fmt: skip
_NEGATORS: Final = _set("not no never without neither nor none")
_BE: Final = _set("is are am s be being")
_WAS: Final = _set("was were been had")
_CHANGE: Final = _set(  # what they say holds from then on
    """moved move changed change switched switch migrated migrate renamed rename postponed set
    rescheduled rewritten replaced born"""
)
_PREPOSITIONS: Final = _set("in on at with to by from as via under")
_FOR: Final = _PREPOSITIONS | {"for"}
_LIGHT: Final = (
    _BE
    | _WAS
    | _CHANGE
    | _FOR
    | _set(
        """the a an of and or that this these those it its he she they them his her their we our
        you your i my now currently still again already also then just really actually today
        always do does did will would can could may might must shall should have has instead
        there here very"""
    )
)
_PAST: Final = late.pattern(
    r"\b(?:used to|formerly|former|previously|until|once|back then|in the past"
    r"|last (?:year|month|week)|if|would|could|planned to|example)\b"
)
_PRONOUNS: Final = _set("it he she they this that")
_HAPPENED: Final = _set(
    """went took met saw bought ran made got came read wrote spoke ate said found left sent gave
    built held told won lost paid drove flew felt thought began happened"""
)
_DEFINING: Final = _set(  # verbs with one object at a time, once it is said what for
    "uses use requires require needs need prefers prefer"
)
_OPPOSITES: Final = frozenset(
    frozenset(pair.split("/"))
    for pair in _set(
        """enabled/disabled on/off open/closed true/false allowed/forbidden public/private
        required/optional active/inactive accepted/rejected supported/unsupported up/down
        safe/unsafe synchronous/asynchronous mandatory/optional success/failure
        increases/decreases before/after above/below more/less higher/lower all/none
        encrypted/unencrypted online/offline internal/external valid/invalid done/pending
        approved/denied married/single hot/cold early/late"""
    )
)


class Disagreement(NamedTuple):
    """Where two texts disagree, and how."""

    kind: Kind
    first: str
    second: str


class _Token(NamedTuple):
    """A word that carries meaning, and what led to it.

    Attributes:
        form: What is compared.
        light: The small words between the previous such word and this one.
    """

    form: str
    kind: Literal["word", "number", "date"]
    text: str
    light: frozenset[str]


class _Statement(NamedTuple):
    text: str
    tokens: tuple[_Token, ...]
    negated: bool
    happened: bool  # an event, not a state


def disagreement(first: tuple[str, str], second: tuple[str, str]) -> Disagreement | None:
    """The first disagreement between two (title, content) texts; None if the words show none."""
    others = list(_statements(*second))
    for one in _statements(*first):
        for other in others:
            kind = _kind(one, other)
            if kind is not None:
                return Disagreement(kind, one.text, other.text)
    return None


def _statements(title: str, content: str) -> Iterator[_Statement]:
    count = 0
    for part in _SENTENCE.split(content):
        text = part.strip()
        if not text or text.endswith("?"):
            continue
        statement = _statement(text, title)
        if statement is not None:
            yield statement
            count += 1
        if count >= _STATEMENTS_MAX:
            return


def _statement(text: str, title: str) -> _Statement | None:
    """What a sentence says; None for one that tells of the past or of what might be."""
    low = plain(text)
    if _PAST.search(low):
        return None
    low = _NOT.sub(" not ", low)
    words = low.split(maxsplit=1)
    if words and words[0].strip(",.") in _PRONOUNS:
        low = f"{plain(title)} {low}"
    negated = happened = be_before = False
    light: set[str] = set()
    seen: set[str] = set()
    tokens: list[_Token] = []
    found = list(_TOKEN.finditer(low))[:_TOKENS_MAX]
    for place, match in enumerate(found):
        kind, word = match.lastgroup, match.group()
        if kind == "word" and word in _NEGATORS:
            negated = not negated
            continue
        if kind == "word" and word in _LIGHT and not (word == "on" and _is_state(found, place)):
            light.add(word)
            seen.add(word)
            be_before = word in _BE or word in _WAS
            continue
        if kind == "word" and word in _NUMBERS:
            kind, word = "number", _NUMBERS[word]
        apart = place > 0 and "," in low[found[place - 1].end() : match.start()]
        happened = happened or (
            kind == "word"
            and (word in _HAPPENED or (word.endswith("ed") and not be_before and not apart))
        )
        form = word.replace(",", "") if kind == "number" else root(word) if kind == "word" else word
        tokens.append(_Token(form, kind, word, frozenset(light)))  # type: ignore[arg-type]
        light = set()
        be_before = False
    changed = not seen.isdisjoint(_CHANGE)
    happened = not changed and (happened or not seen.isdisjoint(_WAS))
    return _Statement(text, tuple(tokens), negated, happened)


def _is_state(found: Sequence[re.Match[str]], place: int) -> bool:
    """Whether this "on" is the opposite of "off" and no preposition."""
    before = found[place - 1].group() if place else ""
    after = found[place + 1].group() if place + 1 < len(found) else "by"
    return before in _BE and after in ("by", "in", "for", "everywhere", "now", "again")


class _Difference(NamedTuple):
    before: _Token | None
    first: tuple[_Token, ...]
    second: tuple[_Token, ...]
    following: _Token | None


def _kind(one: _Statement, other: _Statement) -> Kind | None:
    """How two statements disagree."""
    shared, differences = _compare(one.tokens, other.tokens)
    least = min(len(one.tokens), len(other.tokens)) - sum(
        min(len(each.first), len(each.second)) for each in differences
    )
    if shared < _SHARED_MIN or shared < _SHARED_SHARE * least:
        return None
    if one.happened or other.happened or len(differences) > 1:
        return None
    if not differences:
        return "negation" if one.negated != other.negated else None
    if one.negated != other.negated:
        return None
    return _changed(differences[0])


def _compare(one: Sequence[_Token], other: Sequence[_Token]) -> tuple[int, list[_Difference]]:
    """How many words agree in order, and the places where one stands for another."""
    matcher = SequenceMatcher(
        None, [token.form for token in one], [token.form for token in other], autojunk=False
    )
    shared, differences = 0, []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            shared += i2 - i1
        elif tag == "replace":
            before = one[i1 - 1] if i1 else None
            following = one[i2] if i2 < len(one) else None
            differences.append(
                _Difference(before, tuple(one[i1:i2]), tuple(other[j1:j2]), following)
            )
    return shared, differences


def _changed(difference: _Difference) -> Kind | None:
    """What kind of value changed, if the place holds one value at a time."""
    first, second = difference.first[0], difference.second[0]
    before, after = difference.before, difference.following
    if len(difference.first) == len(difference.second) == 1 and (
        frozenset((first.text, second.text)) in _OPPOSITES
    ):
        return "opposite"
    if before is None:
        # "Bob is the owner of …": who it is, said of one place that only one can hold.
        role = after is not None and not after.light.isdisjoint(_BE) and "the" in after.light
        return "value" if role else None
    later = (*difference.first[1:], *difference.second[1:])
    if any(not token.light.isdisjoint(_PREPOSITIONS) for token in later):
        return None  # two values in a row: "lasagne on Sunday", "curry on Monday"
    kinds = {first.kind, second.kind}
    if kinds == {"date"}:
        return "date"
    if kinds == {"number"}:
        return "number"
    return "value" if "word" in kinds and _holds_one(before, first, second, after) else None


def _holds_one(before: _Token, first: _Token, second: _Token, after: _Token | None) -> bool:
    """Whether the words around a place say that it holds one thing at a time."""
    leads = _BE | _PREPOSITIONS | _CHANGE
    if not first.light.isdisjoint(leads) and not second.light.isdisjoint(leads):
        return True
    return before.text in _DEFINING and after is not None and not after.light.isdisjoint(_FOR)
