"""Whether something is remembered already, before it is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ai_memory import limits
from ai_memory.model import field
from ai_memory.model.command import Command
from ai_memory.model.query import Filter
from ai_memory.operations.serving import vectors_problem
from ai_memory.operations.similar import Compared, similar_by_meaning, similar_by_words
from ai_memory.operations.step import Compute, Context, Embed, Read, Steps
from ai_memory.ports import Reader
from ai_memory.retrieval.fact import covers, facts_of
from ai_memory.retrieval.window import windows

if TYPE_CHECKING:
    from ai_memory.ports import Matrix

_COMPARED: Final = 5  # the nearest may say something else, and the next the same
_WINDOWS_MAX: Final = 4  # of a long text, evenly spread: encoding is what costs


class CheckDuplicate(Command, frozen=True, kw_only=True):
    """Tell whether a text is stored already, before storing it. Nothing is changed.

    Compares meaning; at the keyword level, where no model is, words: `method` says which.
    """

    at_home: ClassVar[bool] = True

    title: field.Title
    content: field.Content
    namespace: field.OwnNamespace = field.OWN
    threshold: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="A duplicate from this similarity on; "
            f"less than {limits.DUPLICATE_THRESHOLD_MIN} is served as it.",
        ),
    ] = limits.DUPLICATE_THRESHOLD


class NearestView(msgspec.Struct, kw_only=True):
    """The stored memory most like the text."""

    id: str
    title: str
    namespace: str
    similarity: float


class DuplicateResult(msgspec.Struct, kw_only=True):
    """The verdict, and the nearest memory, near enough or not.

    Attributes:
        suggested_merge: The memory to revise instead of storing another.
        candidates_scanned: Memories the text was compared with; an index proposes them.
        method: Which similarity: of meaning, or the share of words in common.
        degraded: Why words only, where meaning should have been compared.
        differs: What is near enough says something else: another number, name, date, or the
            opposite. It is no duplicate.
    """

    is_duplicate: bool
    threshold: float
    nearest: NearestView | None
    suggested_merge: str | None
    candidates_scanned: int
    method: Literal["meaning", "words"]
    degraded: str | UnsetType = UNSET
    differs: bool | UnsetType = UNSET


def check_duplicate(command: CheckDuplicate, context: Context) -> Steps[DuplicateResult]:
    """Run CheckDuplicate."""
    where = Filter(now=context.now, namespaces=(command.namespace,))
    matrix: Matrix | None = None
    if context.vector_index is not None:
        texts: list[str] = yield Compute(lambda: _spread(command.title, command.content))
        matrix = yield Embed(texts)

    def compare(rows: Reader) -> tuple[Compared, str | None, bool]:
        problem = vectors_problem(rows, context)
        if matrix is not None:
            near = similar_by_meaning(rows, matrix, where, context, limit=_COMPARED)
            if near is not None:
                return near, None, True
        elif context.vector_index is not None and problem is None:
            problem = "the embedder does not answer"
        near = similar_by_words(rows, command.title, command.content, where, limit=_COMPARED)
        return near, problem, False

    found: Compared
    found, problem, by_meaning = yield Read(compare)
    threshold = max(command.threshold, limits.DUPLICATE_THRESHOLD_MIN)
    best = found.similar[0] if found.similar else None
    alike = [one.memory for one in found.similar if one.similarity >= threshold]
    asked = facts_of(command.title, command.content)
    same = next((one for one in alike if covers(facts_of(one.title, one.content), asked)), None)
    return DuplicateResult(
        is_duplicate=same is not None,
        threshold=threshold,
        nearest=None
        if best is None
        else NearestView(
            id=best.memory.id,
            title=best.memory.title,
            namespace=best.memory.namespace,
            similarity=round(best.similarity, 3),
        ),
        suggested_merge=None if same is None else same.id,
        differs=True if alike and same is None else UNSET,
        candidates_scanned=found.compared,
        method="meaning" if by_meaning else "words",
        degraded=problem or UNSET,
    )


def _spread(title: str, content: str) -> list[str]:
    """The texts of some windows, the first and the last among them."""
    cut = windows(title, content)
    if len(cut) > _WINDOWS_MAX:
        step = (len(cut) - 1) / (_WINDOWS_MAX - 1)
        cut = [cut[round(number * step)] for number in range(_WINDOWS_MAX)]
    return [window.text for window in cut]
