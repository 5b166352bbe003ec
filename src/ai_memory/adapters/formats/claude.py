"""Claude's data export: conversations, projects with their documents, and what Claude remembers.

A message's text is that of its content blocks of type `text`; its flat `text` counts only without
them, since there the export mixes in placeholders for what it cannot show. Text a person attached
or pasted (`extracted_content`) is part of what they said, and so is the document that an artifact
holds. Thinking, other tool calls and files whose text the export lacks are left out, and said.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ai_memory.adapters.formats import chatgpt
from ai_memory.adapters.formats.conversation import Conversation, Message, records
from ai_memory.adapters.formats.element import elements
from ai_memory.adapters.formats.moment import guess_instant
from ai_memory.adapters.formats.option import Options
from ai_memory.adapters.formats.record import (
    Empty,
    ImportLink,
    ImportProblem,
    ImportRecord,
    Item,
    numbered,
    part_metadata,
    stable_id,
    title_metadata,
)
from ai_memory.adapters.formats.source import Source
from ai_memory.adapters.formats.text import excerpt, one_line, pack
from ai_memory.adapters.formats.value import body_of, dict_of, list_of, name_of, text_of

_ROLES: Final = {"human": "user"}
_LEFT_OUT: Final = {
    "thinking": "thinking of the assistant",
    "redacted_thinking": "thinking of the assistant",
    "tool_use": "tool call",
    "tool_result": "result of a tool",
    "image": "image",
    "document": "document",
}
_UNUSED: Final = "message of an abandoned branch"


def read(source: Source, options: Options) -> Iterator[Item]:
    """The memories of a Claude export, or of one of its files."""
    for element in elements(source):
        if isinstance(element, ImportProblem):
            yield element
            continue
        line, value = element
        if isinstance(value.get("chat_messages"), list):
            conversation = conversation_of(value, options)
            yield from records(conversation, origin="claude", line=line, options=options)
        elif isinstance(value.get("mapping"), dict):  # some exports draw trees, too
            conversation = chatgpt.conversation_of(value, options)
            yield from records(conversation, origin="claude", line=line, options=options)
        elif "conversations_memory" in value or "project_memories" in value:
            yield from _remembered(value, line, options)
        elif "docs" in value or "prompt_template" in value:
            yield from _project(value, line, options)
        else:
            yield ImportProblem(
                line=line,
                message="not a Claude conversation: chat_messages is missing",
                excerpt=excerpt(str(value)),
            )


def conversation_of(value: dict[str, Any], options: Options) -> Conversation:
    """A conversation from an element of the export."""
    name = text_of(value.get("name"))
    place = one_line(name) or "a conversation without a name"
    held = _held(value, place, options)
    messages = [_message(item, place, options) for item in held]
    return Conversation(
        id=name_of(value.get("uuid")),
        name=name,
        messages=[message for message in messages if message.text],
        created_at=guess_instant(value.get("created_at")),
        updated_at=guess_instant(value.get("updated_at")),
    )


def _held(value: dict[str, Any], place: str, options: Options) -> list[dict[str, Any]]:
    """The messages as they were held: of a tree, the path to the leaf that was last seen."""
    messages = [dict_of(item) for item in list_of(value.get("chat_messages"))]
    leaf = name_of(value.get("current_leaf_message_uuid"))
    known = {name_of(message.get("uuid")): message for message in messages}
    path: list[dict[str, Any]] = []
    seen: set[str] = set()
    while leaf and leaf in known and leaf not in seen:
        seen.add(leaf)
        path.append(known[leaf])
        leaf = name_of(known[leaf].get("parent_message_uuid"))
    if not path:
        return messages
    abandoned = len(messages) - len(path)
    if abandoned:
        options.remarks.left_out(_UNUSED, place, abandoned)
    return path[::-1]


def _message(value: dict[str, Any], place: str, options: Options) -> Message:
    said: list[str] = []
    for block in map(dict_of, list_of(value.get("content"))):
        kind = text_of(block.get("type"))
        text = body_of(block.get("text")) if kind in ("text", "voice_note") else ""
        text = text or _artifact(block)
        if text:
            said.append(text)
        elif kind not in ("text", "token_budget", "flag"):
            options.remarks.left_out(_LEFT_OUT.get(kind, f"block of type {kind[:40]}"), place)
    if not said:
        said.append(body_of(value.get("text")))
    attached = [*_attachments(value, place, options)]
    sender = text_of(value.get("sender"))
    return Message(
        role=_ROLES.get(sender, sender) or "unknown",
        text="\n".join(filter(None, (text.strip("\r\n") for text in (*said, *attached)))),
        at=guess_instant(value.get("created_at")),
    )


def _artifact(block: dict[str, Any]) -> str:
    """The document an artifact holds once it is written; edits within one are tool calls."""
    if block.get("type") != "tool_use":
        return ""
    given = dict_of(block.get("input"))
    content = body_of(given.get("content")) or body_of(given.get("file_text"))
    if not content:
        return ""
    name = text_of(given.get("title")) or text_of(given.get("path")) or text_of(given.get("id"))
    return f"[artifact: {one_line(name) or 'unnamed'}]\n{content}"


def _attachments(value: dict[str, Any], place: str, options: Options) -> Iterator[str]:
    shown: set[str] = set()
    for attachment in map(dict_of, list_of(value.get("attachments"))):
        name = one_line(text_of(attachment.get("file_name"))) or "unnamed"
        shown.add(name)
        content = body_of(attachment.get("extracted_content"))
        if content:
            yield f"[attachment: {name}]\n{content}"
        else:
            options.remarks.left_out("file without text in the export", f"{name} ({place})")
            yield f"[attachment: {name}]"
    for file in map(dict_of, list_of(value.get("files")) + list_of(value.get("files_v2"))):
        name = one_line(text_of(file.get("file_name"))) or "unnamed"
        if name not in shown:
            shown.add(name)
            options.remarks.left_out("file without text in the export", f"{name} ({place})")
            yield f"[file: {name}]"


def _project(value: dict[str, Any], line: int, options: Options) -> Iterator[Item]:
    """A project: what it is for, and one memory for each document in it."""
    name = one_line(text_of(value.get("name"))) or "Unnamed project"
    uuid = name_of(value.get("uuid"))
    created_at = guess_instant(value.get("created_at"))
    updated_at = guess_instant(value.get("updated_at"))
    pieces = [body_of(value.get("description"))]
    instructions = body_of(value.get("prompt_template"))
    pieces += [f"Instructions: {instructions}"] if instructions else []
    docs = [dict_of(doc) for doc in list_of(value.get("docs"))]
    names = [one_line(text_of(doc.get("filename"))) or "unnamed" for doc in docs]
    pieces += [f"Documents: {', '.join(names)}"] if names else []
    about = {"project_id": uuid} if uuid else {}
    ident = stable_id("claude", "project", uuid, options.namespace, name)
    text = "\n".join(filter(None, pieces))
    if text:
        yield from _memories(
            f"Project {name}", text, line, options,
            ident=ident, about=about, created_at=created_at, updated_at=updated_at,
        )  # fmt: skip
    else:
        yield Empty(line)
    for doc, filename in zip(docs, names, strict=True):
        content = body_of(doc.get("content"))
        if not content:
            options.remarks.left_out("document without text", f"{filename} ({name})")
            continue
        own = stable_id(
            "claude", "doc", uuid, name_of(doc.get("uuid")), options.namespace, filename
        )
        at = guess_instant(doc.get("created_at"))
        yield from _memories(
            f"{name}: {filename}", content, line, options,
            ident=own, about=about, created_at=at or created_at, updated_at=at or updated_at,
        )  # fmt: skip
        if text:
            yield ImportLink(
                line=line, source_id=own, target_id=ident, relation="part of", target_title=name
            )


def _remembered(value: dict[str, Any], line: int, options: Options) -> Iterator[Item]:
    """What Claude keeps in mind of all conversations, and of those of each project."""
    whole = body_of(value.get("conversations_memory"))
    account = name_of(value.get("account_uuid"))
    found = False
    if whole:
        found = True
        ident = stable_id("claude", "memory", account, options.namespace)
        yield from _memories("What Claude remembers", whole, line, options, ident=ident, about={})
    for project, text in dict_of(value.get("project_memories")).items():
        if body_of(text):
            found = True
            ident = stable_id("claude", "memory", account, project, options.namespace)
            title = f"What Claude remembers of project {one_line(project)}"
            about = {"project_id": project}
            yield from _memories(title, body_of(text), line, options, ident=ident, about=about)
    if not found:
        yield Empty(line)


def _memories(
    title: str,
    text: str,
    line: int,
    options: Options,
    *,
    ident: str,
    about: dict[str, Any],
    created_at: int | None = None,
    updated_at: int | None = None,
) -> Iterator[ImportRecord]:
    parts = pack([text])
    for number, part in enumerate(parts, 1):
        yield ImportRecord(
            line=line,
            id=ident if number == 1 else stable_id("claude", ident, number, part.text),
            namespace=options.namespace or "claude-export",
            title=numbered(title, number, len(parts)),
            content=part.text,
            tags=("claude",),
            metadata={
                "mined_from": "claude",
                **about,
                **title_metadata(title),
                **part_metadata(number, len(parts)),
            },
            created_at=created_at,
            updated_at=updated_at,
        )
