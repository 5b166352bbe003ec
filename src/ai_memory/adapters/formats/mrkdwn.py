"""What a Slack message says: its text, its blocks, its attachments and files, as plain text.

Slack writes the same words up to three times: `text` is what was typed or a fall-back, `blocks` is
what is shown, `attachments` what an app added. Each is written once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from ai_memory.adapters.formats import bound
from ai_memory.adapters.formats.text import verbatim
from ai_memory.adapters.formats.value import dict_of, list_of, name_of, text_of

_REFERENCE: Final = re.compile(r"<([^<>\n]{1,3000})>")
_TELLING_CHARS: Final = 16  # letters and digits that hardly stand in another text by chance
_CALLS: Final = ("here", "channel", "everyone")


class Names(NamedTuple):
    """What the ids of an export are called."""

    users: Mapping[str, str]
    channels: Mapping[str, str]

    def user(self, ident: str) -> str:
        """The name of a person, or the id where nobody knows."""
        return self.users.get(ident, ident)

    def channel(self, ident: str) -> str:
        """The name of a channel, or the id where nobody knows."""
        return self.channels.get(ident, ident)


def text_of_message(value: Mapping[str, Any], names: Names) -> str:
    """Everything a message says in words; empty where it says nothing."""
    said = readable(verbatim(raw) if isinstance(raw := value.get("text"), str) else "", names)
    shown = "\n".join(_blocks(value.get("blocks"), names, 0))
    pieces = _once([said, shown])
    for attachment in map(dict_of, list_of(value.get("attachments"))[: bound.ATTACHMENTS_MAX]):
        pieces = _once([*pieces, "\n".join(_attachment(attachment, names))])
    for file in map(dict_of, list_of(value.get("files"))):
        pieces.append(_file(file, names))
    return "\n".join(filter(None, (piece.strip("\r\n") for piece in pieces)))


def readable(text: str, names: Names) -> str:
    """Slack's markup as a person reads it: names for ids, links with their words."""

    def replaced(found: re.Match[str]) -> str:
        target, _, label = found[1].partition("|")
        kind, rest = target[:1], target[1:]
        if kind == "@":
            return "@" + (names.users.get(rest) or label.lstrip("@") or rest)
        if kind == "#":
            return "#" + (label or names.channel(rest))
        if kind == "!":
            word = rest.partition("^")[0]
            return label or "@" + word if word in (*_CALLS, "subteam") else label or word
        if target.startswith("mailto:"):
            return label or target.removeprefix("mailto:")
        if ":" not in target:
            return found[0]
        return f"{label} ({target})" if label and label != target else target

    text = _REFERENCE.sub(replaced, text)
    for sign, char in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(sign, char)
    return text


def _once(pieces: Iterable[str]) -> list[str]:
    """Pieces of which none repeats what another says; the fuller one stays.

    A few words that stand in another piece too are no repetition: "no" answers, "now" does not.
    """
    kept: list[tuple[str, str]] = []
    for piece in pieces:
        bare = "".join(filter(str.isalnum, piece)).casefold()
        if not piece.strip() or any(_repeats(bare, other) for _, other in kept):
            continue
        kept = [one for one in kept if not _repeats(one[1], bare)]
        kept.append((piece, bare))
    return [piece for piece, _ in kept]


def _repeats(bare: str, other: str) -> bool:
    return bool(bare) and (bare == other or (len(bare) >= _TELLING_CHARS and bare in other))


def _blocks(value: object, names: Names, depth: int) -> Iterator[str]:
    for block in map(dict_of, list_of(value)):
        text = _block(block, names, depth)
        if text.strip():
            yield text


def _block(block: dict[str, Any], names: Names, depth: int) -> str:
    if depth > bound.NESTING_MAX:
        return ""
    kind = block.get("type")
    if kind == "rich_text":
        return "\n".join(_rich(one, names) for one in map(dict_of, list_of(block.get("elements"))))
    if kind in ("image", "video"):
        return _named(_text(block.get("alt_text"), names) or _text(block.get("title"), names), kind)
    if kind == "table":
        rows = [list_of(row) for row in list_of(block.get("rows"))]
        return "\n".join(
            " | ".join(_block(dict_of(cell), names, depth + 1) for cell in row) for row in rows
        )
    pieces = [_text(block.get(key), names) for key in ("title", "label", "text", "hint")]
    pieces += [_text(field, names) for field in list_of(block.get("fields"))]
    for element in list_of(block.get("elements")):
        pieces.append(_block(dict_of(element), names, depth + 1))
    accessory = dict_of(block.get("accessory"))
    if accessory:
        pieces.append(_block(accessory, names, depth + 1))
    pieces += _blocks(block.get("blocks"), names, depth + 1)
    return "\n".join(filter(None, pieces))


def _text(value: object, names: Names) -> str:
    """A text, or a text object of Block Kit."""
    if isinstance(value, dict):
        value = value.get("text")
    return readable(verbatim(value), names) if isinstance(value, str) else ""


def _rich(element: dict[str, Any], names: Names) -> str:
    """A part of rich text: a section, a list, a quote, or preformatted."""
    kind = element.get("type")
    parts = list_of(element.get("elements"))
    if kind == "rich_text_list":
        level = element.get("indent")
        indent = "  " * min(level, 8) if isinstance(level, int) and level > 0 else ""
        start = element.get("offset")
        first = start + 1 if isinstance(start, int) else 1
        ordered = element.get("style") == "ordered"
        return "\n".join(
            f"{indent}{f'{number}.' if ordered else '-'} {_rich(dict_of(part), names)}"
            for number, part in enumerate(parts, first)
        )
    text = "".join(_inline(dict_of(part), names) for part in parts)
    if kind == "rich_text_quote":
        return "\n".join(f"> {line}" for line in text.split("\n"))
    return text


def _inline(element: dict[str, Any], names: Names) -> str:
    text = verbatim(raw) if isinstance(raw := element.get("text"), str) else ""
    match element.get("type"):
        case "link":
            url = text_of(element.get("url"))
            text = f"{text} ({url})" if text and text != url else url
        case "user":
            text = "@" + names.user(name_of(element.get("user_id")))
        case "channel":
            text = "#" + names.channel(name_of(element.get("channel_id")))
        case "usergroup":
            text = "@" + name_of(element.get("usergroup_id"))
        case "broadcast":
            text = "@" + text_of(element.get("range"))
        case "emoji":
            text = _emoji(element)
        case "date":
            text = text_of(element.get("fallback")) or name_of(element.get("timestamp"))
        case "color":
            text = text_of(element.get("value"))
    return text


def _emoji(element: dict[str, Any]) -> str:
    try:
        return "".join(chr(int(c, 16)) for c in text_of(element.get("unicode"))[:64].split("-"))
    except (ValueError, OverflowError):
        return f":{text_of(element.get('name'))}:"


def _attachment(value: dict[str, Any], names: Names) -> Iterator[str]:
    """What an app or an unfolded link added."""
    pieces = [_text(value.get(key), names) for key in ("pretext", "author_name")]
    title, link = _text(value.get("title"), names), text_of(value.get("title_link"))
    pieces.append(f"{title} ({link})" if title and link else title or link)
    pieces.append(_text(value.get("text"), names))
    for field in map(dict_of, list_of(value.get("fields"))):
        name, said = _text(field.get("title"), names), _text(field.get("value"), names)
        pieces.append(f"{name}: {said}" if name and said else name or said)
    pieces += _blocks(value.get("blocks"), names, 0)
    for message in map(dict_of, list_of(value.get("message_blocks"))):
        pieces += _blocks(dict_of(message.get("message")).get("blocks"), names, 0)
    for file in map(dict_of, list_of(value.get("files"))):
        pieces.append(_file(file, names))
    pieces = [piece for piece in dict.fromkeys(pieces) if piece.strip()]
    # The fall-back is for who cannot show the rest; it says something of its own if that is empty.
    yield from pieces or [_text(value.get("fallback"), names)]
    image = text_of(value.get("image_url"))
    if image:
        yield f"[image: {image}]"
    footer = _text(value.get("footer"), names)
    if footer:
        yield footer


def _file(value: dict[str, Any], names: Names) -> str:
    name, title = text_of(value.get("name")), text_of(value.get("title"))
    shown = f"{title} ({name})" if name and title and name != title else title or name or "unnamed"
    preview = value.get("plain_text") or value.get("preview_plain_text") or value.get("preview")
    text = _text(preview, names)
    return f"[file: {shown}]" + (f"\n{text}" if text.strip() else "")


def _named(text: str, kind: str) -> str:
    return f"[{kind}: {text}]" if text else f"[{kind}]"
