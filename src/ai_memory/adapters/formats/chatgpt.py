"""ChatGPT's data export: `conversations.json`, an array of conversations drawn as trees.

Editing a message or asking again grows a branch; the conversation as its owner last saw it is the
path from `current_node` up to the root. What person and assistant said to each other counts, with
documents of the canvas; system messages, tools and what the assistant writes to tools do not. What
the person told ChatGPT about themselves, and what it noted in its memory, become memories of their
own: each once, though the export repeats them in every conversation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from ai_memory.adapters.formats.conversation import Conversation, Message, records
from ai_memory.adapters.formats.element import elements
from ai_memory.adapters.formats.moment import guess_instant
from ai_memory.adapters.formats.option import Options
from ai_memory.adapters.formats.record import (
    ImportProblem,
    ImportRecord,
    Item,
    numbered,
    part_metadata,
    stable_id,
)
from ai_memory.adapters.formats.source import Source
from ai_memory.adapters.formats.text import excerpt, headline, one_line, pack
from ai_memory.adapters.formats.value import (
    Malformed,
    body_of,
    decode,
    dict_of,
    list_of,
    name_of,
    text_of,
)
from ai_memory.model.clock import Micros

_THOUGHTS: Final = frozenset(("thoughts", "reasoning_recap"))
_PARTS: Final = {
    "image_asset_pointer": "image",
    "audio_asset_pointer": "sound (its transcript is kept)",
    "real_time_user_audio_video_asset_pointer": "sound (its transcript is kept)",
    "video_container_asset_pointer": "video",
}


class _Known(NamedTuple):
    """Something ChatGPT keeps in mind about the person."""

    title: str
    text: str
    at: Micros | None


def read(source: Source, options: Options) -> Iterator[Item]:
    """The memories of a ChatGPT export."""
    told: set[str] = set()
    for element in elements(source):
        if isinstance(element, ImportProblem):
            yield element
        elif isinstance(element.value.get("mapping"), dict):
            conversation = conversation_of(element.value, options)
            yield from records(conversation, origin="chatgpt", line=element.line, options=options)
            yield from _known(element.value, element.line, options, told)
        else:
            yield ImportProblem(
                line=element.line,
                message="not a ChatGPT conversation: mapping is missing",
                excerpt=excerpt(str(element.value)),
            )


def conversation_of(value: dict[str, Any], options: Options) -> Conversation:
    """A conversation from an element of the export."""
    nodes = dict_of(value.get("mapping"))
    name = text_of(value.get("title"))
    place = one_line(name) or "a conversation without a name"
    path = _path(nodes, value)
    messages = [_message(dict_of(node.get("message")), place, options) for node in path]
    seen = {id(node) for node in path}
    abandoned = sum(
        1 for node in nodes.values() if id(node) not in seen and _is_said(dict_of(node))
    )
    if abandoned:
        options.remarks.left_out("message of an abandoned branch", place, abandoned)
    return Conversation(
        id=name_of(value.get("conversation_id")) or name_of(value.get("id")),
        name=name,
        messages=[message for message in messages if message is not None],
        created_at=guess_instant(value.get("create_time")),
        updated_at=guess_instant(value.get("update_time")),
    )


def _path(nodes: dict[str, Any], value: dict[str, Any]) -> list[dict[str, Any]]:
    """The nodes from the root to the current one; a parent met twice ends the climb."""
    current = value.get("current_node")
    if not isinstance(current, str) or current not in nodes:
        current = _latest_leaf(nodes)
    path: list[dict[str, Any]] = []
    seen: set[str] = set()
    while isinstance(current, str) and current in nodes and current not in seen:
        seen.add(current)
        node = dict_of(nodes[current])
        path.append(node)
        current = node.get("parent")
    return path[::-1]


def _latest_leaf(nodes: dict[str, Any]) -> str | None:
    """Where the conversation ends when the export does not say: its newest childless node."""
    leaves = [key for key, node in nodes.items() if not list_of(dict_of(node).get("children"))]
    return max(leaves, key=lambda key: _said_at(dict_of(nodes[key])), default=None)


def _said_at(node: dict[str, Any]) -> int:
    return guess_instant(dict_of(node.get("message")).get("create_time")) or 0


def _is_said(node: dict[str, Any]) -> bool:
    message = dict_of(node.get("message"))
    return dict_of(message.get("author")).get("role") in ("user", "assistant") and bool(
        _text(dict_of(message.get("content")), "", None)
    )


def _message(value: dict[str, Any], place: str, options: Options) -> Message | None:
    role = text_of(dict_of(value.get("author")).get("role"))
    content = dict_of(value.get("content"))
    recipient = text_of(value.get("recipient")) or "all"
    kind = text_of(content.get("content_type"))
    if not role or kind in ("user_editable_context", "model_editable_context"):
        return None
    if role in ("system", "tool") or recipient != "all":
        document = _canvas(recipient, content)
        if document and role == "assistant":
            return Message(role, document, guess_instant(value.get("create_time")))
        if recipient != "bio" and _text(content, "", None):
            options.remarks.left_out(_unsaid(role), place)
        return None
    if kind in _THOUGHTS:
        options.remarks.left_out("thinking of the assistant", place)
        return None
    said = [_text(content, place, options)]
    for file in map(dict_of, list_of(dict_of(value.get("metadata")).get("attachments"))):
        name = one_line(text_of(file.get("name"))) or "unnamed"
        options.remarks.left_out("file without text in the export", f"{name} ({place})")
        said.append(f"[file: {name}]")
    text = "\n".join(filter(None, said))
    return Message(role, text, guess_instant(value.get("create_time"))) if text else None


def _unsaid(role: str) -> str:
    return {"system": "system message", "tool": "result of a tool"}.get(role, "tool call")


def _text(content: dict[str, Any], place: str, options: Options | None) -> str:
    """What a message says: its parts, or the one text of those that have no parts."""
    parts = list_of(content.get("parts"))
    said = [_part(part, place, options) for part in parts] or [
        body_of(content.get("text")) or body_of(content.get("result"))
    ]
    return "\n".join(filter(None, (text.strip("\r\n") for text in said)))


def _part(value: object, place: str, options: Options | None) -> str:
    """The text of one part: what was typed, or the transcript of what was spoken; no images."""
    part = dict_of(value)
    kind = text_of(part.get("content_type"))
    if part and options is not None and kind != "audio_transcription":
        what = _PARTS.get(kind, f"part of type {kind[:40]}")
        if not body_of(part.get("text")):
            options.remarks.left_out(what, place)
    return body_of(part.get("text")) if part else body_of(value)


def _canvas(recipient: str, content: dict[str, Any]) -> str:
    """The document that a canvas was opened with."""
    if recipient != "canmore.create_textdoc":
        return ""
    try:
        given = dict_of(decode(_text(content, "", None).encode("utf-8", "replace")))
    except Malformed:
        return ""
    text = body_of(given.get("content"))
    return f"[canvas: {one_line(text_of(given.get('name'))) or 'unnamed'}]\n{text}" if text else ""


def _known(
    value: dict[str, Any], line: int, options: Options, told: set[str]
) -> Iterator[ImportRecord]:
    """What a conversation shows ChatGPT to know of the person, unless it was told before."""
    begun = guess_instant(value.get("create_time"))
    for node in dict_of(value.get("mapping")).values():
        for known in _known_of(dict_of(dict_of(node).get("message"))):
            ident = stable_id("chatgpt", "known", options.namespace, known.title, known.text)
            if ident in told:
                continue
            told.add(ident)
            parts = pack([known.text])
            for number, part in enumerate(parts, 1):
                yield ImportRecord(
                    line=line,
                    id=ident if number == 1 else stable_id("chatgpt", ident, number),
                    namespace=options.namespace or "chatgpt-export",
                    title=numbered(known.title, number, len(parts)),
                    content=part.text,
                    tags=("chatgpt",),
                    metadata={"mined_from": "chatgpt", **part_metadata(number, len(parts))},
                    created_at=known.at if known.at is not None else begun,
                    updated_at=known.at if known.at is not None else begun,
                )


def _known_of(message: dict[str, Any]) -> Iterator[_Known]:
    content = dict_of(message.get("content"))
    at = guess_instant(message.get("create_time"))
    kind = content.get("content_type")
    if kind == "user_editable_context":
        profile = body_of(content.get("user_profile"))
        if profile:
            yield _Known("About me, as ChatGPT was told", profile, at)
        wishes = body_of(content.get("user_instructions"))
        if wishes:
            yield _Known("How ChatGPT was asked to answer", wishes, at)
    elif kind == "model_editable_context":
        noted = body_of(content.get("model_set_context"))
        if noted:
            yield _Known("What ChatGPT remembers", noted, at)
    elif message.get("recipient") == "bio":
        noted = _text(content, "", None)
        if noted:
            yield _Known(headline(noted), noted, at)
