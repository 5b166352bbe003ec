"""LoCoMo dialogues (and REALTALK's, which share the schema): two people, many dated sessions.

A sample has lists `session_N` of turns `{speaker, dia_id, text, blip_caption?}` and dates
`session_N_date_time`, under `conversation` or at its top, and questions `qa` whose `evidence` names
turns by their `dia_id`, as a rule `D3:11` for turn 11 of session 3. Each sample is a namespace,
each session or turn a memory.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from ai_memory.adapters.formats.element import Element, elements
from ai_memory.adapters.formats.moment import guess_instant
from ai_memory.adapters.formats.option import Options
from ai_memory.adapters.formats.question import Question, Questions
from ai_memory.adapters.formats.record import (
    Empty,
    ImportProblem,
    ImportRecord,
    Item,
    namespace_segment,
    numbered,
    part_metadata,
    stable_id,
)
from ai_memory.adapters.formats.source import Source
from ai_memory.adapters.formats.text import excerpt, one_line, pack
from ai_memory.adapters.formats.value import dict_of, list_of, name_of, text_of
from ai_memory.model.clock import Micros, to_rfc3339

UNIT_KEYS: Final = {"session": "session", "turn": "dia_id"}

_SESSION: Final = re.compile(r"session_(\d{1,6})")
_TURN: Final = re.compile(r"\bD:?(\d{1,6}):(\d{1,6})\b")
_SPOKEN_DATE: Final = re.compile(
    r"(\d{1,2}):(\d{2})\s*([ap])\.?m\.?\s+on\s+(\d{1,2})\s+([a-z]{3})[a-z]*\.?,?\s+(\d{4})",
    re.IGNORECASE,
)
_DOTTED_DATE: Final = re.compile(
    r"(\d{1,2})\.(\d{1,2})\.(\d{4}),?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?"
)
_MONTHS: Final = (  # not the calendar module's, which follow the locale
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


class Turn(NamedTuple):
    """What one speaker said at once, captions of shared pictures in brackets."""

    dia_id: str
    text: str
    at: Micros | None


class Session(NamedTuple):
    """One sitting, in order.

    Attributes:
        ids: Of its turns, also of those that hold no text.
    """

    number: int
    turns: Sequence[Turn]
    ids: Sequence[str]
    at: Micros | None


class Sample(NamedTuple):
    """One dialogue with its questions."""

    line: int
    namespace: str
    sessions: Sequence[Session]
    qa: Sequence[dict[str, Any]]


def read(source: Source, options: Options) -> Iterator[Item]:
    """The memories of a file of dialogues."""
    for sample in samples(source, options):
        if isinstance(sample, ImportProblem):
            yield sample
        else:
            yield from records(sample, options.unit)


def samples(source: Source, options: Options) -> Iterator[Sample | ImportProblem]:
    """The dialogues of a file."""
    for element in elements(source):
        if isinstance(element, ImportProblem):
            yield element
            continue
        sample = _sample(element, options)
        if sample.sessions:
            yield sample
        else:
            message = "not a dialogue: it has no list session_1, session_2, …"
            shown = excerpt(str(element.value))
            yield ImportProblem(line=element.line, message=message, excerpt=shown)


def records(sample: Sample, unit: str) -> Iterator[ImportRecord | Empty]:
    """One memory per session, or one per turn."""
    found = False
    for session in sample.sessions:
        for record in _turns(sample, session) if unit == "turn" else _session(sample, session):
            found = True
            yield record
    if not found:
        yield Empty(sample.line)


def questions(sample: Sample, unit: str) -> Questions:
    """The questions of a dialogue, with the units that answer them.

    Evidence names turns by their own ids, whatever session's number stands in those: a session
    answers that holds such a turn. It is read leniently (`D8:6; D9:17` is two turns, `D:11:26` is
    D11:26); what names no turn of this dialogue is no evidence, unless the dialogue's ids say which
    session they are of: then it names that session.
    """
    sessions = [session for session in sample.sessions if session.turns]
    held: dict[str, dict[str, None]] = {}
    for session in sessions:
        ids = session.ids if unit == "session" else [turn.dia_id for turn in session.turns]
        for dia_id in ids:
            name = str(session.number) if unit == "session" else dia_id
            held.setdefault(dia_id, {})[name] = None
    faithful = unit == "session" and all(
        dia_id.startswith(f"D{session.number}:") for session in sessions for dia_id in session.ids
    )
    numbers = {str(session.number) for session in sessions if faithful}
    asked: list[Question] = []
    for item in sample.qa:
        text = one_line(text_of(item.get("question")))
        gold: dict[str, None] = {}
        for turn_id in _turn_ids(item.get("evidence"), held):
            number = turn_id[1:].partition(":")[0]
            gold |= held.get(turn_id) or ({number: None} if number in numbers else {})
        if text and gold:
            asked.append(
                Question(
                    namespace=sample.namespace,
                    text=text,
                    key=UNIT_KEYS[unit],
                    gold=tuple(gold),
                    category=name_of(item.get("category")),
                )
            )
    return Questions(tuple(asked), len(sample.qa) - len(asked))


def session_date(text: object) -> Micros | None:
    """Read `1:56 pm on 8 May, 2023`, `29.12.2023, 23:30:07` or RFC 3339; all as UTC."""
    if not isinstance(text, str):
        return guess_instant(text)
    if spoken := _SPOKEN_DATE.search(text):
        hour, minute, half, day, month, year = spoken.groups()
        starts = [name[:3].lower() for name in _MONTHS]
        number = starts.index(month.lower()) + 1 if month.lower() in starts else 0
        return _instant(year, number, day, int(hour) % 12 + 12 * (half in "pP"), minute, 0)
    if dotted := _DOTTED_DATE.search(text):
        day, month, year, hour, minute, second = dotted.groups(default="0")
        return _instant(year, month, day, hour, minute, second)
    return guess_instant(text)


def _instant(*fields: str | int) -> Micros | None:
    year, month, day, hour, minute, second = map(int, fields)
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return guess_instant(moment.isoformat())


def _turn_ids(evidence: object, known: Container[str] = ()) -> list[str]:
    """The ids of turns that the evidence names: known ones as they stand, else as `D3:11`."""
    pieces = evidence if isinstance(evidence, list) else [evidence]
    found: list[str] = []
    for piece in pieces:
        name = one_line(name_of(piece))
        if name in known:
            found.append(name)
        else:
            found += (f"D{int(part)}:{int(turn)}" for part, turn in _TURN.findall(name))
    return found


def _titled(what: str, at: Micros | None) -> str:
    """A title that also says when: people ask for the day, and a bare `Session 3` tells nothing."""
    if at is None:
        return what
    date = datetime.fromisoformat(to_rfc3339(at))
    return f"{what} · {date.day} {_MONTHS[date.month - 1]} {date.year}"


def _session(sample: Sample, session: Session) -> Iterator[ImportRecord]:
    title = _titled(f"Session {session.number}", session.at)
    parts = pack([turn.text for turn in session.turns])
    for number, part in enumerate(parts, 1):
        yield ImportRecord(
            line=sample.line,
            id=stable_id("locomo", sample.namespace, title, session.at, number, part.text),
            namespace=sample.namespace,
            title=numbered(title, number, len(parts)),
            content=part.text,
            metadata={"session": str(session.number), **part_metadata(number, len(parts))},
            created_at=session.at,
        )


def _turns(sample: Sample, session: Session) -> Iterator[ImportRecord]:
    for position, turn in enumerate(session.turns, 1):
        title = _titled(f"Session {session.number}, turn {position}", session.at)
        parts = pack([turn.text])
        for number, part in enumerate(parts, 1):
            yield ImportRecord(
                line=sample.line,
                id=stable_id("locomo", sample.namespace, title, turn.at, number, part.text),
                namespace=sample.namespace,
                title=numbered(title, number, len(parts)),
                content=part.text,
                metadata={
                    "session": str(session.number),
                    "dia_id": turn.dia_id,
                    **part_metadata(number, len(parts)),
                },
                created_at=turn.at,
            )


def _nameless(index: int, file: str) -> str:
    """What to call a dialogue without a name; several files may be imported into one store."""
    if not file:
        return str(index)
    return f"{file}-{index}" if index else file


def _sample(element: Element, options: Options) -> Sample:
    value = element.value
    name = name_of(value.get("sample_id")) or _nameless(element.line - 1, options.name)
    nested = value.get("conversation")
    dialogue = nested if isinstance(nested, dict) else value
    sessions = [
        _read_session(int(match[1]), turns, dialogue)
        for key, turns in dialogue.items()
        if (match := _SESSION.fullmatch(key)) and isinstance(turns, list)
    ]
    return Sample(
        line=element.line,
        namespace=options.namespace or f"locomo/{namespace_segment(name)}",
        sessions=sorted(sessions, key=lambda session: session.number),
        qa=[dict_of(item) for item in list_of(value.get("qa"))],
    )


def _read_session(number: int, turns: list[Any], dialogue: dict[str, Any]) -> Session:
    at = session_date(dialogue.get(f"session_{number}_date_time"))
    items = [dict_of(turn) for turn in turns]
    ids = [_own_id(item) or f"D{number}:{i}" for i, item in enumerate(items, 1)]
    read = (_read_turn(item, dia_id, at) for item, dia_id in zip(items, ids, strict=True))
    return Session(number, [turn for turn in read if turn is not None], ids, at)


def _own_id(turn: dict[str, Any]) -> str:
    name = one_line(name_of(turn.get("dia_id")))
    return next(iter(_turn_ids(name)), name)


def _read_turn(turn: dict[str, Any], dia_id: str, at: Micros | None) -> Turn | None:
    caption = text_of(turn.get("blip_caption"))
    said = text_of(turn.get("text")) or text_of(turn.get("clean_text"))
    text = " ".join(filter(None, (said, f"[{caption}]" if caption else "")))
    if not text:
        return None
    speaker = one_line(text_of(turn.get("speaker"))) or "Unknown"
    said_at = session_date(turn.get("date_time")) or at
    return Turn(dia_id, f"{speaker}: {text}", said_at)
