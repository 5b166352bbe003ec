"""A Slack export: a folder or a ZIP of channels, each with one file of messages per day.

One memory per channel and day. Names come from users.json, channels.json and their like; joins,
leaves and what was deleted are left out. A reply stands where it was said, marked as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, Final

from ai_memory.adapters.formats.bundle import Bundle, Member
from ai_memory.adapters.formats.conversation import Conversation, Message, records
from ai_memory.adapters.formats.element import elements
from ai_memory.adapters.formats.moment import guess_instant
from ai_memory.adapters.formats.mrkdwn import Names, text_of_message
from ai_memory.adapters.formats.option import Options
from ai_memory.adapters.formats.record import ImportProblem, Item
from ai_memory.adapters.formats.source import Source
from ai_memory.adapters.formats.text import headline, one_line
from ai_memory.adapters.formats.value import dict_of, list_of, name_of, text_of
from ai_memory.errors import ValidationFailed

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d\.json")
_USERS: Final = ("users.json", "org_users.json")
_ROOMS: Final = ("channels.json", "groups.json", "mpims.json", "dms.json")
_NOISE: Final = frozenset(
    ("channel_join", "channel_leave", "channel_topic", "channel_purpose", "channel_name",
     "channel_archive", "channel_unarchive", "group_join", "group_leave", "group_topic",
     "group_purpose", "group_name", "bot_add", "bot_remove", "bot_enable", "bot_disable",
     "channel_convert_to_private", "channel_posting_permissions", "pinned_item")
)  # fmt: skip


def is_export(bundle: Bundle) -> bool:
    """Whether the files are those of an export: lists of people or rooms, and days in folders."""
    lists = {m.path.parent for m in bundle.members if m.path.name in (*_USERS, *_ROOMS)}
    return any(m.path.parent.parent in lists for m in bundle.members if _is_day(m))


def read(source: Source, options: Options) -> Iterator[Item]:
    """One day's file alone: nobody says what the ids are called."""
    yield from _day(source, options.folder or "channel", options.name, Names({}, {}), 1, options)


def read_export(bundle: Bundle, options: Options) -> Iterator[Item]:
    """The days of every channel."""
    days = [member for member in bundle.members if _is_day(member)]
    lists = [m for m in bundle.members if m.path.name in (*_USERS, *_ROOMS) and m not in days]
    bundle.choose([*lists, *days])
    people: list[dict[str, Any]] = []
    rooms: list[dict[str, Any]] = []
    for member in lists:
        found = people if member.path.name in _USERS else rooms
        for item in _objects(bundle, member):
            if isinstance(item, ImportProblem):
                yield item
            else:
                found.append(item)
    users = {name_of(user.get("id")): name for user in people if (name := _user(user))}
    names = Names(
        users, {name_of(r.get("id")): text_of(r.get("name")) for r in rooms if r.get("name")}
    )
    called = {name_of(room.get("id")): _room(room, names) for room in rooms}
    called |= {text_of(room.get("name")): _room(room, names) for room in rooms if room.get("name")}
    for number, member in enumerate(days, 1):
        folder = member.path.parent.name
        try:
            source = bundle.source(member)
        except ValidationFailed as cause:
            yield ImportProblem(line=number, message=cause.message)
            continue
        room = called.get(folder) or f"#{folder}"
        yield from _day(source, room, member.path.stem, names, number, options)


def _is_day(member: Member) -> bool:
    path: PurePosixPath = member.path
    return len(path.parts) > 1 and _DAY.fullmatch(path.name) is not None


def _objects(bundle: Bundle, member: Member) -> Iterator[dict[str, Any] | ImportProblem]:
    try:
        source = bundle.source(member)
    except ValidationFailed as cause:
        yield ImportProblem(line=1, message=cause.message)
        return
    for element in elements(source):
        if isinstance(element, ImportProblem):
            yield _of_file(element, str(member.path))
        else:
            yield element.value


def _of_file(problem: ImportProblem, path: str) -> ImportProblem:
    message = f"{path}: {problem.message}"
    return ImportProblem(line=problem.line, message=message, excerpt=problem.excerpt)


def _user(value: dict[str, Any]) -> str:
    profile = dict_of(value.get("profile"))
    return one_line(
        text_of(profile.get("display_name"))
        or text_of(profile.get("real_name"))
        or text_of(value.get("real_name"))
        or text_of(value.get("name"))
    )


def _room(value: dict[str, Any], names: Names) -> str:
    """What a room is called: a channel by its name, a talk by who took part."""
    name = text_of(value.get("name"))
    members = [names.user(name_of(one)) for one in list_of(value.get("members"))]
    if not name or name.startswith("mpdm-"):
        return " & ".join(filter(None, members)) or name or name_of(value.get("id"))
    return f"#{name}"


def _day(
    source: Source, room: str, day: str, names: Names, line: int, options: Options
) -> Iterator[Item]:
    said: list[dict[str, Any]] = []
    for element in elements(source):
        if isinstance(element, ImportProblem):
            yield _of_file(element, source.place)
        else:
            said.append(element.value)
    title = f"{room} {day}"
    # An edit or a broadcast reply wraps the message it is about.
    said = [_unwrapped(value) for value in said]
    said.sort(key=lambda value: _at(value) or 0)
    parents = {text_of(value.get("ts")): value for value in said}
    kept: list[Message] = []
    for value in said:
        if value.get("subtype") in _NOISE:
            options.remarks.left_out("join, leave or change of a channel", title)
        elif value.get("subtype") == "tombstone" or value.get("hidden") is True:
            options.remarks.left_out("deleted message", title)
        else:
            text = text_of_message(value, names)
            files = len(list_of(value.get("files")))
            if files:
                options.remarks.left_out("content of a file (its name is kept)", title, files)
            if value.get("reactions"):
                options.remarks.left_out("reactions to a message", title)
            if text:
                text = _reply(value, parents, names) + text
                kept.append(Message(_speaker(value, names), text, _at(value)))
            else:
                options.remarks.left_out("message without text", title)
    conversation = Conversation(
        id=f"{room}/{day}",
        name=title,
        messages=kept,
        created_at=kept[0].at if kept else None,
        updated_at=kept[-1].at if kept else None,
    )
    yield from records(conversation, origin="slack", line=line, options=options)


def _unwrapped(value: dict[str, Any]) -> dict[str, Any]:
    inner = value.get("message")
    return {**value, **inner, "subtype": None} if isinstance(inner, dict) else value


def _at(value: dict[str, Any]) -> int | None:
    stamp = name_of(value.get("ts"))[:24]
    return guess_instant(float(stamp)) if re.fullmatch(r"\d+(\.\d+)?", stamp) else None


def _reply(value: dict[str, Any], parents: dict[str, dict[str, Any]], names: Names) -> str:
    """How a reply in a thread begins: with what it answers, where that is of the same day."""
    thread = text_of(value.get("thread_ts"))
    if not thread or thread == text_of(value.get("ts")):
        return ""
    parent = parents.get(thread)
    asked = headline(text_of_message(parent, names))[:60] if parent is not None else ""
    return f"(in reply to “{asked}”) " if asked else "(in a thread) "


def _speaker(value: dict[str, Any], names: Names) -> str:
    user = name_of(value.get("user"))
    profile = dict_of(value.get("user_profile"))
    return (
        names.users.get(user)
        or one_line(text_of(profile.get("display_name")) or text_of(profile.get("real_name")))
        or text_of(value.get("username"))
        or text_of(dict_of(value.get("bot_profile")).get("name"))
        or user
        or name_of(value.get("bot_id"))
        or "unknown"
    )
