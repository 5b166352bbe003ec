"""What an operation may ask of the node, and what it is told about its caller."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

import msgspec

from ai_memory.model.change import Change
from ai_memory.model.clock import Micros
from ai_memory.model.command import Caller
from ai_memory.model.memory import Payload, Retention
from ai_memory.ports import (
    EmbeddingModel,
    LanguageModel,
    Lookups,
    Reader,
    Reranker,
    Transaction,
    VectorIndex,
    WindowVector,
)

if TYPE_CHECKING:
    from ai_memory.model.prompt import Prompt
    from ai_memory.operations.room import Room
    from ai_memory.ports import Matrix

T = TypeVar("T")


class Embed(NamedTuple):
    """Embed texts. Answer: a Matrix, or None when this node has no embedder.

    Attributes:
        bulk: Many texts that nobody waits for.
        asked: They are questions, which may be asked again: their vectors are remembered.
    """

    texts: Sequence[str]
    bulk: bool = False
    asked: bool = False


class Compute(NamedTuple):
    """Run `work`, which is pure and takes a while, off the event loop. Answer: what it returns."""

    work: Callable[[], Any]


class Read(NamedTuple):
    """Run `work` on one snapshot. Answer: what it returns.

    Attributes:
        brief: It takes milliseconds, most of them Python's, and may be asked by many at once: the
            node lets a few run at a time.
    """

    work: Callable[[Reader], Any]
    brief: bool = False


class Outcome(NamedTuple):
    """What a write decided.

    Attributes:
        result: The answer to the caller.
        changes: The facts, in order.
        payloads: The texts the facts name by hash.
        windows: Vectors for memories of this write, tied to the hash of their text.
        recalls: (id, count, last instant) of recalls that happened elsewhere, for new memories.
    """

    result: Any
    changes: tuple[Change, ...] = ()
    payloads: Mapping[bytes, Payload] = {}
    windows: tuple[Windows, ...] = ()
    recalls: tuple[tuple[str, int, Micros | None], ...] = ()


class Windows(NamedTuple):
    """The vectors of one memory's text; made by `model`, None: by this node's."""

    memory_id: str
    payload_hash: bytes
    vectors: Sequence[WindowVector]
    model: EmbeddingModel | None = None


class Write(NamedTuple):
    """Decide and run `work` in a transaction, apply its changes, commit. Answer: its result.

    `work` may run more than once and must not keep anything between runs.
    """

    work: Callable[[Transaction], Outcome]
    lookups: Lookups = Lookups()
    namespace: str | None = None


class Writes(NamedTuple):
    """Several writes, as if as many callers had come at once: committed together, failing alone.

    Answer: for each its result, or the AiMemoryError that refused it.
    """

    writes: Sequence[Write]


class Rerank(NamedTuple):
    """Score passages for a question. Answer: one score per passage, 0 to 1, or None.

    None when this node has no reranker, or it failed or was late: the order stays as it was.
    """

    query: str
    passages: Sequence[str]


class Complete(NamedTuple):
    """Ask the language model. Answer: an `answer`, or None when this node has no language model.

    Later than `within_secs` it counts as unavailable, and the caller goes on without it.

    Takes seconds, so no lock and no thread of the common pool is held meanwhile. What goes wrong
    (LanguageModelUnavailable, LanguageModelAnswerInvalid) is raised at the yield.
    """

    prompt: Prompt
    answer: type[msgspec.Struct]
    within_secs: float | None = None


class CountTokens(NamedTuple):
    """Count cl100k tokens. Answer: one count per text."""

    texts: Sequence[str]


class Touch(NamedTuple):
    """Note that these memories were recalled; written later, off the hot path. Answer: None."""

    ids: tuple[str, ...]


class Scrub(NamedTuple):
    """Remove from the files what erased rows left in them. Answer: Scrubbed."""


class Scrubbed(NamedTuple):
    """What a scrub did.

    Attributes:
        index_files: How many files of the vector index were removed, to be made anew.
        waits_for: What could not be cleaned yet; the janitor tries again. Empty: complete.
    """

    index_files: int
    waits_for: tuple[str, ...]


Step: TypeAlias = (
    Compute | Embed | Rerank | Complete | Read | Write | Writes | CountTokens | Touch | Scrub
)
Steps: TypeAlias = Generator[Step, Any, T]


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the node knows of itself, for capabilities and health.

    Attributes:
        level: The configured feature level.
        embedder: The model in use; None at the keyword level or when it could not be had.
        embedder_problem: Why it could not be had.
        reranker: The cross-encoder's name; None when there is none.
        reranker_problem: Why it could not be had, where one is configured.
        language_model: The language model's name; None when there is none.
        language_model_problem: Why it could not be had, where the level wants one.
        profile: The configured MCP profile, told on every face.
        workers: How many processes answer for this node.
        vectors_later: This process makes no vectors, but leaves them to the next that has the
            embedder.
    """

    version: str
    level: str
    embedder: EmbeddingModel | None
    embedder_problem: str | None
    reranker: str | None = None
    reranker_problem: str | None = None
    language_model: str | None = None
    language_model_problem: str | None = None
    profile: str
    workers: int = 1
    vectors_later: bool = False


class Context(NamedTuple):
    """Everything an operation may know besides its command and the rows."""

    caller: Caller
    now: Micros
    new_id: Callable[[], str]
    retention: Retention
    facts: Facts
    vector_index: VectorIndex | None
    reranker: Reranker | None = None
    language_model: LanguageModel | None = None
    room: Room | None = None


def float16_blobs(matrix: Matrix) -> list[bytes]:
    """Rows of a matrix as they are kept at rest."""
    return [row.tobytes() for row in matrix.astype("<f2")]
