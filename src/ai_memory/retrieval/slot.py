"""Slot: whether two sentences are the same but for one value, in whatever language.

"The mortgage is with Severn Bank" and "The mortgage is with Tidewater": what stands in one place
differs, all around it is the same, and the place is where a sentence says something of what it
began with. No vocabulary is needed to see that; a little keeps out what may well be said twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ai_memory.retrieval.attribute import known, leaves_room

_SHARED_MIN: Final = 3  # words
_SHARED_MARKED_MIN: Final = 2  # where names or numbers differ
_SHARED_SHARE: Final = 0.5  # of the longer sentence
_SLOT_MAX: Final = 4  # words
_CHARS_MIN: Final = 4  # in common, of text without blanks
_CHARS_BEFORE_MIN: Final = 3


def differs_in_one_value(
    one: Sequence[str], other: Sequence[str], marked: frozenset[str] = frozenset()
) -> bool:
    """Whether one value stands in the other's place.

    Args:
        one: The words of a sentence, lower case, in order.
        other: Of another.
        marked: Those of both that are names or numbers.
    """
    begin, end = _ends(one, other)
    ours, theirs = one[begin : len(one) - end], other[begin : len(other) - end]
    shared = begin + end
    if not ours or not theirs or max(len(ours), len(theirs)) > _SLOT_MAX:
        return False
    is_marked = ours[0] in marked and theirs[0] in marked
    least = _SHARED_MARKED_MIN if is_marked else _SHARED_MIN
    if begin < 2 or shared < least or shared < _SHARED_SHARE * max(len(one), len(other)):
        return False
    before, behind = one[:begin], one[len(one) - end :]
    if ours[0].isdigit() != theirs[0].isdigit():
        return False
    if set(ours) & set(theirs):
        return False  # two differences, and what is between them
    if _roles(ours) or _roles(theirs) or "topic" in _roles(before[-1:]):
        return False  # "at nine" and "in the hall" are no two answers to one question
    if _tells(behind) and not _tells(before):
        return False  # what is told of follows: the place is in the topic
    if ours[0].isdigit() or end:
        return True
    return not any(leaves_room(word) for word in before)


def differs_in_one_stretch(one: str, other: str) -> bool:
    """The same for text without blanks, character by character."""
    begin, end = _ends(one, other)
    longer = max(len(one), len(other))
    return (
        begin >= _CHARS_BEFORE_MIN
        and begin + end >= max(_CHARS_MIN, _SHARED_SHARE * longer)
        and min(len(one), len(other)) - begin - end > 0
    )


def _ends(one: Sequence[str], other: Sequence[str]) -> tuple[int, int]:
    """How much both begin and end alike."""
    most = min(len(one), len(other))
    begin = 0
    while begin < most and one[begin] == other[begin]:
        begin += 1
    end = 0
    while end < most - begin and one[-1 - end] == other[-1 - end]:
        end += 1
    return begin, end


def _roles(words: Sequence[str]) -> frozenset[str]:
    found = [known(word) for word in words]
    roles = frozenset[str]().union(*(word.roles for word in found if word is not None))
    return roles & {"lead", "topic", "left", "be"}


def _tells(words: Sequence[str]) -> bool:
    found = [known(word) for word in words]
    return any(word is not None and ("be" in word.roles or word.predicate) for word in found)
