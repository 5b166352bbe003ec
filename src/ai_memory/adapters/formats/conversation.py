"""A conversation between a person and an assistant, and the memories it becomes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ai_memory.adapters.formats.option import Options
from ai_memory.adapters.formats.record import (
    Empty,
    ImportRecord,
    numbered,
    part_metadata,
    stable_id,
    title_metadata,
)
from ai_memory.adapters.formats.text import headline, one_line, pack
from ai_memory.model.clock import Micros


class Message(NamedTuple):
    """What one side said; `text` is clean and not blank."""

    role: str
    text: str
    at: Micros | None = None


class Conversation(NamedTuple):
    """One conversation, in the order it was held.

    Attributes:
        id: The export's own; empty when it has none.
        name: Its title; empty when nobody named it.
    """

    id: str
    name: str
    messages: Sequence[Message]
    created_at: Micros | None = None
    updated_at: Micros | None = None


def records(
    conversation: Conversation, *, origin: str, line: int, options: Options
) -> Iterator[ImportRecord | Empty]:
    """One memory per conversation, or several in order where it is too long for one.

    An id depends on the text of its part and on the title, not on the number of parts: importing a
    conversation again after it grew adds its tail and finds the rest unchanged.
    """
    messages = conversation.messages
    if not messages:
        yield Empty(line)
        return
    title = one_line(conversation.name) or headline(_opening(messages)) or "Untitled conversation"
    parts = pack([f"[{message.role}]: {message.text}" for message in messages])
    for number, part in enumerate(parts, 1):
        start = conversation.created_at if number == 1 else messages[part.first].at
        end = conversation.updated_at if number == len(parts) else messages[part.last].at
        yield ImportRecord(
            line=line,
            id=stable_id(
                origin,
                conversation.id,
                options.namespace,
                title,
                conversation.created_at,
                number,
                part.text,
            ),
            namespace=options.namespace or f"{origin}-export",
            title=numbered(title, number, len(parts)),
            content=part.text,
            tags=(origin,),
            metadata={
                "mined_from": origin,
                **({"conversation_id": conversation.id} if conversation.id else {}),
                **title_metadata(title),
                **part_metadata(number, len(parts)),
            },
            created_at=start if start is not None else messages[part.first].at,
            updated_at=end if end is not None else messages[part.last].at,
        )


def _opening(messages: Sequence[Message]) -> str:
    """What the person said first; what was said first if the person said nothing."""
    return next((m.text for m in messages if m.role == "user"), messages[0].text)
