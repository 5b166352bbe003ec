"""LoCoMo dialogues (and REALTALK's, which share the schema): two people, many dated sessions.

A sample has lists `session_N` of turns `{speaker, dia_id, text, blip_caption?}` and dates
`session_N_date_time`, under `conversation` or at its top, and questions `qa` whose `evidence` names
turns: `D3:11` is turn 11 of session 3. Each sample is a namespace, each session or turn a memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
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
    """One sitting, in order."""

    number: int
    turns: Sequence[Turn]
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

    Evidence is read leniently (`D8:6; D9:17` is two turns, `D:11:26` is D11:26); what names no unit
    of this dialogue is no evidence.
    """
    units = {
        str(session.number) if unit == "session" else turn.dia_id
        for session in sample.sessions
        for turn in session.turns
    }
    asked: list[Question] = []
    for item in sample.qa:
        text = one_line(text_of(item.get("question")))
        gold = tuple(g for g in _gold(item.get("evidence"), unit) if g in units)
        if text and gold:
            asked.append(
                Question(
                    namespace=sample.namespace,
                    text=text,
                    key=UNIT_KEYS[unit],
                    gold=gold,
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


def _gold(evidence: object, unit: str) -> list[str]:
    """The units named by the evidence, in order, each once."""
    pieces = evidence if isinstance(evidence, list) else [evidence]
    turns = [turn for piece in pieces if isinstance(piece, str) for turn in _TURN.findall(piece)]
    if unit == "session":
        return list(dict.fromkeys(str(int(session)) for session, _ in turns))
    return list(dict.fromkeys(f"D{int(session)}:{int(turn)}" for session, turn in turns))


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
    read = (_read_turn(dict_of(turn), f"D{number}:{i}", at) for i, turn in enumerate(turns, 1))
    return Session(number, [turn for turn in read if turn is not None], at)


def _read_turn(turn: dict[str, Any], position: str, at: Micros | None) -> Turn | None:
    caption = text_of(turn.get("blip_caption"))
    said = text_of(turn.get("text")) or text_of(turn.get("clean_text"))
    text = " ".join(filter(None, (said, f"[{caption}]" if caption else "")))
    if not text:
        return None
    speaker = one_line(text_of(turn.get("speaker"))) or "Unknown"
    own = _gold(turn.get("dia_id"), "turn")
    said_at = session_date(turn.get("date_time")) or at
    return Turn(own[0] if own else position, f"{speaker}: {text}", said_at)
