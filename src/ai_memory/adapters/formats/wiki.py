"""What a Markdown text refers to: its heading, tags, wiki links, relations and embedded files.

One pass over the lines, each looked at by its parts: no pattern goes back over what it has read, so
a line of brackets or blanks costs what any other costs. Code is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple
from urllib.parse import unquote

from ai_memory.adapters.formats import bound

_FENCES: Final = ("```", "~~~")
_BULLETS: Final = ("- ", "* ", "+ ")
_TAG_EDGES: Final = " \t({>"
_TAG_CHARS: Final = "_-/"


class Reference(NamedTuple):
    """Something a text refers to.

    Attributes:
        target: As it is written, without heading, block and alias.
        relation: What it is called; empty where the text only mentions the target.
        embedded: It is shown in the text rather than linked to.
        marked_id: The id in a comment behind a relation, as an export of ours writes it.
    """

    target: str
    relation: str = ""
    embedded: bool = False
    marked_id: str = ""


class Outline(NamedTuple):
    """What a text says about itself."""

    heading: str
    tags: tuple[str, ...]
    references: tuple[Reference, ...]


def outline(text: str) -> Outline:
    """Read a Markdown text."""
    heading = ""
    tags: dict[str, None] = {}
    references: list[Reference] = []
    related = False  # within a section of relations
    fence = ""
    for line in text.splitlines():
        bare = line.strip()
        if fence or bare.startswith(_FENCES):
            if not fence:
                fence = bare[:3]
            elif bare.startswith(fence):
                fence = ""
            continue
        level, title = _heading(bare) if bare.startswith("#") else (0, "")
        if level:
            related = title.casefold() == "relations" or (related and level > 2)
            heading = heading or (title if level == 1 else "")
        shown = _without_code(bare)
        if "[[" in shown or "](" in shown:
            references += _references(shown, related=related)
        if "#" in shown and not _is_observation(bare):
            tags.update(dict.fromkeys(_tags(shown)))
    return Outline(heading, tuple(tags), tuple(references))


def _heading(line: str) -> tuple[int, str]:
    """Level and title of a heading; level 0 where the line is none."""
    title = line.lstrip("#")
    level = len(line) - len(title)
    if level > 6 or not title[:1].isspace():
        return 0, ""
    title = title.strip()
    without = title.rstrip("#")
    return level, without.rstrip() if without[-1:].isspace() or not without else title


def _is_observation(line: str) -> bool:
    """`- [category] what was observed #tag`: its tags are the observation's, not the note's."""
    return line.startswith(_BULLETS) and line[2:].lstrip().startswith("[")


def _without_code(line: str) -> str:
    """A line without the code spans in it."""
    pieces = line.split("`")
    return line if len(pieces) < 3 else " ".join(pieces[0::2])


def _references(line: str, *, related: bool) -> Iterator[Reference]:
    bullet = line.startswith(_BULLETS)
    relation = ""
    at = 0
    while (end := line.find("]]", at)) >= 0:
        begin = line.rfind("[[", at, end)
        if begin >= 0:
            target = _target(line[begin + 2 : end])
            embedded = line[begin - 1 : begin] == "!"
            if bullet and at == 0 and not embedded:
                said = line[2:begin].strip().rstrip(":").strip()
                relation = said if related or _is_word(said) else ""
            if target and len(target) <= bound.TARGET_CHARS_MAX:
                marked = _marked_id(line, end + 2) if related else ""
                yield Reference(target, relation, embedded, marked)
            if marked_at_end(line, end + 2):
                return
        relation = relation if related else ""
        at = end + 2
    yield from _inline_links(line)


def marked_at_end(line: str, start: int) -> bool:
    """Whether nothing but a comment follows."""
    return line.startswith("<!--", start + 1)


def _marked_id(line: str, start: int) -> str:
    rest = line[start:].strip()
    if rest.startswith("<!--") and rest.endswith("-->"):
        return rest[4:-3].strip()
    return ""


def _target(text: str) -> str:
    """What a wiki link names: `folder/Note#Heading|shown` is `folder/Note`."""
    target = text.partition("|")[0].rstrip("\\").partition("#")[0].partition("^")[0]
    return " ".join(target.split())


def _is_word(text: str) -> bool:
    return bool(text) and text.replace("_", "").replace("-", "").isalnum()


def _inline_links(line: str) -> Iterator[Reference]:
    """`[text](other.md)` and `![alt](picture.png)`, where they name a file beside the note."""
    at = 0
    while (middle := line.find("](", at)) >= 0:
        end = line.find(")", middle)
        if end < 0:
            return
        target = line[middle + 2 : end].strip().strip("<>").partition(" ")[0]
        opened = line.rfind("[", at, middle)
        at = end + 1
        target = unquote(target.partition("#")[0])
        local = target and ":" not in target and not target.startswith(("/", "//"))
        if local and len(target) <= bound.TARGET_CHARS_MAX:
            yield Reference(target, embedded=opened > 0 and line[opened - 1] == "!")


def _tags(line: str) -> Iterator[str]:
    """`#tag`, `#nested/tag`: at the start of a word, and not a number."""
    at = 0
    while (at := line.find("#", at)) >= 0:
        start = at + 1
        end = start
        while end < len(line) and (line[end].isalnum() or line[end] in _TAG_CHARS):
            end += 1
        tag = line[start:end].strip("/")
        free = at == 0 or line[at - 1] in _TAG_EDGES
        if free and any(char.isalpha() for char in tag):
            yield tag
        at = max(end, start)
