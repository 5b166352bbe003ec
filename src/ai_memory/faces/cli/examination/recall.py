"""The embedder, the vector index and the way a question takes through them."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from ai_memory import limits
from ai_memory.adapters.sqlite.connection import MEMORY
from ai_memory.compose import OpenNode, open_node
from ai_memory.config import Config, is_loopback
from ai_memory.errors import AiMemoryError
from ai_memory.faces.cli.examination.graph import examine_belonging, examine_graph
from ai_memory.faces.cli.examination.section import Section
from ai_memory.faces.cli.language_advice import FINDING, SAMPLE, language_advice
from ai_memory.faces.cli.paint import plural
from ai_memory.model.clock import SECOND
from ai_memory.model.command import Caller
from ai_memory.operations.expand_query import ExpandQuery
from ai_memory.operations.list_memories import ListMemories, ListResult
from ai_memory.operations.memory_health import HealthResult, MemoryHealth
from ai_memory.operations.memory_stats import MemoryStats, StatsResult
from ai_memory.operations.recall_memories import RecallMemories
from ai_memory.operations.store_memory import StoreMemory

if TYPE_CHECKING:
    from ai_memory.compose import Progress

_INDEX_FIX: Final = {
    False: "Recall reads the rows instead; `ai-memory doctor --fix` mends it.",
    True: "Recall reads the rows instead; it could not be mended.",
}


def examine_recall(
    config: Config, *, usable: bool, fix: bool, progress: Progress | None
) -> list[Section]:
    """The sections Embedder, Index, Recall, Graph and Language model.

    Args:
        config: The settings.
        usable: There is a database that can be opened.
        fix: Make missing vectors and the files of the index.
        progress: Is told how far a first conversion of the model has come.
    """
    embedder = Section(name="Embedder", facts=[])
    index = Section(name="Index", facts=[])
    recall = Section(name="Recall", facts=[])
    language_model = Section(name="Language model", facts=[])
    graph = Section(name="Graph", facts=[])
    sections = [embedder, index, recall, graph, language_model]
    try:
        # A memory of its own: the model is tried out even where there is no database.
        trial = open_node(config._replace(db=MEMORY), background=False, progress=progress)
    except AiMemoryError as failure:
        embedder.find("critical", failure.message, failure.hint)
        for section in (index, recall, graph, language_model):
            section.severity = "notavailable"
        return sections
    with closing(trial):
        _examine_embedder(embedder, trial)
        _examine_language_model(language_model, trial)
    if not usable:
        index.severity = recall.severity = graph.severity = "notavailable"
        index.note = recall.note = graph.note = "There is no database that could be asked."
        return sections
    try:
        with closing(open_node(config, background=False)) as opened:
            _examine_model_work(language_model, opened)
            _examine_answers(recall, opened, fix=fix)
            examine_graph(graph, opened)
            _examine_index(index, opened, fix=fix)
    except AiMemoryError as failure:
        recall.find("critical", failure.message, failure.hint)
        if not index.facts:
            index.severity = "notavailable"
    return sections


def _examine_embedder(section: Section, opened: OpenNode) -> None:
    config, facts = opened.config, opened.node.facts
    section.fact("level", facts.level)
    section.fact("embedder", config.embedder)
    if facts.embedder is None:
        problem = facts.embedder_problem
        if problem is None:
            section.note = "The keyword level needs none; --level semantic finds by meaning too."
        else:
            section.find("warning", f"keyword search only: {problem}")
        return
    section.fact("model", facts.embedder.id)
    section.fact("dimensions", facts.embedder.dim)
    section.fact("cache", config.cache_dir)
    caller = opened.caller("cli")
    stored = StoreMemory(title="Coffee", content="Ada drinks her coffee black.")
    question = RecallMemories(context="a hot beverage without milk")
    try:
        clock = opened.node.clock
        began = clock.monotonic()
        opened.node.execute(caller, stored)
        found = opened.node.execute(caller, question)
        section.fact("a store and a recall, ms", round((clock.monotonic() - began) * 1_000, 1))
    except AiMemoryError as failure:
        section.find("critical", failure.message, failure.hint)
        return
    if found.mode != "hybrid":
        section.find(
            "warning",
            "the embedder does not answer",
            "Check its address and its key, if it has one.",
        )


def _examine_language_model(section: Section, opened: OpenNode) -> None:
    """Ask it something small: reach, answer and schema in one."""
    config, facts = opened.config, opened.node.facts
    section.fact("level", facts.level)
    if facts.language_model is None:
        section.severity = "notavailable"
        section.note = facts.language_model_problem or (
            "The keyword and semantic levels need none; --level smart tags and judges."
        )
        return
    section.fact("provider", config.llm)
    section.fact("model", facts.language_model)
    if config.llm_url is not None:
        section.fact("url", config.llm_url)
        url = urlsplit(config.llm_url)
        if url.scheme == "http" and not is_loopback(url.hostname or ""):
            section.find(
                "warning", "memories travel to the model unencrypted", "Give llm_url as https://."
            )
    clock = opened.node.clock
    began = clock.monotonic()
    try:
        answer = opened.node.execute(opened.caller("cli"), ExpandQuery(query="a hot beverage"))
    except AiMemoryError as failure:
        section.find("warning", failure.message, failure.hint)
        return
    section.fact("an answer, ms", round((clock.monotonic() - began) * 1_000, 1))
    section.fact("related to 'a hot beverage'", answer.expanded_terms)
    if not answer.expanded_terms:
        section.find(
            "warning", "the model named no related words", "Another llm_model may understand more."
        )


def _examine_model_work(section: Section, opened: OpenNode) -> None:
    """What waits for the language model, and what it could not do."""
    with opened.node.store.read() as rows:
        counts = rows.model_work()
    if counts.waiting or counts.given_up or opened.node.language_model is not None:
        section.fact("texts waiting for tags", counts.waiting)
        section.fact("texts given up", counts.given_up)
    if counts.given_up:
        why = f": {counts.problem}" if counts.problem else ""
        section.find(
            "warning",
            f"{plural(counts.given_up, 'text was', 'texts were')} given up{why}",
            "Mend the model's endpoint; `ai-memory curator --once` tags what has no tags.",
        )


def _examine_index(section: Section, opened: OpenNode, *, fix: bool) -> None:
    """The files of the index against the rows."""
    index: Any = opened.node.index
    model = opened.node.facts.embedder
    if index is None or model is None:
        section.severity = "notavailable"
        section.note = "Without an embedder no vectors are searched."
        return
    with opened.node.store.read() as rows:
        vectors = rows.vectors_of(model)
        problems = index.examine(vectors)
        windows = vectors.window_count()
    if fix:
        opened.janitor.save_index()
        index.sweep()
        found, problems = problems, index.stats()["problems"]
        mended = [problem for problem in found if problem not in problems]
        if mended:
            section.fact("mended", mended)
    figures = index.stats()
    section.fact("vectors", windows)
    for name in ("segments", "segment_rows", "file_bytes"):
        section.fact(name.replace("_", " "), figures[name])
    unsaved = max(0, windows - figures["segment_rows"])
    section.fact("vectors in no file", unsaved)
    for problem in problems:
        section.find("warning", f"the index has a problem: {problem}", _INDEX_FIX[fix])
    if unsaved > limits.CLOSING_SAVE_ROWS_MAX and not problems:
        section.find(
            "warning",
            f"{unsaved} vectors are in no file of the index: every process reads them anew",
            _INDEX_FIX[fix],
        )


def _examine_answers(section: Section, opened: OpenNode, *, fix: bool) -> None:
    """Figures of the store that a recall depends on."""
    caller = opened.caller("cli")
    if fix and opened.node.facts.embedder is not None:
        _mend_vectors(opened)
    stats: StatsResult = opened.node.execute(caller, MemoryStats())
    health: HealthResult = opened.node.execute(caller, MemoryHealth())
    section.fact("memories", stats.total)
    section.fact("expiring within 1h", stats.expiring_soon)
    section.fact("archived", stats.archived_total)
    section.fact("namespaces", len(stats.by_namespace))
    examine_belonging(section, {one.namespace: one.count for one in stats.by_namespace})
    section.fact("mode", "hybrid" if health.embedder_ready else "keyword")
    section.fact("waiting for vectors", stats.unembedded)
    if stats.unembedded and health.embedder_ready:
        _examine_waiting(section, opened, stats.unembedded)
    _examine_language(section, opened, caller)
    _examine_change(section, opened)


def _examine_waiting(section: Section, opened: OpenNode, count: int) -> None:
    """A store without a running node leaves its vectors for later; only what waits long is told."""
    with opened.node.store.read() as rows:
        oldest = rows.unembedded(1)
    late = opened.node.clock.now() - int(limits.VECTORS_LATE_SECS * SECOND)
    if oldest and oldest[0].updated_at > late:
        section.fact("vectors will be made by", "the next recall, or a running node")
        return
    section.find(
        "warning",
        f"{plural(count, 'memory has', 'memories have')} no vectors yet",
        "A running node makes them by itself; else run `ai-memory reembed`.",
    )


def _examine_language(section: Section, opened: OpenNode, caller: Caller) -> None:
    """Whether the model knows what most of the memories are written in."""
    sample: ListResult = opened.node.execute(caller, ListMemories(limit=SAMPLE))
    texts = (f"{memory.title}\n{memory.content}" for memory in sample.memories)
    advice = language_advice(texts, opened.config)
    if advice is not None:
        section.find("warning", FINDING, advice)


def _examine_change(section: Section, opened: OpenNode) -> None:
    """Whether the embedding model is being changed, or somebody broke off while it was."""
    with opened.node.store.read() as rows:
        serving, coming = rows.embedding_model(), rows.coming_model()
        left, is_leaving = rows.count_unprepared(), rows.is_leaving()
    if serving is not None:
        section.fact("serving model", serving.id)
    running = (coming is not None or is_leaving) and opened.reembedder.is_running()
    if coming is not None:
        section.fact("coming model", coming.id)
        section.fact("memories it has not seen", left)
        section.fact("being prepared now", running)
    if running:
        return
    if coming is not None:
        own = coming == opened.node.facts.embedder
        section.find(
            "warning",
            f"a change of the embedding model to {coming.id} was broken off with "
            f"{plural(left, 'memory', 'memories')} to go",
            "`ai-memory reembed` goes on, and so does a node."
            if own
            else f"`ai-memory reembed` goes on with that model configured, and gives it up with "
            f"{serving.id if serving else 'another'}.",
        )
    if is_leaving:
        section.find(
            "warning",
            "vectors of a model that serves no more are still there",
            "A running node removes them; else run `ai-memory reembed`.",
        )


def _mend_vectors(opened: OpenNode) -> None:
    """Go on with what was broken off, and make missing vectors; another process may be at it."""
    with opened.node.store.read() as rows:
        serving, coming = rows.embedding_model(), rows.coming_model()
    own = opened.node.facts.embedder
    if coming == own or (coming is None and serving in (None, own)):
        opened.reembedder.run()
