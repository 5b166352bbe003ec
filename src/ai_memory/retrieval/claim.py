"""Claim: what a short text says of something, taken apart so that two can be compared.

A sentence names what it is about (topic) and says something of it (value): in "The standup of the
web team is at 9:30" the standup and the web team are topic, 9:30 is value. Where the one ends and
the other begins is read from small words and verbs (`attribute`), never from a grammar.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from ai_memory import late, limits
from ai_memory.retrieval.attribute import Word, is_said_of_many, known, signs
from ai_memory.retrieval.calendar import DAYS, HOURS, MAYBE_MONTHS, MONTHS, SPANS
from ai_memory.retrieval.script import UNSPACED
from ai_memory.retrieval.stopword import stop_words
from ai_memory.retrieval.words import plain, root

Kind: TypeAlias = Literal["word", "number", "date", "time", "often"]

_SENTENCES_MAX: Final = 2
_WORDS_MAX: Final = 24  # of a text; more of them say more than one thing
_TOKENS_MAX: Final = 9  # of a sentence; a longer one says several things
_TOKEN: Final = late.pattern(
    r"(?P<number>\d+(?:[.,:-]\d+)*(?:st|nd|rd|th|\.(?=\s[^\W\d]))?(?![\w-]))"
    r"|(?P<word>[^\W_]+(?:[-_./@][^\W_]+)*)(?P<own>['’]s\b)?|(?P<stop>[,:=])"
    r"|(?P<dash>(?<=\s)[-–—](?=\s))"
)
_YEAR: Final = late.pattern(r"(?:19|20)\d\d|\d{4}-\d\d-\d\d")
_END: Final = late.pattern(
    r"(?<!\bdr)(?<!\bmr)(?<!\bmrs)[.!?](?=\s|$)"
    rf"(?!\s+(?:{'|'.join(sorted(MONTHS))})\b)|\n|[。！？]"  # "30. September"
)
_REFERS: Final = late.pattern(
    r"\s*(?:it|he|she|they|this|that|er|sie|es|ella|il|elle|lui|lei|ele|ela|hij|zij)\b"
)
_CLOSE: Final = late.pattern(f"[{UNSPACED}]")
# Turns of phrase, each put as one word that `attribute` knows; what of it is looked for first.
_PHRASES: Final = tuple(
    (tuple(hints.split("/")), late.pattern(phrase), f" {word} ")
    for hints, phrase, word in (
        ("n't/n’t/cannot", r"n['’]t\b|\bcannot\b", "not"),
        (
            "longer/mehr/ya no/meer/ mais",
            r"\bno longer\b|\bnicht mehr\b|\bya no\b|\bniet meer\b|\bnao .{1,20} mais\b",
            "nolonger",
        ),
        (
            "days/now/as of/up to/went/more/good/sofort/noch/da ",
            (
                r"\bthese days\b|\bfrom now on\b|\bas of\b|\bup to\b|\bwent (?:up|down|back)\b"
                r"|\bany ?more\b|\bfor good\b|\bab sofort\b|\bnur noch\b|\bda (?=\w+di\b)"
            ),
            "now",
        ),
        (
            " up/ out/ off",
            r"\b(?:gave|given|broke|split) up\b|\b(?:broken?|called) off\b|\bdropped out\b",
            "stopped",
        ),
        ("as well", r"\bas well\b", "also"),
        (
            "used/then/past/last",
            r"\bused to\b|\bback then\b|\bin the past\b|\blast (?:year|month)\b",
            "formerly",
        ),
        (
            "thinking/want/plan/hope",
            r"\bthinking (?:about|of)\b|\b(?:want|plan|hope)s? to\b",
            "maybe",
        ),
    )
)
_HAPPENED: Final = frozenset(
    (
        "ate", "bit", "blew", "broke", "brought", "built", "burnt", "came", "caught", "chose",
        "did", "drank", "drew", "drove", "fed", "fell", "felt", "flew", "forgot", "fought", "found",
        "froze", "gave", "grew", "had", "heard", "held", "hit", "knew", "laid", "led", "lent",
        "lost", "made", "meant", "met", "paid", "ran", "rang", "rode", "rose", "said", "sang",
        "sat", "saw", "sent", "shot", "slept", "spent", "spoke", "stole", "swam", "taught",
        "thought", "threw", "told", "went", "woke", "won", "wore", "wrote",
    )
)  # fmt: skip
_WAS: Final = frozenset(("was", "were", "war", "waren", "era", "eran", "etait", "ero", "erano"))
_IS_WHAT: Final = frozenset(("where", "what", "who", "when"))
_MINE: Final = frozenset(
    (
        "my", "our", "your", "his", "her", "their", "mein", "meine", "unser", "unsere", "mi", "mis",
        "nuestro", "nuestra", "mon", "ma", "mes", "notre", "mio", "nostro", "nostra", "meu",
        "minha", "nosso", "nossa", "mijn", "ons", "onze", "мой", "моя", "наш",
    )
)  # fmt: skip
_NUMBERS: Final = {
    "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
    "seven": "7", "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12",
}  # fmt: skip
_NOTHING: Final = Word(frozenset(), frozenset(), predicate=False)
_VALUE_FOLLOWS: Final = frozenset(("home", "bought"))
"""Of these a verb of change has its value right behind it: moved house, bought a car."""


class Token(msgspec.Struct, gc=False):
    """A word that says something.

    Attributes:
        form: What is compared: a root, a plain number, a date as written.
        is_value: Whether it is said of the topic.
        attributes: Which it may speak of.
        before: The form right before it; empty where something stands between.
        behind: Likewise.
        owns: Whether it is written as an owner: Anna's.
        of: Whether a word like "for" or "of" brings it in.
        left: Whether a word like "from" or "instead of" says that it is so no longer.
        named: Whether it is written like a name, or is a number.
        mine: Whether "my", "her" or the like stands before it.
        predicate: Whether it is a verb that a value or a change follows.
    """

    form: str
    kind: Kind
    is_value: bool
    attributes: frozenset[str] = frozenset()
    before: str = ""
    behind: str = ""
    owns: bool = False
    of: bool = False
    left: bool = False
    named: bool = False
    mine: bool = False
    predicate: bool = False


class Claim(NamedTuple):
    """One sentence.

    Attributes:
        text: In its normal form. `words`: all of it, in order.
        forms: Of all its tokens.
        attributes: Which it may speak of, all tokens together.
        negations: How many.
        changes: Whether it says that something is now otherwise.
        adds: Whether it says that something is so as well.
        subjects: The forms of words that are no predicate and no unit of a number.
        values: Of words that are said of the topic. `left`: of what it says to be so no longer.
        named: Of names and numbers.
        many: Whether its verb leaves room for more than one value.
        own: Whether it is about whoever says it.
        written_close: Whether it has text without blanks.
    """

    text: str
    words: tuple[str, ...]
    tokens: tuple[Token, ...]
    forms: frozenset[str]
    attributes: frozenset[str]
    negations: int
    changes: bool
    adds: bool
    many: bool
    own: bool
    written_close: bool
    subjects: frozenset[str]
    values: frozenset[str]
    left: frozenset[str]
    named: frozenset[str]


def is_terse(text: str) -> bool:
    """Whether a text may state one thing: it is short, and no talk that asks or exclaims."""
    return (
        len(text) <= limits.CLAIM_CHARS_MAX
        and text.count(" ") < _WORDS_MAX
        and "?" not in text
        and "!" not in text
        and "？" not in text
        and "！" not in text
    )


@lru_cache(maxsize=2_048)
def claims(text: str) -> tuple[Claim, ...]:
    """The claims of a text, in order: none of one that is long, and none of talk (`is_terse`).

    What may be, what was and what happened is no claim either, unless it says how it is since.
    """
    if not is_terse(text):
        return ()
    capitals = frozenset(
        plain(word.strip("\"'().,:;!?")) for word in text.split()[1:] if word[0].isupper()
    )
    low = plain(text.replace(" è ", " is "))  # without its accent it is "and"
    for hints, pattern, word in _PHRASES:
        for hint in hints:
            if hint in low:
                low = pattern.sub(word, low)
                break
    found: list[Claim] = []
    at = count = 0
    for end in [*(match.end() for match in _END.finditer(low)), len(low)]:
        if end < len(low) and _REFERS.match(low, end):
            continue  # "Tickets went up. They are 17 euros": both are one claim
        part = low[at:end].strip()
        at = end
        if part:
            count += 1
            claim = _Reader(part, capitals).claim()
            if claim is not None:
                found.append(claim)
        if count > _SENTENCES_MAX:
            return ()
    return tuple(found)


class _Reader:
    """Reads one sentence from left to right."""

    def __init__(self, text: str, capitals: frozenset[str]) -> None:
        self._text = text
        self._capitals = capitals
        self._matches = list(_TOKEN.finditer(text))
        words = [match["word"] for match in self._matches if match["word"]]
        self._known = {name: known(name) or _NOTHING for name in words}
        self._stop = stop_words(words)
        self._is_english = "the" in self._stop
        self._has_predicate = any(
            word.predicate or "be" in word.roles for word in self._known.values()
        )
        self._tokens: list[Token] = []
        self._bound: list[bool] = []  # to the token before it
        self._seen: set[str] = set()  # what words did
        self._negations = 0
        # Where the reader is: behind the predicate, in the value, behind such a word.
        self._begun = self._value = self._of = self._left = self._mine = False
        self._every = self._is_perfect = False
        self._after_be = self._is_flipped = self._is_bound = False

    def claim(self) -> Claim | None:
        """What the sentence says; None: nothing."""
        for match in self._matches:
            kind = match.lastgroup
            if kind == "stop":
                self._is_bound = False
            elif kind == "dash":  # what it is, where no verb says so
                self._turn("-", frozenset(("be",)))
            elif kind in ("word", "own"):
                self._read(match)
            else:
                self._read_number(match.group())
        if not self._tokens or len(self._tokens) > _TOKENS_MAX:
            return None
        tokens = self._neighboured()
        attributes = frozenset[str]().union(*(token.attributes for token in tokens))
        seen = self._seen
        is_close = not self._text.isascii() and _CLOSE.search(self._text) is not None
        if is_close:
            attributes, is_now, is_also = signs(self._text)
            seen |= {"now"} if is_now else set()
            seen |= {"also"} if is_also else set()
        turns = not seen.isdisjoint(("change", "end"))
        changes = turns or "now" in seen
        if "unreal" in seen or ("past" in seen and not changes):
            return None
        if "happened" in seen and not turns:
            return None
        counted = {token.behind for token in tokens if token.kind == "number"}
        words = [token for token in tokens if token.kind == "word"]
        return Claim(
            text=self._text,
            words=tuple(match.group() for match in self._matches if match.lastgroup != "stop"),
            tokens=tokens,
            forms=frozenset(token.form for token in tokens),
            attributes=attributes,
            negations=self._negations,
            changes=changes,
            adds="also" in seen,
            many="many" in seen,
            own="self" in seen,
            written_close=is_close,
            subjects=frozenset(token.form for token in words if not token.predicate) - counted,
            values=frozenset(token.form for token in words if token.is_value and not token.left),
            left=frozenset(token.form for token in words if token.left),
            named=frozenset(token.form for token in tokens if token.named),
        )

    def _read(self, match: re.Match[str]) -> None:
        form: str = match["word"]
        word = self._known[form]
        roles = word.roles
        self._seen |= roles
        self._negations += ("not" in roles) + ("end" in roles)
        if form in HOURS and self._read_time(form, word):
            return
        if self._is_english:
            self._note_past(form, word)
        if self._turn(form, roles):
            return
        was_mine, self._mine = self._mine, form in _MINE or (self._mine and form in self._stop)
        if self._is_english and form in _NUMBERS:
            self._add(_NUMBERS[form], "number")
            return
        if form in ("every", "each", "jeden", "cada", "chaque", "ogni"):
            self._every = True
            return
        if form in self._stop or "self" in roles or (roles and not word.attributes):
            if "change" in roles:
                self._value = False
            self._is_bound = self._is_bound and not roles
            return
        if self._read_time(form, word):
            return
        stem = root(form)
        if is_said_of_many(stem):
            self._seen.add("many")
        self._after_be = False
        self._tokens.append(
            Token(
                stem,
                "word",
                self._value and not word.predicate,
                word.attributes,
                owns=match["own"] is not None,
                of=self._of,
                left=self._left,
                named=form in self._capitals or any(map(str.isdigit, form)),
                mine=was_mine,
                predicate=word.predicate or "change" in roles,
            )
        )
        self._bound.append(self._is_bound)
        self._is_bound = True
        if word.predicate:
            self._begun, self._of = True, False
            self._value = not word.attributes.isdisjoint(_VALUE_FOLLOWS) or not (
                "change" in roles or "owner" in word.attributes
            )

    def _read_number(self, text: str) -> None:
        last = self._tokens[-1] if self._tokens and self._is_bound else None
        if _YEAR.fullmatch(text):
            if last is not None and last.kind == "date":
                last.form = f"{last.form} {text}"
            else:
                self._add(text, "date")
        elif ":" in text:
            self._add(text, "time")
        elif last is not None and last.form in MONTHS:  # "May 4"
            last.form, last.kind, last.named = f"{last.form} {text.rstrip('stndrh.')}", "date", True
            last.attributes = frozenset()
        else:
            self._add(text.rstrip("stndrh.").replace(",", "."), "number")

    def _read_time(self, form: str, word: Word) -> bool:
        """Whether the word is part of a date or a time of day, or says how often."""
        last = self._tokens[-1] if self._tokens and self._is_bound else None
        if form in MONTHS and last is not None and last.kind == "number":
            last.form, last.kind = f"{form} {last.form}", "date"
        elif form in HOURS and last is not None and last.kind == "number":
            last.form, last.kind = f"{last.form} {form}", "time"
        elif (
            form.rstrip("s") in DAYS
            or form in DAYS
            or (form in MONTHS and form not in MAYBE_MONTHS)
        ):
            self._add(form, "date")
        elif "often" in word.attributes:
            self._add(form, "often")
        elif self._every:
            self._add(f"every {form}", "often")
            self._every = False
        else:
            return form in SPANS and not (last is not None and last.kind == "number")
        return True

    def _turn(self, form: str, roles: frozenset[str]) -> bool:
        """Whether the word only says where topic and value are."""
        if "be" in roles:
            if form in _WAS:
                self._seen.add("happened")
            self._is_perfect = form in _WAS or form == "been"
            if not self._is_flipped:
                self._begun = self._value = self._after_be = True
                self._of = self._left = False
        elif self._after_be and form in _IS_WHAT:  # "Notion is where the documents are"
            for token in self._tokens:
                token.is_value = True
            self._value = self._begun = False
            self._is_flipped = True
        elif "topic" in roles:
            if not self._left:  # "instead of"
                self._value, self._of = False, True
        elif "left" in roles:
            self._left, self._value = True, self._begun or not self._has_predicate
            if form != "from":
                self._seen.add("change")
        elif "lead" in roles:
            if self._begun or not self._has_predicate:
                self._value, self._of = True, False
            self._left = False
        else:
            return False
        self._is_bound = False
        return True

    def _note_past(self, form: str, word: Word) -> None:
        """Note an event, or what became so: "we watched it" and "it was published".

        Who writes a diary begins with what was done: "Called the plumber".
        """
        if "light" in word.roles or (self._tokens and (word.attributes or "change" in word.roles)):
            return
        is_verb = len(form) > 4 and form.endswith("ed") and (self._after_be or not self._begun)
        if form in _HAPPENED or is_verb:
            if not self._after_be:
                self._seen.add("happened")
            elif self._is_perfect:  # "was published", and not "is called"
                self._seen.add("change")

    def _add(self, form: str, kind: Kind) -> None:
        self._tokens.append(Token(form, kind, self._value, of=self._of, named=True))
        self._bound.append(self._is_bound)
        self._is_bound = True

    def _neighboured(self) -> tuple[Token, ...]:
        for one, other, is_bound in zip(
            self._tokens, self._tokens[1:], self._bound[1:], strict=False
        ):
            if is_bound:
                one.behind, other.before = other.form, one.form
        return tuple(self._tokens)
