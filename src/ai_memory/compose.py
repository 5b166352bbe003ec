"""Config → Node: the only place where adapters are chosen."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from ai_memory.adapters.private import tighten
from ai_memory.adapters.sqlite.connection import MEMORY
from ai_memory.adapters.sqlite.store import SqliteStore
from ai_memory.adapters.system import SystemClock, SystemEntropy, own_agent_id, usable_processors
from ai_memory.config import Config, default_db
from ai_memory.errors import (
    ConfigInvalid,
    EmbedderUnavailable,
    EmbeddingModelMismatch,
    StoreUnavailable,
)
from ai_memory.gate import Gate
from ai_memory.model.command import Caller
from ai_memory.node import LiveKeys, Node, Ports
from ai_memory.operations.step import Facts
from ai_memory.version import __version__
from ai_memory.workers.janitor import Janitor
from ai_memory.workers.reembedder import Reembedder

if TYPE_CHECKING:
    from ai_memory.adapters.reranker import OnnxCrossEncoder
    from ai_memory.adapters.sqlite.place import FileId
    from ai_memory.adapters.sqlite.turn import Turn
    from ai_memory.adapters.vector_index.folder import IndexFolder
    from ai_memory.ports import (
        Clock,
        Embedder,
        EmbeddingModel,
        Entropy,
        IndexPurge,
        LanguageModel,
        Observer,
        VectorIndex,
    )
    from ai_memory.workers.curator import Curator

WORD_WEIGHTS: Final = (2.0, 1.0, 1.5)  # title, content, tags in BM25 (docs/adr/0005)
_POOL_THREADS: Final = 8
_PROCESSORS_MAX: Final = 4  # that help those who share one interpreter lock
_ASKING_THREADS: Final = 8  # that wait for the language model; it is asked less at once
_OLLAMA_MODELS: Final = {"smart": "gemma4:e2b", "autonomous": "gemma4:e4b"}

Progress = Callable[[str, float], None]
"""(what is being done, share done)."""


class Share(NamedTuple):
    """What part a process has that is one of several which answer for one node.

    Attributes:
        processes: How many there are; they share the processors.
        keeps_house: It does what only one need do: the janitor's chores and the curator's work.
        ring: Wakes the one that does.
        turns: A descriptor they have in common, on which they take turns to write.
        file: Which file the others have open; None for the first of them.
    """

    processes: int = 1
    keeps_house: bool = True
    ring: Callable[[], None] = lambda: None
    turns: int | None = None
    file: FileId | None = None


class OpenNode:
    """A node with everything it owns, to be closed once."""

    def __init__(
        self,
        node: Node,
        janitor: Janitor,
        reembedder: Reembedder,
        curator: Curator | None,
        owned: ExitStack,
        config: Config,
    ) -> None:
        self.node = node
        self.janitor = janitor
        self.reembedder = reembedder
        self.config = config
        self._curator = curator
        self._owned = owned
        self._lock = threading.Lock()
        self._closed = False

    @property
    def curator(self) -> Curator:
        """Runs rounds when asked, if it does not by itself; see `workers.curator`."""
        with self._lock:
            if self._curator is None:
                self._curator = _curator(self.node, self.config, background=False)
            return self._curator

    def caller(
        self,
        face: str,
        agent_id: str | None = None,
        client: str | None = None,
        project: str | None = None,
    ) -> Caller:
        """Who calls, and from which project.

        Args:
            face: Through which face.
            agent_id: The claimed identity; None: the configured one, else the process's own.
            client: The name of the client's program, for the process's own.
            project: See `adapters.project.own_project`.
        """
        return Caller(
            agent_id=agent_id
            or self.config.agent_id
            or own_agent_id(client=client, anonymize=self.config.anonymize),
            face=face,  # type: ignore[arg-type]
            project=project,
        )

    def close(self) -> None:
        """Finish the janitor's work, then close every port; twice is once."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        with self._owned:  # closed whatever the janitor meets
            try:
                if self._curator is not None:
                    self._curator.close()
                self.janitor.close()
            finally:
                self.node.close()


def open_node(  # noqa: PLR0913 - each is a choice of its own, given by name
    config: Config,
    *,
    background: bool = True,
    clock: Clock | None = None,
    entropy: Entropy | None = None,
    embedder: Embedder | None = None,
    observer: Observer | None = None,
    progress: Progress | None = None,
    replace_model: bool = False,
    share: Share = Share(),
    vectors_later: bool = False,
) -> OpenNode:
    """Open the store and what the feature level needs.

    Args:
        config: The settings.
        background: Start the janitor's thread; without it, its work is done at closing.
        clock: Instead of the machine's.
        entropy: Instead of the machine's.
        embedder: Instead of the configured one.
        observer: Is told of every operation and commit.
        progress: Is told how far a first conversion of the model has come, and a migration of many
            memories.
        replace_model: Open although another model serves and none is coming; `reembed` needs it.
        vectors_later: Load no embedder: what is stored gets its vectors from the next process that
            has one.
        share: Of the work, where several processes answer for one node.

    Raises:
        EmbeddingModelMismatch: Another model serves, and the configured one is not coming.
        SchemaTooNew, StoreBusy, StoreUnavailable: The database cannot be used.
        ConfigInvalid: The embedder's or the language model's settings are incomplete.
    """
    _require_place(config)
    clock, entropy = clock or SystemClock(), entropy or SystemEntropy()
    gate = Gate(_computing_at_once(share.processes))
    with ExitStack() as opening:
        if config.db == default_db():
            _tighten(Path(config.db))
        store = SqliteStore(
            config.db,
            clock=clock,
            entropy=entropy,
            bm25_weights=WORD_WEIGHTS,
            turn=_turn(share),
            expected=share.file,
            told=partial(progress, "Indexing the words of the database anew") if progress else None,
        )
        opening.callback(store.close)
        index: VectorIndex | None = None
        folder: IndexFolder | None = None
        problem = None
        later = vectors_later and config.tier != "keyword" and config.embedder != "none"
        if not later:
            embedder, problem = _embedder(config, embedder, progress, gate, share.processes)
        model = embedder.model if embedder else None
        if embedder is not None and model is not None:
            opening.callback(embedder.close)
            if not replace_model:
                with store.read() as rows:
                    if rows.coming_model() != model:
                        _require_same_model(rows.embedding_model(), model)
            with store.read() as rows:
                serving = rows.embedding_model()
            folder, index = _index(config.db, model, serving, adopts=not store.read_only)
            opening.callback(index.close)
        reranker, reranker_problem = _reranker(config)
        if reranker is not None:
            opening.callback(reranker.close)
        pool = ThreadPoolExecutor(_POOL_THREADS, thread_name_prefix="ai-memory-call")
        opening.callback(pool.shutdown)
        asking = ThreadPoolExecutor(_ASKING_THREADS, thread_name_prefix="ai-memory-asking")
        opening.callback(asking.shutdown)
        language_model, language_model_problem = _language_model(config)
        if language_model is not None:
            opening.callback(language_model.close)  # first: it wakes the threads that wait for it
        owned = opening.pop_all()
    ports = Ports(
        store=store,
        clock=clock,
        entropy=entropy,
        count_tokens=_count_tokens,
        embedder=embedder,
        vector_index=index,
        purge_index=None if config.db == MEMORY else partial(_purge_index, Path(config.db)),
        observer=observer,
        reranker=reranker,
        language_model=language_model,
        gate=gate,
    )
    facts = Facts(
        version=__version__,
        level=config.tier,
        embedder=model,
        embedder_problem=problem,
        reranker=reranker.model_id if reranker else None,
        reranker_problem=reranker_problem,
        language_model=language_model.model_id if language_model else None,
        language_model_problem=language_model_problem,
        profile=config.profile,
        workers=share.processes,
        vectors_later=later,
    )
    node = Node(ports, retention=config.retention, facts=facts, pool=pool, asking=asking)
    if background and config.switch_interval_ms:
        _quicken(config.switch_interval_ms / 1_000)
    reembedder = Reembedder(node, folder)
    janitor = Janitor(
        node,
        reembedder,
        background=background,
        archive_max_days=config.archive_max_days,
        pass_on=None if share.keeps_house else share.ring,
    )
    curates = background and config.tier in _OLLAMA_MODELS and not store.read_only
    if curates and not share.keeps_house:
        node.wake_curator = node.wake
    curator = _curator(node, config, background=True) if curates and share.keeps_house else None
    return OpenNode(node, janitor, reembedder, curator, owned, config)


def _count_tokens(texts: Iterable[str]) -> list[int]:
    """See ports.TokenCounter; imported only where tokens are counted."""
    from ai_memory.adapters.tokens import count_cl100k

    return count_cl100k(texts)


def _require_place(config: Config) -> None:
    """Refuse a database path that somebody gave and that leads nowhere: it was mistyped.

    A new folder is made in one that is there, and all folders of the default place, which nobody
    types.

    Raises:
        StoreUnavailable: It is a folder, or neither its folder nor the one above is there.
    """
    if config.db == MEMORY:
        return
    path = Path(config.db)
    if path.is_dir():
        raise StoreUnavailable(
            f"{path} is a folder, not a database file",
            hint=f"Name a file in it, like {path / 'ai-memory.db'}.",
        )
    folder = path.absolute().parent
    if config.origins.get("db") != "default" and not (folder.is_dir() or folder.parent.is_dir()):
        there = next((one for one in path.absolute().parents if one.is_dir()), path.anchor)
        raise StoreUnavailable(
            f"there is no folder {folder.parent} to keep {folder.name}/{path.name} in",
            hint=f"Of that path, {there} is there: correct it, or make the folder first.",
        )


def _curator(node: Node, config: Config, *, background: bool) -> Curator:
    """Imported only where it is wanted: it brings half of the operations along."""
    from ai_memory.workers.curator import Curator, Plan

    return Curator(
        node,
        background=background,
        interval_secs=config.curator_interval_secs if config.tier == "autonomous" else 0,
        plan=Plan(max_ops=config.curator_max_ops, max_secs=config.curator_max_secs),
    )


def _turn(share: Share) -> Turn | None:
    """Turns to write with other processes; imported only where there are some."""
    if share.turns is None:
        return None
    from ai_memory.adapters.sqlite.turn import Turn

    return Turn(share.turns, share.processes)


def _computing_at_once(processes: int) -> int:
    """One more than there are processors: then one computes while another waits for the lock."""
    return min(_processors_of_each(processes), _PROCESSORS_MAX) + 1


def _processors_of_each(processes: int) -> int:
    """A process's share of the processors; at least 1."""
    return max(1, usable_processors() // processes)


def _quicken(seconds: float) -> None:
    """Hand the interpreter lock over sooner than Python's 5 ms.

    A store or recall takes the lock a dozen times; beside one CPU-bound thread each time costs a
    whole switch interval (docs/adr/0002).
    """
    sys.setswitchinterval(min(sys.getswitchinterval(), seconds))


def _embedder(
    config: Config, given: Embedder | None, progress: Progress | None, gate: Gate, processes: int
) -> tuple[Embedder | None, str | None]:
    """The embedder of the feature level, or why there is none."""
    if given is not None:
        return given, None
    if config.tier == "keyword":
        return None, None
    if config.embedder == "none":
        return None, "no embedder is configured"
    try:
        return configured_embedder(config, progress, gate, processes=processes), None
    except EmbedderUnavailable as failure:
        return None, f"{failure.message}. {failure.hint}"


def configured_embedder(
    config: Config,
    progress: Progress | None = None,
    gate: Gate | None = None,
    *,
    processes: int = 1,
) -> Embedder:
    """Open the embedder that the settings name, whatever the feature level.

    Args:
        config: The settings.
        progress: Is told how far a first conversion of the model has come.
        gate: What computes in this process passes it.
        processes: So many share the processors.

    Raises:
        EmbedderUnavailable: It cannot be loaded or reached.
    """
    from ai_memory.adapters.embedder import EmbedderSpec, open_embedder

    spec = EmbedderSpec(
        kind=config.embedder,  # type: ignore[arg-type]
        model=config.embedding_model,
        path=Path(config.embedding_path) if config.embedding_path else None,
        url=config.embedding_url,
        api_key=config.embedding_api_key,
        dim=config.embedding_dim,
        cache_dir=Path(config.cache_dir),
        threads=None if processes == 1 else max(1, _processors_of_each(processes) // 2),
        gate=gate,
    )
    return open_embedder(spec, progress=progress)


def _reranker(config: Config) -> tuple[OnnxCrossEncoder | None, str | None]:
    """The configured cross-encoder at the autonomous level, or why there is none."""
    if config.tier != "autonomous" or config.reranker_path is None:
        return None, None
    try:
        from ai_memory.adapters.reranker import OnnxCrossEncoder, RerankerRefused
    except ModuleNotFoundError as missing:
        from ai_memory.extras import install_hint

        return None, f"the package {missing.name} is not installed. {install_hint('semantic')}"
    try:
        return OnnxCrossEncoder(
            Path(config.reranker_path), timeout_ms=config.rerank_timeout_ms
        ), None
    except RerankerRefused as failure:
        return None, f"the reranker in {config.reranker_path} cannot be used: {failure}"


def _language_model(config: Config) -> tuple[LanguageModel | None, str | None]:
    """The language model of the feature level, or why there is none. It is not asked yet.

    Raises:
        ConfigInvalid: The endpoint's model is not named.
    """
    if config.tier not in _OLLAMA_MODELS:
        return None, None
    if config.llm == "none":
        return None, "no language model is configured"
    model = config.llm_model or (_OLLAMA_MODELS[config.tier] if config.llm == "ollama" else None)
    if model is None:
        raise ConfigInvalid(
            f"the language model at the {config.llm} endpoint is not named",
            hint="Set AI_MEMORY_LLM_MODEL (llm.model), or AI_MEMORY_LLM=none.",
            setting="llm_model",
        )
    from ai_memory.adapters.llm import LanguageModelSpec, open_language_model

    spec = LanguageModelSpec(
        kind=config.llm,  # type: ignore[arg-type]
        model=model,
        url=config.llm_url,
        api_key=config.llm_api_key,
        timeout_secs=config.llm_timeout_secs,
        concurrency=config.llm_concurrency,
    )
    return open_language_model(spec), None


def _require_same_model(stored: EmbeddingModel | None, model: EmbeddingModel) -> None:
    if stored is not None and stored != model:
        raise EmbeddingModelMismatch(
            f"the store's vectors are of {stored.id} ({stored.dim} dimensions), "
            f"the configured embedder is {model.id} ({model.dim})",
            stored_model=stored.id,
            configured_model=model.id,
        )


def _purge_index(db: Path, live: LiveKeys) -> IndexPurge:
    """Remove files of the index; there may be some even if this node has no embedder."""
    from ai_memory.adapters.vector_index.folder import IndexFolder
    from ai_memory.adapters.vector_index.purge import purge_folder

    folder = IndexFolder(db).path
    assert folder is not None
    return purge_folder(folder, live)


def _index(
    db: str, model: EmbeddingModel, serving: EmbeddingModel | None, *, adopts: bool
) -> tuple[IndexFolder, VectorIndex]:
    from ai_memory.adapters.vector_index import open_vector_index
    from ai_memory.adapters.vector_index.folder import IndexFolder

    folder = IndexFolder(None if db == MEMORY else Path(db))
    if serving is not None and adopts:
        folder.adopt(serving)
    return folder, open_vector_index(folder.of_model(model), model)


def _tighten(database: Path) -> None:
    """Close our own place to others; where somebody chose a place, its mode is theirs to choose."""
    beside = (database.with_name(database.name + ending) for ending in ("-wal", "-shm"))
    for path in (database.parent, database, *beside):
        tighten(path)
