"""Which format is this? Told by content; a file's ending only where content does not tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from ai_memory.adapters.formats.text import excerpt
from ai_memory.errors import ValidationFailed

DESCRIPTIONS: Final = {
    "ai-memory": "what `ai-memory export` writes, taken in as it stands",
    "reference-db": "the database file of the reference implementation, schema 18 to 28",
    "jsonl": "memories as JSON: one object on each line, an array, or an export {memories, links}",
    "claude": "a Claude export: the ZIP, its folder, or one of its files",
    "chatgpt": "a ChatGPT export: the ZIP, its folder, or its conversations.json",
    "slack": "a Slack export: the ZIP or its folder",
    "mem0": "memories of mem0",
    "mcp-memory": "the memory file of the MCP reference server: entities and relations",
    "markdown": "Markdown notes: one, a folder or a ZIP (Obsidian, basic-memory, our export)",
    "text": "a plain text file: one memory, or several parts where it is long",
    "locomo": "LoCoMo or REALTALK dialogues",
    "xquad": "SQuAD-format paragraphs and questions",
    "beir": "corpus.jsonl of a BEIR collection",
    "cases": "memories and questions, to measure retrieval with",
    "trec": "Cranfield markup (.I .T .A .B .W), or the same as XML",
}
"""Every format by its name."""

_MEM0: Final = frozenset(("hash", "user_id", "run_id", "app_id"))
_SQLITE: Final = b"SQLite format 3\x00"
_TREC_XML: Final = re.compile(rb"(?:<[?x][^>]*>\s*|<docs>\s*)*<doc>\s*<docno>", re.IGNORECASE)
_BLANK: Final = b" \t\r\n"
_STARTS_MAX: Final = 16  # broken lines before the first good one
_LINE_ENDINGS: Final = (".jsonl", ".ndjson")
_TOKEN: Final = re.compile(rb'"((?:[^"\\]|\\.?)*+)(?:"(\s*:)?)?|[\[\]{}]', re.DOTALL)
_SESSION: Final = re.compile(r"session_\d+(_date_time)?")
_ARCHIVES: Final = {
    b"PK\x03\x04": "Unpack this ZIP archive first, and import the folder.",
    b"\x1f\x8b": "Unpack this gzip file first, for example `gunzip -c FILE | ai-memory import -`.",
}
ZIP_MAGIC: Final = (b"PK\x03\x04", b"PK\x05\x06")
NOTE_ENDINGS: Final = (".md", ".markdown", ".mdown", ".mkd")
TEXT_ENDINGS: Final = (".txt", ".text", ".rst", ".org", ".adoc", ".log")


class Keys(NamedTuple):
    """The object keys seen at the start of a JSON input.

    Attributes:
        first: Of the first object.
        nested: Of objects within it.
    """

    first: set[str]
    nested: set[str]


def detect(head: bytes, name: str = "") -> str:
    """Name the format of an input.

    Args:
        head: How it begins, a few KiB or all of it.
        name: The file's name; empty for a stream.

    Raises:
        ValidationFailed: Nothing known looks like this; the hint lists what is known.
    """
    if head.startswith(_SQLITE):
        return "reference-db"
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip(_BLANK)
    if head and name.lower().endswith(NOTE_ENDINGS):
        return "markdown"
    if re.fullmatch(rb"(\[\s*\]\s*)?", head):
        return "jsonl"  # nothing to import is no error
    if re.match(rb"\.I[ \t]+\S", head) or _TREC_XML.match(head):
        return "trec"
    found = _by_keys(_keys(head))
    if found is not None:
        return found
    if name.lower().endswith(_LINE_ENDINGS) and not head.startswith(tuple(_ARCHIVES)):
        return "jsonl"  # each unreadable line is a problem of its own
    if name.lower().endswith(TEXT_ENDINGS) and b"\x00" not in head:
        return "text"
    raise ValidationFailed(
        f"{name or 'the input'} has no format known here; it begins: {excerpt(head)}",
        hint=_hint(head),
        field="format",
    )


def known_formats() -> str:
    """The formats for a hint: names and what they are."""
    return "; ".join(f"{name} ({what})" for name, what in DESCRIPTIONS.items())


def _hint(head: bytes) -> str:
    for magic, advice in _ARCHIVES.items():
        if head.startswith(magic):
            return advice
    return f"Name it with --format: {known_formats()}."


def _by_keys(keys: Keys) -> str | None:
    first, nested = keys
    rules = (
        ("ai-memory", {"format", "exported_at", "records"} <= first),
        ("claude", "chat_messages" in first),
        ("chatgpt", "mapping" in first),
        ("locomo", any(map(_SESSION.fullmatch, first))),
        ("locomo", "conversation" in first and any(map(_SESSION.fullmatch, nested))),
        ("locomo", "qa" in first and {"question", "evidence"} <= nested),
        ("xquad", "paragraphs" in first or ("data" in first and "paragraphs" in nested)),
        ("beir", {"_id", "text"} <= first),
        ("cases", "memories" in first and {"unit", "content"} <= nested),
        ("cases", {"include", "memories"} <= first),
        ("claude", "conversations_memory" in first or {"docs", "prompt_template"} <= first),
        ("mcp-memory", {"name", "entityType"} <= first or {"relationType", "from"} <= first),
        ("mcp-memory", "entities" in first and "relations" in first),
        ("mem0", "memory" in first and not first.isdisjoint(_MEM0) and "content" not in first),
        (
            "mem0",
            not first.isdisjoint(("results", "memories", "data"))
            and "memory" in nested
            and "content" not in nested
            and not nested.isdisjoint(_MEM0),
        ),
        ("jsonl", not first.isdisjoint(("memories", "memory", "content"))),
        ("jsonl", {"count", "exported_at"} <= first),
    )
    return next((name for name, fits in rules if fits), None)


def _keys(head: bytes) -> Keys:
    """Collect keys, of an object whole or cut off; lines before the first are passed over."""
    keys = Keys(set(), set())
    for start in _starts(head):
        depth = 0
        for token in _TOKEN.finditer(head, start):
            symbol = head[token.start() : token.start() + 1]
            if symbol in b"{[":
                depth += symbol == b"{"
            elif symbol in b"}]":
                depth -= symbol == b"}"
                if depth == 0 and symbol == b"}":
                    break
            elif token[2] is not None:
                (keys.first if depth == 1 else keys.nested).add(token[1].decode("utf-8", "replace"))
        if keys.first:
            return keys
    return keys


def _starts(head: bytes) -> Iterator[int]:
    """Where a first object may begin: at the first line that begins like one, or at a later one."""
    for line in islice(re.finditer(rb"^[ \t]*[\[{]", head, re.MULTILINE), _STARTS_MAX):
        yield line.start()
