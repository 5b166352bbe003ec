"""Condensing: several notes as one text, without a model, and without losing a word of any.

Which sentence may go cannot be told from its words: "It listens on 80." says another thing below
each title. So only notes that say the same from end to end share a place. Deterministic, so that
two nodes that condense the same notes write the same text.
"""

from __future__ import annotations

from collections.abc import Sequence


def condensed(notes: Sequence[tuple[str, str]]) -> str:
    """A paragraph per note, its title before its text; lines stay lines, indented below the title.

    Args:
        notes: (title, content) each; their order stays.
    """
    titles: dict[str, list[str]] = {}  # by content
    for title, content in notes:
        titles.setdefault(content.strip("\n").rstrip(), []).append(title.strip())
    return "\n".join(_item("; ".join(named), content) for content, named in titles.items())


def _item(title: str, content: str) -> str:
    heading = " ".join(title.split())
    if "\n" not in content:
        return f"- {heading}: {content.strip()}"
    lines = [f"  {line}".rstrip() for line in content.splitlines()]
    return "\n".join([f"- {heading}:", *lines])
