"""Exact: what signs tell apart that words do not: C and C++, rf and -rf, 1.1 and 1.10.

The keyword index holds words. Behind those of a text it holds these few as tokens of their own,
their signs written as letters that nobody else uses (`encode`): the words stay neighbours, and a
phrase is found as if nothing had been added.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ai_memory import late
from ai_memory.retrieval.character import SIGN_BASE

# Each begins with a sign or a digit: prose has few of them, and `re` looks for those first.
_ENDING: Final = late.pattern(r"\+\+|[+#](?![^\W_]|[+#])")  # C++, C#, A+
_BEGINNING: Final = late.pattern(r"[@#$]\w{1,64}")  # @user, #tag, $HOME
_DOTTED: Final = late.pattern(r"\.(?<!\.\.)[^\W\d_]\w{1,31}")  # .NET, node.js, nginx.conf
_FLAG: Final = late.pattern(r"-(?<![\w-]-)-?[^\W_][\w-]{0,63}")  # --no-verify, -rf, -5
_NUMBER: Final = late.pattern(r"[0-9]{1,9}(?:\.[0-9]{1,9}){1,7}")  # 1.10, v1.2.3
_DOT_DIGIT: Final = late.pattern(r"\.[0-9]")
_RUN: Final = late.pattern(r"[-=<>!&|+*/%]{2,}")
_RUNNING: Final = bytes(ord("!" if chr(byte) in "-=<>!&|+*/%" else " ") for byte in range(256))
_OPERATORS: Final = frozenset({
    "->", "=>", "<-", "<=", ">=", "==", "!=", "===", "!==", "&&", "||", "|>", "<>", "+=", "-=",
    "*=", "/=", "<<", ">>", "++",
})  # fmt: skip
_SIGN: Final = late.pattern(r"[!-/:-@\[-`{-~]")
_LETTERS: Final = {
    code: chr(SIGN_BASE + code) for code in range(33, 127) if not chr(code).isalnum()
}
_END: Final = chr(SIGN_BASE)  # so no stemmer cuts what stands before it
_WORD_CHARS_MAX: Final = 32


class Exact(NamedTuple):
    """One exact thing in a text.

    Attributes:
        start: Its place, in characters.
        end: Where it is over.
        text: What it is.
        inside: Whether it is the ending of a dotted name, which the name's words find too.
    """

    start: int
    end: int
    text: str
    inside: bool = False


def exact_things(text: str) -> list[Exact]:
    """The exact things of a bare text, by place."""
    found: list[Exact] = []
    if "." in text:
        for match in _DOTTED.finditer(text):
            start = match.start()
            inside = start > 0 and text[start - 1].isalnum()
            found.append(Exact(start, match.end(), match.group(), inside))
        if _DOT_DIGIT.search(text):
            found += (Exact(*match.span(), match.group()) for match in _NUMBER.finditer(text))
    if "-" in text:
        found += (Exact(*match.span(), match.group()) for match in _FLAG.finditer(text))
    if "+" in text or "#" in text:
        for match in _ENDING.finditer(text):
            start = _word_before(text, match.start())
            if start < match.start():
                found.append(Exact(start, match.end(), text[start : match.end()]))
    if "#" in text or "@" in text or "$" in text:
        found += (Exact(*match.span(), match.group()) for match in _BEGINNING.finditer(text))
    if b"!!" in text.encode().translate(_RUNNING):
        for match in _RUN.finditer(text):
            if match.group() in _OPERATORS and not _ends_word(text, match.start(), match.group()):
                found.append(Exact(*match.span(), match.group()))
    return sorted(found)


def index_tokens(text: str) -> list[str]:
    """The exact things of a bare text as the index holds them: a version also as its beginnings."""
    found: dict[str, None] = {}
    for one in exact_things(text):
        found[encode(one.text)] = None
        if one.text[0].isdigit() and one.text.count(".") > 1:
            parts = one.text.split(".")
            for count in range(2, len(parts)):
                found[encode(".".join(parts[:count]))] = None
    return list(found)


def is_exact(word: str) -> bool:
    """Whether a word of a question is an exact thing: only those have signs."""
    return _SIGN.search(word) is not None


def encode(word: str) -> str:
    """An exact thing as one token of the index."""
    return word.translate(_LETTERS) + _END


def boundaries(word: str) -> str:
    """The pattern that finds an exact thing in a bare text, and no longer one."""
    from re import escape

    first, last = word[0], word[-1]
    before = r"(?<![^\W_])" if first.isalnum() else f"(?<!{escape(first)})"
    if first.isdigit():
        before = r"(?<![0-9.])"
    after = r"(?![^\W_])" if last.isalnum() else f"(?!{escape(last)})"
    return before + escape(word) + after


def _word_before(text: str, end: int) -> int:
    """Where the word begins that ends here."""
    start = end
    while start > 0 and end - start < _WORD_CHARS_MAX and text[start - 1].isalnum():
        start -= 1
    return start


def _ends_word(text: str, start: int, run: str) -> bool:
    """Whether `++` belongs to a word: C++."""
    return run == "++" and start > 0 and text[start - 1].isalnum()
