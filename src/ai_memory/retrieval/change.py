"""Change: whether a newer text says of the same thing that it is otherwise than an older one says.

No model is asked and no link is needed: two short texts are held against each other sentence by
sentence (`claim`). They are about the same if they share what they speak of; something changed if
each has a value that the other has not. Who it is said of, which of several things, one more of
many, an event, a plan, what was: all that is no change. In doubt there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Final, NamedTuple

from ai_memory.retrieval.attribute import Gist, gist, is_close_room
from ai_memory.retrieval.claim import Claim, Token, claims, is_terse
from ai_memory.retrieval.slot import differs_in_one_stretch, differs_in_one_value
from ai_memory.retrieval.words import root

_VALUES_MAX: Final = 3  # that one thing has had; of more alike each stands for itself
_LEADING: Final = 4  # of two texts that are compared, one is among so many first
_SHARED_MIN: Final = 2.0  # words and attributes in common, if nothing says that something changed
_SHARED_TOLD_MIN: Final = 1.5  # if something does
_SHARED_SHARE: Final = 0.3  # of the shorter claim
_HALF: Final = 0.5  # worth of both being about whoever says it, and of values of one kind
_CLOSE_PREFIX_MIN: Final = 2  # characters
_VALUES: Final = frozenset(("state", "married", "diet", "rank"))
"""Attributes whose words are values themselves."""
_PERSONAL: Final = frozenset(
    ("home", "work", "boss", "rank", "diet", "married", "speak", "bought", "contact")
)
"""Attributes that whoever says I has one of: nothing else need be shared."""
_NOTES: Final = frozenset(
    map(root, ("note", "notes", "memory", "fact", "update", "message", "self"))
)
_UNITS: Final = {
    unit: name
    for name, units in {
        "data": "b kb mb gb tb kib mib gib byt",
        "time": "ms s sec second min minut h hour day days week month year",
        "weight": "mg g kg kilo gram ton pound lb",
        "length": "mm cm m km mile metr meter",
        "money": "euro euros dollar pound franc usd eur gbp chf",
    }.items()
    for unit in units.split()
}


class _Pair(NamedTuple):
    """Two claims, and what they have in common.

    Attributes:
        both: Forms. `common`: attributes.
        ours: Tokens of the old claim that the new one has not; two words for one attribute are the
            same. `theirs`: the other way round.
        told: Whether either says that something changed.
    """

    old: Claim
    new: Claim
    both: frozenset[str]
    common: frozenset[str]
    ours: list[Token]
    theirs: list[Token]
    told: bool


def replacements(
    texts: Sequence[tuple[str, str]], said_at: Callable[[int], int]
) -> list[tuple[int, int]]:
    """Which of some texts may say otherwise, and later, what another of them says.

    Args:
        texts: (title, content) of each, the one that matters most first.
        said_at: When the text of that number was said; asked only where it counts.

    Returns:
        (older, newer) pairs of numbers. Texts said at the same time replace nothing.
    """
    short = [
        (number, gist(content))
        for number, (_title, content) in enumerate(texts)
        if is_terse(content)
    ]
    found = []
    for (one, first), (other, second) in combinations(short, 2):
        if one >= _LEADING:
            break
        if not _may_speak_of_one(first, second):
            continue
        times = said_at(one), said_at(other)
        if times[0] == times[1]:
            continue
        older, newer = (one, other) if times[0] < times[1] else (other, one)
        if changed(texts[older], texts[newer]):
            found.append((older, newer))
    return _without_series(found)


def _without_series(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Without those of many texts that differ in a value each: a log or a list, and no change."""
    alike: dict[int, set[int]] = {}
    for one, other in pairs:
        group = alike.get(one, {one}) | alike.get(other, {other})
        for member in group:
            alike[member] = group
    return [pair for pair in pairs if len(alike[pair[0]]) <= _VALUES_MAX]


def _may_speak_of_one(first: Gist, second: Gist) -> bool:
    shared = len(first.words & second.words)
    least = _SHARED_SHARE * min(len(first.words), len(second.words))
    return shared >= least and (shared > 1 or (shared > 0 and (first.tells or second.tells)))


@lru_cache(maxsize=8_192)
def changed(older: tuple[str, str], newer: tuple[str, str]) -> bool:
    """Whether the newer of two (title, content) texts says otherwise what the older one says."""
    if not (is_terse(older[1]) and is_terse(newer[1])):
        return False
    if not _may_speak_of_one(gist(older[1]), gist(newer[1])):
        return False
    if _any_replaced(claims(older[1]), claims(newer[1])):
        return True
    # "Lives in Paris", of somebody whom only the title names.
    if not any(map(_has_own_title, (older, newer))) or not _share_words(older[0], newer[0]):
        return False
    return _any_replaced(claims(": ".join(older)), claims(": ".join(newer)))


def _has_own_title(text: tuple[str, str]) -> bool:
    """Whether the title is more than how the content begins."""
    title, content = text
    return not content.startswith(title.rstrip("….").strip())


def _share_words(one: str, other: str) -> bool:
    """Whether two titles speak of one thing; that both are numbered notes says nothing."""
    shared = gist(one).words & gist(other).words
    return len(shared) > 1 or any(word not in _NOTES for word in shared)


def _any_replaced(olds: Sequence[Claim], news: Sequence[Claim]) -> bool:
    return any(_replaces(old, new) for new in news for old in olds)


def _replaces(old: Claim, new: Claim) -> bool:
    if old.text == new.text:
        return False
    told = old.changes or new.changes
    if (old.adds or new.adds) and not told:
        return False
    if old.written_close and new.written_close:
        return _close(old, new)
    if not told and differs_in_one_value(old.words, new.words, old.named | new.named):
        return True
    both, common = old.forms & new.forms, old.attributes & new.attributes
    if not both and not common:
        return False
    ours, theirs = _alone(old, both, common), _alone(new, both, common)
    pair = _Pair(old, new, both, common, ours, theirs, told)
    return _is_same_topic(pair) and _differs(pair) and not _are_two_things(pair)


def _alone(claim: Claim, both: frozenset[str], common: frozenset[str]) -> list[Token]:
    paired = common - _VALUES
    return [
        token
        for token in claim.tokens
        if token.form not in both and token.attributes.isdisjoint(paired)
    ]


def _is_same_topic(pair: _Pair) -> bool:
    """Whether enough is shared to speak of one thing."""
    old, new, both = pair.old, pair.new, pair.both
    words = old.subjects & both - _UNITS.keys()
    own = old.own and new.own
    if not words and not (own and pair.common & _PERSONAL):
        return False
    is_more = bool(pair.common) and not pair.common.issubset(
        attribute for token in old.tokens if token.form in words for attribute in token.attributes
    )
    if len(words) + is_more < _SHARED_SHARE * min(len(old.tokens), len(new.tokens)):
        return False
    shared = len(words) + is_more + _HALF * own + _is_left(pair)
    enough = _SHARED_TOLD_MIN if pair.told else _SHARED_MIN
    is_one_of_many = old.many and new.many and not (pair.told or _is_turned(pair))
    if shared >= enough and not is_one_of_many:
        return True
    if shared + 1.0 < enough:
        return False
    typed = _typed(pair)
    return shared + typed >= enough and bool(typed or not is_one_of_many)


def _typed(pair: _Pair) -> float:
    """How much it speaks for one thing that both have a value of one kind; at most 1."""
    ours, theirs = (
        [one for one in tokens if one.kind != "word" or (one.named and not pair.told)]
        for tokens in (pair.ours, pair.theirs)
    )
    return max(
        (
            1.0 if one.kind != "word" and one.behind and one.behind == other.behind else _HALF
            for one in ours
            for other in theirs
            if _comparable(one, other)
        ),
        default=0.0,
    )


def _is_left(pair: _Pair) -> bool:
    """Whether one says what the other's value gave way to: "from Redis to Memcached"."""
    old, new = pair.old, pair.new
    return pair.told and not (new.left.isdisjoint(old.values) and old.left.isdisjoint(new.values))


def _is_turned(pair: _Pair) -> bool:
    """Whether one of the two says no where the other says yes."""
    return (pair.old.negations - pair.new.negations) % 2 == 1


def _are_two_things(pair: _Pair) -> bool:
    """Whether each is about something of its own."""
    ours = [token for token in pair.ours if not token.is_value]
    theirs = [token for token in pair.theirs if not token.is_value]
    if any(_stand_alike(one, other, pair) for one in ours for other in theirs):
        return True
    if _heads_apart(pair):
        return True
    if "owner" in pair.common:
        return False
    if _begin_apart(pair) or _owned_apart(pair):
        return True
    if pair.told:
        return False
    if any(map(_is_subject, ours)) and any(map(_is_subject, theirs)):
        return True
    # "The wifi password" and "the office wifi password", "the rent" and "the rent of the garage".
    if any(_is_subject(token) and token.behind in pair.both for token in (*ours, *theirs)):
        return True
    return _narrowed(pair.old, pair.both) or _narrowed(pair.new, pair.both) or _differ_twice(pair)


def _stand_alike(one: Token, other: Token, pair: _Pair) -> bool:
    """Whether one stands in the other's place: billing service, search service; ticket 1, 2."""
    if one.kind != other.kind or not one.attributes.isdisjoint(other.attributes):
        return False
    if one.kind == "word" and ((one.of and other.of) or (one.left and other.left)):
        return True
    if one.kind == "number":
        return _is_numbered(one, pair.old) and _is_numbered(other, pair.new)
    if one.behind and one.behind == other.behind and one.behind in pair.both:
        is_owner = "owner" in pair.common and any(
            token.attributes for token in pair.old.tokens if token.form == one.behind
        )
        if not is_owner:  # "Bob owns it" and "Carol owns it": who does is the value
            return True
    if not one.before or one.before != other.before or one.before not in pair.both:
        return False
    return one.before == "favourit" or (one.named and other.named)


def _is_numbered(number: Token, claim: Claim) -> bool:
    """Whether it is the number of what the sentence begins with: "Ticket 412: …"."""
    tokens = claim.tokens
    return len(tokens) > 2 and tokens[1] is number and number.before == tokens[0].form


def _begin_apart(pair: _Pair) -> bool:
    """Whether the sentences begin with who or what each of them is about."""
    first, second = pair.old.tokens[0], pair.new.tokens[0]
    if pair.old.own and pair.new.own and any(_is_somebody(t, pair) for t in (first, second)):
        return True
    if any(
        token.kind != "word" or token.is_value or token.form in pair.both
        for token in (first, second)
    ):
        return False
    if not first.attributes.isdisjoint(second.attributes):
        return False
    return (first.mine and second.mine) or not (pair.old.own or pair.new.own)


def _is_somebody(token: Token, pair: _Pair) -> bool:
    """Whether it is somebody or something else than whoever says it: "my wife", and not "I"."""
    return token.mine and token.form not in pair.both and not token.attributes


def _owned_apart(pair: _Pair) -> bool:
    """Whether one is about somebody, and the other about something of theirs: Anna's brother."""
    named = {token.form for token in (*pair.old.tokens, *pair.new.tokens) if token.attributes}
    for owner in {t.form for t in (*pair.old.tokens, *pair.new.tokens) if t.owns} & pair.both:
        behind = {
            token.behind
            for claim in (pair.old, pair.new)
            for token in claim.tokens
            if token.form == owner and token.owns and token.behind
        }
        if len(behind) > 1 or any(form not in pair.both and form not in named for form in behind):
            return True
    return False


def _heads_apart(pair: _Pair) -> bool:
    """Whether other words stand before what both name: phone number and mobile number."""
    before = {
        token.form: _noun_before(token, pair.old) for token in pair.old.tokens if not token.is_value
    }
    for token in pair.new.tokens:
        one = before.get(token.form, "")
        other = "" if token.is_value else _noun_before(token, pair.new)
        if one and other and one != other:
            return True
    return False


def _noun_before(token: Token, claim: Claim) -> str:
    if not token.before:
        return ""
    found = next(one for one in claim.tokens if one.form == token.before)
    return "" if found.predicate or found.kind != "word" or found.owns else found.form


def _narrowed(claim: Claim, both: frozenset[str]) -> bool:
    """Whether a claim says before its value of what, which the other does not."""
    for token in claim.tokens:
        if token.is_value:
            return False
        if token.of and token.form not in both and not token.attributes:
            return True
    return False


def _differ_twice(pair: _Pair) -> bool:
    """Whether there is a second difference beside a number: one in the morning, two at night."""
    kinds = [{t.kind for t in tokens if t.kind != "word"} for tokens in (pair.ours, pair.theirs)]
    return bool(kinds[0] & kinds[1]) and all(
        any(token.is_value and _is_plain(token) and token.form not in _UNITS for token in tokens)
        for tokens in (pair.ours, pair.theirs)
    )


def _is_subject(token: Token) -> bool:
    return token.kind == "word" and not token.attributes and not token.of


def _differs(pair: _Pair) -> bool:
    """Whether each says a value that the other does not."""
    ours, theirs = pair.ours, pair.theirs
    if _is_turned(pair):
        return min(len(ours), len(theirs)) <= 1 and not any(
            _comparable(one, other) for one in ours for other in theirs
        )
    if _is_left(pair):
        return bool(ours or theirs)
    if not theirs:
        return False
    if "owner" in pair.common:
        if pair.told and any(t.form in pair.old.values and not t.is_value for t in pair.new.tokens):
            return True  # "Akira handed it over to Sophie"
        if any(map(_is_plain, ours)) and any(map(_is_plain, theirs)):
            return True
    if any(_comparable(one, other) for one in filter(_may_be_value, ours) for other in theirs):
        return True
    if not pair.told:
        return False
    was = {token.kind for token in ours if token.is_value or token.named}
    is_now = {token.kind for token in theirs if token.is_value or token.named}
    moved = any(token.predicate and "when" in token.attributes for token in pair.new.tokens)
    return bool(was & is_now) or (moved and bool(was and is_now))


def _is_plain(token: Token) -> bool:
    return token.kind == "word" and not token.attributes


def _may_be_value(token: Token) -> bool:
    return token.kind != "word" or token.is_value or not token.attributes.isdisjoint(_VALUES)


def _comparable(one: Token, other: Token) -> bool:
    """Whether both are values of one kind."""
    if one.kind != other.kind:
        return False
    if one.kind == "number":
        units = [token.behind for token in (one, other) if token.behind]
        return len(units) < 2 or units[0] == units[1] or _are_units(*units)
    if one.kind != "word" or one.attributes & other.attributes & _VALUES:
        return True
    alike = not one.attributes.isdisjoint(other.attributes) or not (
        one.attributes or other.attributes
    )
    return one.is_value and other.is_value and alike


def _are_units(one: str, other: str) -> bool:
    return one in _UNITS and _UNITS[one] == _UNITS.get(other)


def _close(old: Claim, new: Claim) -> bool:
    """Of text without blanks: it begins alike, and speaks of one attribute."""
    begin = next(
        (at for at, (x, y) in enumerate(zip(old.text, new.text, strict=False)) if x != y),
        min(len(old.text), len(new.text)),
    )
    if differs_in_one_stretch(old.text, new.text) and not is_close_room(old.text):
        return True
    return begin >= _CLOSE_PREFIX_MIN and not old.attributes.isdisjoint(new.attributes)
