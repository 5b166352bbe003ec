"""Claude's data export: `conversations.json`, an array of conversations, or one on each line.

A message's text is that of its content blocks of type `text`; its flat `text` counts only without
them, since there the export mixes in placeholders for what it cannot show. Text a person attached
or pasted (`extracted_content`) is part of what they said. Thinking and tool calls are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ai_memory.adapters.formats import chatgpt
from ai_memory.adapters.formats.conversation import Conversation, Message, records
from ai_memory.adapters.formats.element import elements
from ai_memory.adapters.formats.moment import guess_instant
from ai_memory.adapters.formats.option import Options
from ai_memory.adapters.formats.record import ImportProblem, Item
from ai_memory.adapters.formats.source import Source
from ai_memory.adapters.formats.text import excerpt
from ai_memory.adapters.formats.value import dict_of, list_of, name_of, text_of

_ROLES: Final = {"human": "user"}


def read(source: Source, options: Options) -> Iterator[Item]:
    """The memories of a Claude export."""
    for element in elements(source):
        if isinstance(element, ImportProblem):
            yield element
        elif isinstance(element.value.get("chat_messages"), list):
            conversation = conversation_of(element.value)
            yield from records(conversation, origin="claude", line=element.line, options=options)
        elif isinstance(element.value.get("mapping"), dict):  # some exports draw trees, too
            conversation = chatgpt.conversation_of(element.value)
            yield from records(conversation, origin="claude", line=element.line, options=options)
        else:
            yield ImportProblem(
                line=element.line,
                message="not a Claude conversation: chat_messages is missing",
                excerpt=excerpt(str(element.value)),
            )


def conversation_of(value: dict[str, Any]) -> Conversation:
    """A conversation from an element of the export."""
    messages = (_message(dict_of(item)) for item in list_of(value.get("chat_messages")))
    return Conversation(
        id=name_of(value.get("uuid")),
        name=text_of(value.get("name")),
        messages=[message for message in messages if message.text],
        created_at=guess_instant(value.get("created_at")),
        updated_at=guess_instant(value.get("updated_at")),
    )


def _message(value: dict[str, Any]) -> Message:
    blocks = [dict_of(block) for block in list_of(value.get("content"))]
    said = [text_of(block.get("text")) for block in blocks if block.get("type") == "text"]
    text = "\n".join(filter(None, said)) or text_of(value.get("text"))
    sender = text_of(value.get("sender"))
    return Message(
        role=_ROLES.get(sender, sender) or "unknown",
        text="\n".join(filter(None, (text, *_attachments(value)))),
        at=guess_instant(value.get("created_at")),
    )


def _attachments(value: dict[str, Any]) -> Iterator[str]:
    for attachment in map(dict_of, list_of(value.get("attachments"))):
        content = text_of(attachment.get("extracted_content"))
        if content:
            yield f"[attachment: {text_of(attachment.get('file_name')) or 'unnamed'}]\n{content}"
