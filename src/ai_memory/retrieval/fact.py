"""Facts: whether one text says what another says, where most of their words are the same.

Vectors and shared words tell what two texts are about, not whether they agree: "port 8080" and
"port 8081", "is enabled" and "is not enabled" are nearly the same to both. Here is the one rule for
when alike texts may be taken for the same fact: the same numbers, the same names, the same
negations, and no word that stands in the place of another. In doubt they are different.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from ai_memory import late
from ai_memory.retrieval.stopword import stop_words
from ai_memory.retrieval.words import root


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SENTENCES_MAX: Final = 48  # of a text, from its beginning; more is compared as a whole
_TOKENS_MAX: Final = 160  # of a sentence
_ALIKE_FROM: Final = 0.5  # so much in common, and a word in another's place is another fact
_SHORT: Final = 6  # tokens: one word makes much of such a sentence
_SHORT_ALIKE_FROM: Final = 0.25
_STEM_SHARE: Final = 0.75  # of the longer word: enabled and enables are one word
_STEM_MIN: Final = 4

_SENTENCE: Final = late.pattern(r"(?<=[.!?…؟۔।])\s+|(?<=[。！？])|\n+")
_HAN_NUMBER: Final = "〇零一二三四五六七八九十百千万萬億亿两兩"
_TOKEN: Final = late.pattern(
    rf"(?P<number>(?<!\w)[-−+]?\d+(?:[.,:/'-]\d+)*(?![^\W_]*_))|(?P<han>[{_HAN_NUMBER}]+)"
    r"|(?P<code>(?<![\w-])--?[^\W\d_][\w-]*|[A-Za-z0-9]+(?:[._/@][A-Za-z0-9]+)+)"
    r"|(?P<one>[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\uac00-\ud7af])"
    r"|(?P<word>[^\W_]+(?:['’][^\W_]+)*)|(?P<sign>[%‰$€£¥₹₽₩₺°±≤≥<>=≠])"
)
_THOUSANDS: Final = late.pattern(r"\d{1,3}(?:,\d{3})+")
_UNITS: Final = _words(
    """
    ns us µs ms s sec secs min mins h hr hrs d b kb mb gb tb pb kib mib gib tib kbit mbit gbit k m
    mg g kg t lb lbs oz mm cm dm km mi ft yd ml l hz khz mhz ghz v mv kv w kw mw gw kwh a ma mah c
    f px pt em rem usd eur gbp chf jpy cny inr am pm
    """
)
_UNIT: Final = late.pattern(r"(\d+)([^\W\d_]{1,3})")
_NEGATORS: Final = _words(
    """
    not no never none nor neither without cannot nothing nobody nowhere except unless hardly
    nicht kein keine keinen keinem keiner keines nie niemals ohne weder nichts niemand
    pas jamais sans aucun aucune rien nunca jamas jamás sin ningun ningún ninguna ninguno tampoco
    não nao sem nenhum nenhuma mai senza nessun nessuno nessuna non niente niet geen nooit zonder
    inte aldrig utan ingen inget ikke aldri uten aldrig uden ei eivät koskaan ilman nie bez nigdy
    nu fără nici nem soha nélkül ne nikdy nikada nikoli değil yok hayır hiç asla olmadan tidak
    bukan tanpa jangan không chưa chẳng đừng не нет никогда без ни нельзя ані ніколи няма никога
    δεν δε μη μην ποτέ χωρίς لا ليس ليست لم لن غير بدون ما לא אין בלי אף מעולם नहीं मत न बिना
    না নয় নেই இல்லை ไม่ ไม่ใช่ 不 没 沒 無 无 非 未 别 別 否 안 못 않 없
    """
)
_SHORTENED: Final = {"can't": "can", "won't": "will", "shan't": "shall", "cannot": "can"}
_TELLING: Final = _words(
    """
    before after with without on off up down in out over under above below to from all none some
    more less most least first last min max must may can should only yes true false
    vor nach mit auf unter uber über von zu alle nur avant apres après avec sur sous tous antes
    despues después con desde hasta todos prima dopo su giu depois voor na met op
    """
)
"""Stop words that change what a sentence says when they stand in each other's place."""


class _Sentence(NamedTuple):
    """A sentence, as it is compared.

    Attributes:
        tokens: In order, case folded.
        bag: The words without stop words, as roots.
        numbers: In order. `names`: what is written like a name, in order.
    """

    tokens: tuple[str, ...]
    bag: frozenset[str]
    numbers: tuple[str, ...]
    names: tuple[str, ...]
    negations: int


class Facts(NamedTuple):
    """What of a text is compared.

    Attributes:
        telling: All words, numbers and names. `rest`: numbers and names behind the bound.
    """

    title: _Sentence
    sentences: tuple[_Sentence, ...]
    telling: frozenset[str]
    rest: frozenset[str]


def facts_of(title: str, content: str) -> Facts:
    """Read a text once, to compare it with many.

    Args:
        title: It names what the content is about; its own words are a matter of taste, its numbers
            and names are not.
        content: May be long: of what is behind the bound only numbers and names count.
    """
    parts = sentences(content)
    read = tuple(_read(part) for part in parts[:_SENTENCES_MAX])
    heading = _read(title)
    rest = telling_marks("\n".join(parts[_SENTENCES_MAX:]))
    telling = rest.union(*((*one.numbers, *one.names, *one.tokens) for one in (heading, *read)))
    return Facts(heading, read, telling, rest)


def sentences(text: str) -> list[str]:
    """The sentences and lines of a text, those that say something."""
    return [part for part in _SENTENCE.split(text) if part.strip()]


def telling_marks(text: str) -> frozenset[str]:
    """The numbers and names of a text: what a summary must not lose."""
    found: set[str] = set()
    for part in _SENTENCE.split(text):
        one = _read(part, tokens_max=len(part))
        found.update(one.numbers, one.names)
    return frozenset(found)


def covers(stored: Facts, text: Facts) -> bool:
    """Whether a stored text says all that a text says; what more it says does not matter.

    Sentence by sentence: each is held against the most similar one of the stored text.
    """
    marks = (*text.title.numbers, *text.title.names, *text.rest)
    return stored.telling.issuperset(marks) and all(
        _said(sentence, stored) for sentence in text.sentences
    )


def agree(one: Facts, other: Facts) -> bool:
    """Whether two texts say the same: each all that the other says."""
    return covers(one, other) and covers(other, one)


def _said(sentence: _Sentence, stored: Facts) -> bool:
    if any(mark not in stored.telling for mark in (*sentence.numbers, *sentence.names)):
        return False
    share, nearest = 0.0, None
    for other in stored.sentences:
        both = len(sentence.bag) + len(other.bag)
        common = 2 * len(sentence.bag & other.bag) / both if both else 1.0
        if sentence.tokens == other.tokens:
            return True
        if nearest is None or common > share:
            share, nearest = common, other
    if nearest is None:
        return not sentence.tokens
    short = len(sentence.tokens) <= _SHORT
    if share < (_SHORT_ALIKE_FROM if short else _ALIKE_FROM):
        return bool(sentence.negations) == bool(nearest.negations)
    return (
        sentence.negations == nearest.negations
        and _in_order(sentence.numbers, nearest.numbers)
        and _in_order(*_called(sentence, nearest))
        and not _exchanged(sentence.tokens, nearest.tokens)
    )


def _called(one: _Sentence, other: _Sentence) -> tuple[list[str], list[str]]:
    """The names of both in either: at its beginning a sentence does not show that one is."""
    names = {*one.names, *other.names}
    return [w for w in one.tokens if w in names], [w for w in other.tokens if w in names]


def _in_order(wanted: Sequence[str], there: Sequence[str]) -> bool:
    """Whether marks that both have come in one order: from A to B is not from B to A."""
    shared = Counter(wanted) & Counter(there)
    return [mark for mark in wanted if mark in shared] == [
        mark for mark in there if mark in shared
    ] or shared != Counter(wanted)


def _exchanged(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether a word of one text stands where the other has another word."""
    from difflib import SequenceMatcher  # a cold call has no use for it

    # "on Monday at ten" and "at ten on Monday": what both have is no exchange.
    spare_one, spare_other = Counter(one) - Counter(other), Counter(other) - Counter(one)
    stop = stop_words([*one, *other])
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind != "replace":
            continue
        left = [word for word in one[a:b] if word in spare_one]
        right = [word for word in other[c:d] if word in spare_other]
        ours = [w for w in left if _counts(w, stop) and not any(_kin(w, v) for v in right)]
        theirs = [w for w in right if _counts(w, stop) and not any(_kin(w, v) for v in left)]
        if ours and theirs:
            return True
    return bool(_turns(one, stop) & {turn[::-1] for turn in _turns(other, stop)})


def _turns(tokens: Sequence[str], stop: frozenset[str]) -> set[tuple[str, str, str]]:
    """Each word that counts between its neighbours: "a over b" is turned round in "b over a"."""
    words = [word for word in tokens if _counts(word, stop)]
    return {
        (before, word, behind)
        for before, word, behind in zip(words, words[1:], words[2:], strict=False)
        if before != behind
    }


def _counts(word: str, stop: frozenset[str]) -> bool:
    return word in _TELLING or word in _NEGATORS or word not in stop


def _kin(one: str, other: str) -> bool:
    """Whether two words are forms of one."""
    if one == other or root(one) == root(other):
        return True
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < _STEM_MIN or any(char.isdigit() for char in one + other):
        return False
    common = next(
        (at for at, (x, y) in enumerate(zip(shorter, longer, strict=False)) if x != y), len(shorter)
    )
    return common >= _STEM_SHARE * len(longer)


def _read(text: str, tokens_max: int = _TOKENS_MAX) -> _Sentence:
    tokens: list[str] = []
    numbers: list[str] = []
    names: list[str] = []
    negations = 0
    was_number = False
    for found in _TOKEN.finditer(_composed(text)):
        if len(tokens) >= tokens_max:
            break
        kind, word = found.lastgroup, found.group()
        low = word.casefold().replace("’", "'")
        if kind == "number":
            low = _plain_number(word)
            numbers.append(low)
        elif kind in ("han", "sign") or (low in _UNITS and was_number):
            numbers.append(low)
        elif kind == "code":
            names.append(low)
        elif any(char.isdigit() for char in word):
            # 10ms is ten of something; v2 and B12 are names.
            amount = _UNIT.fullmatch(low)
            numbers += [_plain_number(amount[1]), amount[2]] if amount else [low]
        elif low in _NEGATORS or low.endswith("n't"):
            negations += 1
            if low.endswith(("n't", "nnot")):  # doesn't is does not
                tokens.append(_SHORTENED.get(low, low[:-3]))
                low = "not"
        elif _is_name(word, is_first=not tokens):
            names.append(low)
        was_number = kind == "number"
        tokens.append(low)
    stop = stop_words(tokens)
    bag = frozenset(root(token) for token in tokens if token not in stop)
    return _Sentence(tuple(tokens), bag, tuple(numbers), tuple(names), negations)


def _is_name(word: str, *, is_first: bool) -> bool:
    """Capitals at the beginning of a sentence say nothing; inside a word they always do."""
    return any(char.isupper() for char in (word[1:] if is_first else word)) and len(word) > 1


@lru_cache(maxsize=4_096)
def _plain_number(text: str) -> str:
    """In ASCII digits, without separators of thousands and leading zeros."""
    digits = "".join(
        str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text
    ).replace("−", "-")
    if _THOUSANDS.fullmatch(digits.lstrip("+-")):
        digits = digits.replace(",", "")
    parts: list[str] = []
    run = ""
    for char in digits.lstrip("+") + " ":
        if char.isdigit():
            run += char
            continue
        if run:
            parts.append(run.lstrip("0") or "0")
            run = ""
        parts.append(char)
    return "".join(parts).strip()


def _composed(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKC", text)
