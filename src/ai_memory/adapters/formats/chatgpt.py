"""ChatGPT's data export: `conversations.json`, an array of conversations drawn as trees.

Editing a message or asking again grows a branch; the conversation as its owner last saw it is the
path from `current_node` up to the root. What person and assistant said to each other counts; system
messages, tools and what the assistant writes to tools do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ai_memory.adapters.formats.conversation import Conversation, Message, records
from ai_memory.adapters.formats.element import elements
from ai_memory.adapters.formats.moment import guess_instant
from ai_memory.adapters.formats.option import Options
from ai_memory.adapters.formats.record import ImportProblem, Item
from ai_memory.adapters.formats.source import Source
from ai_memory.adapters.formats.text import excerpt
from ai_memory.adapters.formats.value import dict_of, list_of, name_of, text_of


def read(source: Source, options: Options) -> Iterator[Item]:
    """The memories of a ChatGPT export."""
    for element in elements(source):
        if isinstance(element, ImportProblem):
            yield element
        elif isinstance(element.value.get("mapping"), dict):
            conversation = conversation_of(element.value)
            yield from records(conversation, origin="chatgpt", line=element.line, options=options)
        else:
            yield ImportProblem(
                line=element.line,
                message="not a ChatGPT conversation: mapping is missing",
                excerpt=excerpt(str(element.value)),
            )


def conversation_of(value: dict[str, Any]) -> Conversation:
    """A conversation from an element of the export."""
    nodes = dict_of(value.get("mapping"))
    messages = (_message(dict_of(node.get("message"))) for node in _path(nodes, value))
    return Conversation(
        id=name_of(value.get("conversation_id")) or name_of(value.get("id")),
        name=text_of(value.get("title")),
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


def _message(value: dict[str, Any]) -> Message | None:
    role = text_of(dict_of(value.get("author")).get("role"))
    recipient = value.get("recipient")
    if role in ("", "system", "tool") or recipient not in (None, "all"):
        return None
    parts = list_of(dict_of(value.get("content")).get("parts"))
    text = "\n".join(filter(None, map(_part, parts)))
    return Message(role, text, guess_instant(value.get("create_time"))) if text else None


def _part(value: object) -> str:
    """The text of one part: what was typed, or the transcript of what was spoken; no images."""
    part = dict_of(value)
    if part.get("content_type") == "audio_transcription":
        return text_of(part.get("text"))
    return text_of(value)
