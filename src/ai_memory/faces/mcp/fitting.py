"""Fitting: an answer as text that is no longer than the host can take.

Operations leave out the rows that do not fit (`operations.room`). This is for the rest: a text, a
list or metadata of any tool that is longer than all the room there is. It is cut from the longest
on, evenly and always alike, and the answer names what was cut and how to get it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from ai_memory.ports import TokenCounter
from ai_memory.retrieval.passage import ELLIPSIS, whole_cluster

LEFT_OUT: Final = "left_out"
"""The field of an answer that says what is missing, and how to get it."""

_STEPS: Final = (
    (8_000, 400), (4_000, 200), (2_000, 100), (1_000, 50), (500, 30), (250, 20), (200, 10),
    (128, 5), (64, 3), (32, 1),
)  # fmt: skip
"""Characters of a text and items of a list or an object, one after another until all fits."""
_DEPTH_MAX: Final = 6
_WHOLE: Final = frozenset(("id", "next_cursor", "code", LEFT_OUT))
"""Texts that are of use only whole; none is long."""
_ROWS: Final = frozenset(
    ("memories", "results", "archived", "versions", "events", "namespaces", "reports")
)
"""Lists whose operation has left out what does not fit; cutting more would lose rows."""
_NAMED_MAX: Final = 6
_HINT: Final = "A greater budget_tokens gives more; memory_get with start reads content on."


class _Cut(NamedTuple):
    """Something cut: where, how much there was and how much is left."""

    place: str
    unit: str
    whole: int
    kept: int


def fitted(
    values: dict[str, Any],
    render: Callable[[dict[str, Any]], str],
    tokens: int,
    count: TokenCounter,
) -> tuple[dict[str, Any], str]:
    """An answer and its text, cut where it is too long.

    Args:
        values: The answer, as JSON values.
        render: Writes it.
        tokens: Fewer cl100k tokens than this.
        count: Counts them; asked only where the bytes do not prove that it fits.

    Returns:
        What is left of the values, and their text. If they were cut, `left_out` says so.
    """
    cut, text = values, render(values)
    if _fits(text, tokens, count):
        return cut, text
    for chars_max, items_max in _STEPS:
        cuts: dict[str, _Cut] = {}
        cut = {
            name: _shortened(value, name, chars_max, items_max, cuts)
            for name, value in values.items()
        }
        if not cuts:
            continue
        said = f"{values[LEFT_OUT]} " if LEFT_OUT in values else ""
        cut[LEFT_OUT] = said + _told(cuts)
        text = render(cut)
        if _fits(text, tokens, count):
            return cut, text
    # Something nests beyond measure: what is short at the top still says what this is about.
    cut = {
        name: ELLIPSIS if isinstance(value, dict | list | tuple) else value
        for name, value in cut.items()
    }
    return cut, render(cut)


def surely_fits(text: str, tokens: int) -> bool:
    """Whether a text fits for its bytes alone: a token is one or more."""
    return len(text) < tokens and len(text.encode()) < tokens


def _fits(text: str, tokens: int, count: TokenCounter) -> bool:
    return surely_fits(text, tokens) or count([text])[0] < tokens


def _shortened(
    value: Any, place: str, chars_max: int, items_max: int, cuts: dict[str, _Cut], depth: int = 0
) -> Any:
    """The value with what is too long in it cut; notes the greatest cut of each place."""
    name = place.rpartition(".")[2]
    match value:
        case str() if len(value) > chars_max and name not in _WHOLE:
            end = whole_cluster(value, 0, chars_max)
            _note(cuts, _Cut(place, "characters", len(value), end))
            return f"{value[:end]}{ELLIPSIS}"
        case list() | tuple():
            kept = value
            if len(value) > items_max and not (depth == 0 and name in _ROWS):
                kept = value[:items_max]
                _note(cuts, _Cut(place, "items", len(value), items_max))
            return [_shortened(item, place, chars_max, items_max, cuts, depth + 1) for item in kept]
        case dict():
            if depth > _DEPTH_MAX:
                _note(cuts, _Cut(place, "levels", depth + 1, depth))
                return ELLIPSIS
            return _object(value, place, chars_max, items_max, cuts, depth)
        case _:
            return value


def _object(
    value: Mapping[str, Any],
    place: str,
    chars_max: int,
    items_max: int,
    cuts: dict[str, _Cut],
    depth: int,
) -> dict[str, Any]:
    # An object with a fixed set of fields is never so large; metadata and the like are.
    names = list(value)
    most = max(items_max, _FIELDS_MAX)
    if len(names) > most:
        _note(cuts, _Cut(place, "entries", len(names), most))
    return {
        name if len(name) <= _NAME_CHARS_MAX else name[:_NAME_CHARS_MAX] + ELLIPSIS: _shortened(
            value[name], f"{place}.{name[:_NAME_CHARS_MAX]}", chars_max, items_max, cuts, depth + 1
        )
        for name in names[:most]
    }


_FIELDS_MAX: Final = 24
_NAME_CHARS_MAX: Final = 64


def _note(cuts: dict[str, _Cut], cut: _Cut) -> None:
    known = cuts.get(cut.place)
    if known is None or cut.whole > known.whole:
        cuts[cut.place] = cut


def _told(cuts: dict[str, _Cut]) -> str:
    greatest = sorted(cuts.values(), key=lambda cut: (-cut.whole, cut.place))
    named = ", ".join(
        f"{cut.place} ({cut.kept} of {cut.whole} {cut.unit})" for cut in greatest[:_NAMED_MAX]
    )
    more = "" if len(greatest) <= _NAMED_MAX else f" and {len(greatest) - _NAMED_MAX} more"
    return f"Cut to fit: {named}{more}. {_HINT}"
