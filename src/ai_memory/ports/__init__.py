"""What the core asks of the world, on one page.

Adapters satisfy these Protocols structurally; nothing here imports one. Vectors are float32 arrays
of unit L2 norm; at rest they are little-endian float16 (`VectorBlob`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias, TypeVar

import msgspec

from ai_memory.model.change import LinkDeleted, LogEntry
from ai_memory.model.clock import HybridTime, Micros
from ai_memory.model.link import Link
from ai_memory.model.memory import Archived, Memory, Payload, Version
from ai_memory.model.query import (
    ArchiveCursor,
    ArchiveFilter,
    Filter,
    ListCursor,
    NamespaceCursor,
)
from ai_memory.model.trace import ArchiveFigures, Traces
from ai_memory.model.work import Curation, CuratorRun, ModelWork, WorkCounts
from ai_memory.ports.graph import GraphRows
from ai_memory.ports.page import RowIntake, RowPages
from ai_memory.ports.system import Clock as Clock
from ai_memory.ports.system import Entropy as Entropy
from ai_memory.ports.vectors import IndexPurge as IndexPurge
from ai_memory.ports.vectors import VectorIndex as VectorIndex
from ai_memory.ports.vectors import VectorRows as VectorRows
from ai_memory.ports.vocabulary import Vocabulary as Vocabulary

if TYPE_CHECKING:
    from ai_memory.model.prompt import Prompt
    from ai_memory.ports.vectors import Keys as Keys
    from ai_memory.ports.vectors import Matrix as Matrix
    from ai_memory.ports.vectors import Vector as Vector

AnswerT = TypeVar("AnswerT", bound=msgspec.Struct)

VectorBlob: TypeAlias = bytes
"""One embedding at rest: dim little-endian float16 values."""


class EmbeddingModel(NamedTuple):
    """Which model made a vector. Vectors of two models never mix."""

    id: str
    dim: int


class Embedder(Protocol):
    """Turns texts into vectors. Safe to call from many threads."""

    @property
    def model(self) -> EmbeddingModel:
        """The model's name and dimension."""

    def embed(self, texts: Sequence[str], *, bulk: bool = False) -> Matrix:
        """Embed texts, in order; blocks until done.

        Concurrent calls are batched together. `bulk` work yields to calls without it.

        Returns:
            Shape (len(texts), dim), float32, unit rows.

        Raises:
            EmbedderUnavailable: The model does not answer.
        """

    def close(self) -> None:
        """Release the model; later calls raise EmbedderUnavailable."""


class Reranker(Protocol):
    """Reads question and passage together. Safe to call from many threads."""

    @property
    def problem(self) -> str | None:
        """Why the latest call failed; None if it did not."""

    def score(self, query: str, passages: Sequence[str]) -> list[float] | None:
        """How likely each passage answers the question, 0 to 1; None when it failed or was late."""

    def close(self) -> None:
        """Release the model; later calls return None."""


class LanguageModel(Protocol):
    """Answers a prompt with a value of a declared shape. Safe to call from many threads."""

    @property
    def model_id(self) -> str:
        """The model's name."""

    @property
    def problem(self) -> str | None:
        """Why the latest call failed; None if it did not."""

    def complete(self, prompt: Prompt, answer: type[AnswerT]) -> AnswerT:
        """Ask, and wait for the answer. The prompt's data is quoted: it instructs nobody.

        Args:
            prompt: The task and its data.
            answer: A struct; what does not decode to it strictly is no answer.

        Raises:
            LanguageModelUnavailable: It does not answer in time, or too many wait for it.
            LanguageModelAnswerInvalid: It answered twice with something else.
        """

    def close(self) -> None:
        """Interrupt whoever waits; later calls raise LanguageModelUnavailable."""


class WindowVector(NamedTuple):
    """The embedding of one window of a memory's content: characters [start, end)."""

    start: int
    end: int
    vector: VectorBlob


class IndexedWords(NamedTuple):
    """The text of a memory as the keyword index sees it (`retrieval.words.fold`)."""

    title: str
    content: str
    tags: str


class WordHit(NamedTuple):
    """A keyword candidate: the memory's row key, and its BM25 (greater is better)."""

    key: int
    score: float


class WordsAsk(NamedTuple):
    """What memories of a namespace are asked for, that hints may be of.

    Attributes:
        terms: Of FTS5.
        least: How many of them such a memory has.
    """

    namespace: str
    terms: tuple[str, ...]
    least: int = 1


class Reader(VectorRows, GraphRows, RowPages, Vocabulary, Protocol):
    """One consistent snapshot. Rows come as they are: expiry and scope are a Filter's business."""

    def require_in_place(self) -> None:
        """Make sure that what is written here will be found again.

        Raises:
            StoreMoved: The file was removed or replaced; what it held can still be read.
        """

    def log_position(self) -> int:
        """The local position of the newest log entry; 0 for an empty store."""

    def memory(self, memory_id: str) -> Memory | None:
        """The memory with exactly this id."""

    def memories(self, ids: Sequence[str]) -> list[Memory]:
        """Those of `ids` that are live, in any order."""

    def known_ids(self, ids: Sequence[str]) -> set[str]:
        """Those of `ids` that have a history here, live or not, or are gone for good."""

    def archived(self, ids: Sequence[str]) -> list[Archived]:
        """Those of `ids` that are in the archive, in any order."""

    def archived_with_prefix(self, prefix: str, limit: int) -> list[str]:
        """Archived ids that begin with `prefix`, ascending, at most `limit`."""

    def list_archived(
        self, where: ArchiveFilter, *, after: ArchiveCursor | None, offset: int, limit: int
    ) -> list[Archived]:
        """Last archived first, then by id."""

    def archived_ids(self, where: ArchiveFilter, limit: int) -> list[str]:
        """The same order, ids only."""

    def count_archived(self, where: ArchiveFilter) -> Total:
        """How many match: exactly for a namespace alone, else up to `limits.COUNTED_MAX`."""

    def archive_figures(self) -> ArchiveFigures:
        """The figures of memory_archive_stats."""

    def matching_ids(
        self, where: Filter, expression: str | None, *, after: int, limit: int
    ) -> list[tuple[int, str]]:
        """(row key, id) of live memories that match, and match the FTS5 expression if given.

        By row key, those greater than `after`; but in a namespace without an expression in any
        order and from its beginning: for a caller who removes what it is given.
        """

    def memory_titled(self, namespace: str, title: str) -> Memory | None:
        """The memory that holds this title in this namespace."""

    def ids_with_prefix(self, prefix: str, limit: int, now: Micros | None = None) -> list[str]:
        """Ids that begin with `prefix`, ascending, at most `limit`; with `now` the unexpired."""

    def memories_by_key(self, keys: Sequence[int]) -> dict[int, Memory]:
        """Memories by their row keys."""

    def list_memories(
        self, where: Filter, *, after: ListCursor | None, offset: int, limit: int
    ) -> list[Memory]:
        """Priority descending, updated_at descending, id ascending."""

    def count_memories(self, where: Filter) -> Total:
        """How many match: exactly for namespace and tier, else up to `limits.COUNTED_MAX`."""

    def match_words(
        self, expression: str, where: Filter, *, offset: int, limit: int
    ) -> list[WordHit]:
        """Keyword candidates of an FTS5 expression, best first."""

    def rank_words(self, words: Sequence[str], where: Filter, limit: int) -> list[WordHit]:
        """The memories with any of the words (`retrieval.words.terms`), best BM25 first.

        Made for questions: quick at any size. In a large store the most common of many words may
        not count, and a memory written a moment ago is ranked as if of average length.
        """

    def count_words(self, expression: str, where: Filter) -> Total:
        """How many memories match the expression, up to `limits.COUNTED_MAX`."""

    def matching_texts(self, expression: str, texts: Sequence[IndexedWords]) -> list[int]:
        """Places of the texts that match the expression, as if the index held them and no other."""

    def archived_matching(
        self,
        expression: str,
        namespace: str | None,
        limit: int,
        choose: Callable[[Sequence[Archived]], Sequence[Memory]],
        words: Callable[[Memory], IndexedWords],
    ) -> list[Memory]:
        """Those of the last archived that match an FTS5 expression, best first.

        What is chosen and its words may be kept as long as the archive stays as it is, so both
        functions are always the same ones.

        Args:
            expression: What is looked for.
            namespace: Where they were; None: anywhere.
            limit: So many, the last that were archived, are looked at.
            choose: Which of them count.
            words: What the index would hold of one.
        """

    def anything_gone(self, now: Micros) -> bool:
        """Whether any memory is archived, or has expired and is about to be."""

    def window_memories(self, keys: Sequence[int]) -> dict[int, tuple[int, int, int]]:
        """For each window key: (memory row key, start, end)."""

    def similar_texts(self, asks: Sequence[WordsAsk], limit: int, now: Micros) -> list[list[str]]:
        """For each ask: ids of memories that have so many of its terms.

        Most shared first; a bounded look at the newest memories per term, good for a hint.
        """

    def history(self, memory_id: str, *, limit: int, offset: int) -> list[Version]:
        """Versions, newest first."""

    def count_history(self, memory_id: str) -> int:
        """How many versions there are."""

    def version(self, memory_id: str, number: int) -> Version | None:
        """One version by its number."""

    def window_keys_between(self, low: int, high: int) -> list[int]:
        """The keys of all models' windows in (low, high], ascending."""

    def scrub_due(self) -> str | None:
        """A mark, if something was erased whose traces in the files nobody has removed yet."""

    def traces(self, memory_id: str) -> Traces:
        """What there is of a memory, wherever it is."""

    def payload(self, memory_id: str, number: int, payload_hash: bytes) -> Payload | None:
        """What a version says; None when it was erased or never known."""

    def namespaces(
        self, now: Micros, *, after: NamespaceCursor | None = None, limit: int = ...
    ) -> tuple[list[tuple[str, int]], int]:
        """(namespace, live memories), most populous first, then by name; and how many in all."""

    def counts(self, now: Micros) -> StoreCounts:
        """The figures of memory_stats, as of one snapshot."""

    def embedding_model(self) -> EmbeddingModel | None:
        """The model whose vectors are searched; None before the first."""

    def coming_model(self) -> EmbeddingModel | None:
        """The model that shall take its place, whose vectors are being made; None mostly."""

    def is_leaving(self) -> bool:
        """Whether vectors of a model that served once are still there."""

    def vectors_of(self, model: EmbeddingModel) -> VectorRows:
        """The vectors of one model, serving or coming; none of any other's.

        The methods of VectorRows here are those of the serving model.
        """

    def unprepared(self, limit: int) -> Unprepared:
        """Some memories without vectors of the coming model; at most `limit` are looked at."""

    def count_unprepared(self) -> int:
        """How many memories the coming model has still to look at."""

    def unembedded(self, limit: int) -> list[Memory]:
        """Memories whose current text has no vectors yet, oldest first."""

    def count_unembedded(self) -> int:
        """How many memories wait for vectors."""

    def count_expired(self, now: Micros) -> int:
        """How many live rows are past their expiry."""

    def expired(self, now: Micros, limit: int) -> list[str]:
        """Ids past their expiry."""

    def log_entries(self, after: int, limit: int) -> list[LogEntry]:
        """Log entries behind a local position, in local order."""

    def model_work(self) -> WorkCounts:
        """How the language model's queue stands."""

    def untagged(self, after: str, limit: int, now: Micros) -> list[str]:
        """Ids greater than `after` of lasting memories that no model has tagged, ascending."""

    def lasting(self, after: str, limit: int, now: Micros) -> list[str]:
        """Ids greater than `after` of mid and long memories, ascending."""

    def drifting(self, after: str, limit: int, now: Micros) -> list[str]:
        """Those of them that are much used or never were, and did not drift of late."""

    def curations(
        self, *, limit: int, curation_id: str | None = None, run_id: str | None = None
    ) -> list[Curation]:
        """What the curator did, newest first."""

    def curator_runs(self, limit: int) -> list[CuratorRun]:
        """The curator's reports, newest first."""

    def state_hash(self) -> bytes:
        """SHA-256 over every replicated row in a canonical order: equal stores, equal hashes."""

    def integrity_problems(self) -> list[str]:
        """What the database's own checks find; empty: sound."""


class Total(NamedTuple):
    """How many there are; at least so many, if `is_exact` is false."""

    value: int
    is_exact: bool


class Unprepared(NamedTuple):
    """What is to be embedded next for the coming model.

    Attributes:
        memories: Without its vectors.
        begins: The row key up to which all memories have them, or are among these.
        reached: The same, once these have them.
    """

    memories: list[Memory]
    begins: int
    reached: int


class StoreCounts(NamedTuple):
    """Figures about a store."""

    total: int
    by_tier: list[tuple[str, int]]
    by_namespace: list[tuple[str, int]]
    expiring_soon: int
    links: int
    windows: int
    unembedded: int
    archived: int
    file_bytes: int


class Transaction(Reader, RowIntake, Protocol):
    """A write transaction; its reads see its own writes. Only `operations/apply.py` writes rows."""

    def append_log(self, entries: Sequence[LogEntry]) -> None:
        """Add entries to the log."""

    def next_stamp(self, now: Micros) -> tuple[str, int, HybridTime]:
        """(origin, sequence, hybrid time) for the next entry of this node; gap-free per origin."""

    def put_memory(self, memory: Memory, payload_hash: bytes, words: IndexedWords) -> None:
        """Insert the memory, or replace the row with its id, with its version and its words."""

    def delete_memory(self, memory_id: str, *, at: Micros, reason: str) -> None:
        """Move the row out of the live tables into the archive; its versions stay."""

    def purge_memory(self, memory_id: str, *, at: Micros, kind: str) -> None:
        """Remove the memory wherever it is, with its versions and links; leave a tombstone.

        Args:
            memory_id: Which; may be unknown.
            at: When.
            kind: `purged` or `erased`; both leave a mark that a scrub is due.
        """

    def scrubbed(self, mark: str) -> None:
        """Take the mark away, unless another erasure has come since."""

    def put_link(self, link: Link) -> None:
        """Record a belief; what was believed of the same interval until then is retracted."""

    def retract_link(self, fact: LinkDeleted) -> None:
        """No longer believe an interval, and put nothing in its place."""

    def put_windows(
        self,
        memory_id: str,
        payload_hash: bytes,
        model: EmbeddingModel,
        windows: Sequence[WindowVector],
    ) -> bool:
        """Replace the memory's vectors of a model.

        Returns:
            False if its text is not the one they were made from, or the model neither serves nor is
            coming. The first model a store sees serves.
        """

    def begin_model(self, model: EmbeddingModel) -> bool:
        """Let `model` be the coming one, unless it serves or no other does; whether it serves.

        Another that was coming leaves. One that was coming already goes on where it was.
        """

    def reach(self, model: EmbeddingModel, found: Unprepared) -> bool:
        """Note that these are done, in the transaction that puts their windows.

        Returns:
            False if the model is not the coming one any more.
        """

    def switch_model(self, model: EmbeddingModel, stragglers_max: int) -> bool:
        """Let the coming model serve, and the serving one leave; whether it serves now.

        It does not as long as more than `stragglers_max` memories lack its vectors. Those that
        lack them after the switch are `unembedded`.
        """

    def drop_left(self, limit: int) -> int:
        """Remove some vectors of models that are leaving; how many. 0: there were none."""

    def touch(self, touches: Sequence[tuple[str, int, Micros | None]]) -> None:
        """Add (id, count, at) to the access counters; not logged."""

    def put_model_work(self, works: Sequence[ModelWork], due_at: Micros) -> None:
        """Queue work; what is queued already about the same text stays as it is."""

    def take_model_work(self, now: Micros, until: Micros) -> ModelWork | None:
        """The work longest due; until `until` nobody else is given it."""

    def end_model_work(self, work: ModelWork) -> None:
        """Drop the work, unless newer text has replaced it."""

    def fail_model_work(self, work: ModelWork, problem: str, again_at: Micros | None) -> None:
        """Note why it failed, and when to try again; None: give it up, visibly."""

    def put_curation(self, curation: Curation) -> None:
        """Note an action of the curator."""

    def mark_undone(self, curation_id: str, at: Micros) -> None:
        """Note that an action was undone."""

    def put_curator_run(self, run: CuratorRun, keep: int) -> None:
        """Keep a report, and the `keep` newest of them."""


class Lookups(NamedTuple):
    """Rows an operation will read by key, so that a batch fetches them in a few statements."""

    ids: tuple[str, ...] = ()
    titles: tuple[tuple[str, str], ...] = ()
    similar: tuple[WordsAsk, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()


class OutOfSteps(Exception):
    """A read costs more than its reader may spend; nothing is wrong with it."""


class Store(Protocol):
    """Holds rows, and no opinions.

    Attributes:
        read_only: It can only be read here; what would be written is refused, with StoreReadOnly.
    """

    read_only: bool

    @property
    def origin(self) -> str:
        """This node's name in the log; made once, kept with the database."""

    @property
    def file(self) -> tuple[int, int] | None:
        """What tells its file from another of the same name; None where none can take its place."""

    def read(self, steps_max: int | None = None) -> AbstractContextManager[Reader]:
        """One consistent snapshot, on this thread's connection.

        Args:
            steps_max: What it may cost, in steps of the database's machine; then it waits for
                nobody either. Counted, not timed: the same on a machine that is busy.

        Raises:
            OutOfSteps: It costs more; from the call, or from what is asked of the snapshot.
        """

    def submit(
        self, work: Callable[[Transaction], Any], lookups: Lookups = Lookups()
    ) -> Future[Any]:
        """Run `work` in a write transaction, possibly together with others'.

        The future resolves after the commit is durable. An exception from `work` undoes its own
        writes only. `work` may run more than once, so it must not have effects elsewhere.

        Raises (through the future):
            StoreBusy: Another process held the lock beyond the bounded wait.
            StoreMoved: The file was removed or replaced; nothing is acknowledged any more.
            StoreUnavailable: The database failed.
        """

    def tidy(self) -> bool:
        """Give the room of an overgrown write-ahead log back; whether none is overgrown now.

        A snapshot held for long keeps it growing: say it between two such.
        """

    def merge_words(self) -> bool:
        """Bring a little of the keyword index together; whether more of it lies apart.

        Writing leaves it in parts, and whoever looks for a word looks in each. Takes a few
        milliseconds, for which writers wait.

        Raises:
            NodeClosed: The store is closing.
            StoreBusy, StoreUnavailable: See `submit`.
        """

    def forget_erased(self) -> None:
        """Drop what is kept in memory, if any process has erased or purged something since."""

    def scrub(self) -> bool:
        """Rewrite the file without what is deleted, and empty its write-ahead log.

        Takes a second or so per 100 MB; readers go on, writers wait.

        Returns:
            False if a reader would not let go of the log in time: then some of it is left.
        """

    def close(self) -> None:
        """Finish what was submitted, then close every connection."""


class Observer(Protocol):
    """Is told what happened; must be quick and must not raise."""

    def executed(self, operation: str, seconds: float, code: str) -> None:
        """An operation ended; `code` is `OK` or the error's."""

    def committed(self, entries: Sequence[LogEntry]) -> None:
        """These entries became durable on this node."""


class TokenCounter(Protocol):
    """Counts cl100k tokens."""

    def __call__(self, texts: Iterable[str]) -> list[int]:
        """Tokens of each text."""
