"""A Slack export: a folder of channels, each with one file of messages per day.

One memory per channel and day. Names come from users.json; joins, leaves and the like are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ai_memory.adapters.formats.conversation import Conversation, Message, records
from ai_memory.adapters.formats.element import elements
from ai_memory.adapters.formats.moment import guess_instant
from ai_memory.adapters.formats.option import Options
from ai_memory.adapters.formats.record import ImportProblem, Item
from ai_memory.adapters.formats.source import Source
from ai_memory.adapters.formats.value import dict_of, list_of, text_of

_MENTION: Final = re.compile(r"<@(\w+)(?:\|[^>]*)?>")
_LINK: Final = re.compile(r"<(https?://[^>|]+)(?:\|([^>]*))?>")
_NOISE: Final = ("channel_join", "channel_leave", "channel_topic", "channel_purpose", "bot_add")


def read(source: Source, options: Options) -> Iterator[Item]:
    """The days of every channel."""
    names: dict[str, str] = {}
    for element in elements(source):
        if isinstance(element, ImportProblem):
            yield element
        elif "slack_users" in element.value:
            names |= _names(element.value["slack_users"])
        else:
            yield from records(
                _day(element.value, names), origin="slack", line=element.line, options=options
            )


def _names(users: object) -> dict[str, str]:
    found = {}
    for user in map(dict_of, list_of(users)):
        profile = dict_of(user.get("profile"))
        name = (
            text_of(profile.get("display_name"))
            or text_of(profile.get("real_name"))
            or text_of(user.get("name"))
        )
        if name:
            found[text_of(user.get("id"))] = name
    return found


def _day(value: dict[str, Any], names: Mapping[str, str]) -> Conversation:
    channel, day = text_of(value.get("slack_channel")), text_of(value.get("slack_day"))
    messages = [
        _message(item, names)
        for item in map(dict_of, list_of(value.get("slack_messages")))
        if item.get("subtype") not in _NOISE
    ]
    kept = [message for message in messages if message.text]
    return Conversation(
        id=f"{channel}/{day}",
        name=f"#{channel} {day}",
        messages=kept,
        created_at=kept[0].at if kept else None,
        updated_at=kept[-1].at if kept else None,
    )


def _message(value: dict[str, Any], names: Mapping[str, str]) -> Message:
    user = text_of(value.get("user"))
    text = _MENTION.sub(
        lambda found: "@" + names.get(found[1], found[1]), text_of(value.get("text"))
    )
    text = _LINK.sub(lambda found: f"{found[2]} ({found[1]})" if found[2] else found[1], text)
    for sign, char in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(sign, char)
    stamp = text_of(value.get("ts"))
    return Message(
        role=names.get(user, user) or text_of(value.get("username")) or "unknown",
        text=text.strip(),
        at=guess_instant(float(stamp)) if re.fullmatch(r"\d+(\.\d+)?", stamp) else None,
    )
