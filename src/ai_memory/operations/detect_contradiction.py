"""Whether two memories contradict each other."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ai_memory.errors import LanguageModelAnswerInvalid, LanguageModelUnavailable
from ai_memory.model import field
from ai_memory.model.command import Command
from ai_memory.model.memory import Memory
from ai_memory.model.prompt import Prompt
from ai_memory.operations.find import find
from ai_memory.operations.step import Complete, Compute, Context, Read, Steps
from ai_memory.operations.tagging import excerpt
from ai_memory.retrieval.contradiction import Disagreement, disagreement

_TASK: Final = (
    "You compare two notes, A and B, in the data. They contradict each other when both cannot be "
    "true at the same time: the same subject with another value, another date or number, or its "
    "negation. They do not when they are about different subjects, times or places, or when one "
    "only adds to the other."
)
_EXCERPT_CHARS: Final = 3_000  # of each of the two


class DetectContradiction(Command, frozen=True, kw_only=True):
    """Tell whether two memories contradict each other; nothing is changed.

    Compares their words: same subject, another value, date, number or negation. From the smart
    level on a language model judges what the words leave open.
    """

    id_a: field.MemoryId
    id_b: field.MemoryId


class ComparedView(msgspec.Struct, kw_only=True):
    """One of the two."""

    id: str
    title: str


class ContradictionResult(msgspec.Struct, kw_only=True):
    """The verdict and who gave it.

    Attributes:
        method: words or model.
        kind: What differs: value, number, date, opposite, negation or other.
        language_model_problem: Why the model was not heard, where there is one.
    """

    contradicts: bool
    memory_a: ComparedView
    memory_b: ComparedView
    method: Literal["words", "model"]
    kind: str | UnsetType = UNSET
    language_model_problem: str | UnsetType = UNSET


class VerdictAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the model is to answer."""

    contradicts: Annotated[bool, Meta(description="Whether A and B cannot both be true.")]


class Verdict(msgspec.Struct, frozen=True):
    """See ContradictionResult."""

    contradicts: bool
    method: Literal["words", "model"]
    kind: str | None = None
    problem: str | None = None


def detect_contradiction(
    command: DetectContradiction, context: Context
) -> Steps[ContradictionResult]:
    """Run DetectContradiction.

    Raises:
        NotFound, AmbiguousId: See `find`.
    """
    pair: tuple[Memory, Memory] = yield Read(
        lambda rows: (
            find(rows, command.id_a, context.now),
            find(rows, command.id_b, context.now),
        )
    )
    verdict = yield from compare(*pair)
    first, second = pair
    return ContradictionResult(
        contradicts=verdict.contradicts,
        memory_a=ComparedView(id=first.id, title=first.title),
        memory_b=ComparedView(id=second.id, title=second.title),
        method=verdict.method,
        kind=verdict.kind or UNSET,
        language_model_problem=verdict.problem or UNSET,
    )


def compare(first: Memory, second: Memory) -> Steps[Verdict]:
    """Judge two memories: by their words, and by the language model where the words show nothing.

    The words are asked first: they accuse rarely and wrongly more rarely, and cost nothing. A
    model that fails leaves their verdict.
    """
    if first.id == second.id:
        return Verdict(contradicts=False, method="words")
    found: Disagreement | None = yield Compute(
        lambda: disagreement((first.title, first.content), (second.title, second.content))
    )
    if found is not None:
        return Verdict(contradicts=True, method="words", kind=found.kind)
    data = {
        "A title": first.title,
        "A content": excerpt(first.content, _EXCERPT_CHARS),
        "B title": second.title,
        "B content": excerpt(second.content, _EXCERPT_CHARS),
    }
    try:
        answer: VerdictAnswer | None = yield Complete(Prompt(task=_TASK, data=data), VerdictAnswer)
    except (LanguageModelUnavailable, LanguageModelAnswerInvalid) as failure:
        return Verdict(contradicts=False, method="words", problem=failure.message)
    if answer is None:
        return Verdict(contradicts=False, method="words")
    kind = "other" if answer.contradicts else None
    return Verdict(contradicts=answer.contradicts, method="model", kind=kind)
