"""Every scan of foreign text costs what its length costs, whatever stands in it.

A tenth of a megabyte of each worst case takes some milliseconds where the work is linear, and the
better part of a minute where it grows as the square. Only the processor's time for this thread is
counted, and what is not quick is compared with an eighth of it: a busy machine decides nothing.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from functools import partial

import pytest
from tests.support import spent

from ai_memory.adapters.formats import detect, front_matter, mrkdwn, open_records, wiki
from ai_memory.adapters.formats.encoding import decode_text
from ai_memory.adapters.formats.text import headline, one_line, pack
from ai_memory.errors import ValidationFailed

SMALL, GROWTH = 12_500, 8
GROWTH_MAX = 30  # linear work grows 8 times, quadratic 64 times
QUICK = 0.5  # seconds: so little need not be compared

TEXTS: dict[str, Callable[[int], str]] = {
    "blanks in a heading": lambda n: "# " + " " * n + "x",
    "signs of a heading": lambda n: "#" * n,
    "heading closed": lambda n: "# a" + " #" * (n // 2),
    "opened links": lambda n: "[[" * (n // 2),
    "closed links": lambda n: "]]" * (n // 2),
    "opened then closed": lambda n: "[[" * (n // 4) + "]]" * (n // 4),
    "links": lambda n: "[[a]]" * (n // 5),
    "inline links": lambda n: "](" * (n // 2),
    "inline links closed": lambda n: "[a](" * (n // 5) + ")",
    "relations": lambda n: "## Relations\n" + "- a [[" * (n // 6),
    "comments": lambda n: "## Relations\n- a [[b]] " + "<!--" * (n // 4),
    "tags": lambda n: "#a" * (n // 2),
    "tags apart": lambda n: "# #" * (n // 3),
    "code": lambda n: "`" * n,
    "code apart": lambda n: "a`" * (n // 2),
    "fences": lambda n: "```\n" * (n // 4),
    "front matter that never ends": lambda n: "---\n" + "a: b\n" * (n // 5),
    "fences of front matter": lambda n: "---\n" + "--- x\n" * (n // 6),
    "blanks behind a fence": lambda n: "---\na: b\n---" + " " * n + "x",
    "front matter of brackets": lambda n: "---\na: " + "[" * n + "\n---\n",
    "front matter of braces": lambda n: "---\na: " + "{" * n + "\n---\n",
    "front matter of dashes": lambda n: "---\n" + "- " * (n // 2) + "\n---\n",
    "front matter of questions": lambda n: "---\n" + "? " * (n // 2) + "\n---\n",
    "front matter of quotes": lambda n: '---\na: "' + "\\" * n + "\n---\n",
    "front matter of keys": lambda n: "---\n" + "k: v\n" * (n // 5) + "---\n",
    "front matter of anchors": lambda n: "---\na: " + "&a " * (n // 3) + "\n---\n",
    "front matter of aliases": lambda n: "---\na: &a x\nb: [" + "*a, " * (n // 4) + "]\n---\n",
    "front matter of blanks": lambda n: "---\na:" + " " * n + "b\n---\n",
    "one word": lambda n: "x" * n,
    "blanks": lambda n: " " * n,
    "line breaks": lambda n: "\n" * n,
    "returns": lambda n: "\r" * n,
    "angles": lambda n: "<" * n,
    "references": lambda n: "<@" * (n // 2),
    "entities": lambda n: "&amp;" * (n // 5),
}


def notes(text: str) -> object:
    return list(open_records(io.BytesIO(text.encode()), format="markdown"))


READERS: dict[str, Callable[[str], object]] = {
    "note": notes,
    "slack": lambda text: mrkdwn.text_of_message({"text": text}, mrkdwn.Names({}, {})),
    "title": lambda text: (one_line(text), headline(text), pack([text], 1_000)),
    "outline": wiki.outline,
    "front": lambda text: front_matter.read_front(front_matter.split(text)[0] or text),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", TEXTS)
def test_text(reader: str, name: str) -> None:
    read, made = READERS[reader], TEXTS[name]
    large = spent(partial(read, made(SMALL * GROWTH)))
    if large > QUICK:
        assert large <= GROWTH_MAX * spent(partial(read, made(SMALL))) + QUICK


JSON: dict[str, Callable[[int], bytes]] = {
    "brackets": lambda n: b"[" * n,
    "braces": lambda n: b'{"a":' * (n // 5),
    "quotes": lambda n: b'"' * n,
    "backslashes": lambda n: b'{"' + b"\\" * n,
    "broken objects": lambda n: b"[" + b"{\n" * (n // 2),
    "commas": lambda n: b"[" + b"," * n,
    "digits": lambda n: b'{"content": ' + b"9" * n,
    "lines": lambda n: b"\n" * n,
    "zeros": lambda n: b"\x00" * n,
    "high bytes": lambda n: b"\xff" * n,
    "control characters": lambda n: json.dumps({"content": "\x00" * n}).encode(),
}


def detected(data: bytes) -> object:
    try:
        return detect(data)
    except ValidationFailed:
        return None


@pytest.mark.parametrize("name", JSON)
def test_bytes(name: str) -> None:
    made = JSON[name]
    readers: tuple[Callable[[bytes], object], ...] = (
        detected,
        decode_text,
        lambda data: list(open_records(io.BytesIO(data), format="jsonl")),
    )
    for read in readers:
        large, small = made(SMALL * GROWTH), made(SMALL)
        took = spent(partial(read, large))
        if took > QUICK:
            assert took <= GROWTH_MAX * spent(partial(read, small)) + QUICK
