"""The operations that are measured, each with what the bare libraries do for the same input."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ai_memory import limits
from ai_memory.compose import OpenNode
from ai_memory.measure.bench.duel import Act, Contest
from ai_memory.measure.bench.filling import bare_id
from ai_memory.measure.bench.stand import Stand
from ai_memory.measure.floor.rows import BareRows
from ai_memory.operations.check_duplicate import CheckDuplicate
from ai_memory.operations.delete_memory import DeleteMemory
from ai_memory.operations.get_memory import GetMemory
from ai_memory.operations.list_memories import ListMemories
from ai_memory.operations.list_namespaces import ListNamespaces
from ai_memory.operations.memory_stats import MemoryStats
from ai_memory.operations.recall_memories import RecallMemories
from ai_memory.operations.search_memories import SearchMemories
from ai_memory.operations.store_memory import StoreMemory
from ai_memory.operations.update_memory import UpdateMemory
from ai_memory.retrieval.expression import and_expression
from ai_memory.retrieval.fusion import WINDOW_HITS, WORD_HITS
from ai_memory.retrieval.window import windows

_REPEATED: Final = 8  # questions, asked over and over


def with_vectors(stand: Stand, opened: OpenNode, warm_up: int) -> Iterator[Contest]:
    """What the semantic level does: recall by words and vectors, store with an embedding.

    Both sides first answer `warm_up` questions that are not measured.
    """
    node, caller = opened.node, opened.caller("python")

    def store(_turn: int) -> None:
        text = stand.fresh()
        node.execute(
            caller, StoreMemory(title=text.title, content=text.content, namespace=text.topic)
        )

    def store_floor(_turn: int) -> None:
        text = stand.fresh()
        vector = b""
        if stand.encoder is not None:
            passage = windows(text.title, text.content)[0].text
            vector = stand.encoder.encode(passage).astype("<f2").tobytes()
        stand.rows.insert([stand.bare(text, vector)])

    ask, bare = recall(stand, opened), bare_recall(stand, stand.rows)
    yield _hot("recall_hybrid", ask, bare, stand, warm_up)
    yield Contest(
        "recall_repeated", lambda turn: ask(turn % _REPEATED), lambda turn: bare(turn % _REPEATED)
    )
    yield Contest("check_duplicate", check_duplicate(stand, opened), None)
    yield Contest("store_embedded", store, store_floor)


def by_words(stand: Stand, opened: OpenNode, warm_up: int) -> Iterator[Contest]:
    """What the keyword level does: everything without vectors. See `with_vectors`."""
    node, caller, rows = opened.node, opened.caller("python"), stand.rows
    ids = [memory.id for memory in node.execute(caller, ListMemories(limit=1_000)).memories]
    bare_ids = [bare_id(number, "old") for number in range(len(ids))]
    searches = stand.facts.searches
    search_expressions = [and_expression(words) or "" for words in searches]
    stored: list[str] = []
    bare_stored: list[str] = []

    def store(_turn: int) -> None:
        text = stand.fresh()
        command = StoreMemory(title=text.title, content=text.content, namespace=text.topic)
        stored.append(node.execute(caller, command).id)

    def store_floor(_turn: int) -> None:
        row = stand.bare(stand.fresh())
        rows.insert([row])
        bare_stored.append(row.id)

    def update(turn: int) -> None:
        content = stand.fresh().content
        node.execute(caller, UpdateMemory(id=ids[turn % len(ids)], content=content))

    def update_floor(turn: int) -> None:
        rows.update(bare_ids[turn % len(ids)], stand.bare(stand.fresh()))

    ask, bare = recall(stand, opened), bare_recall(stand, rows, vectors=False)
    yield _hot("recall_keyword", ask, bare, stand, warm_up)
    yield Contest(
        "search",
        lambda turn: node.execute(caller, SearchMemories(query=searches[turn % len(searches)])),
        lambda turn: rows.search(
            search_expressions[turn % len(searches)], limits.LIST_LIMIT_DEFAULT
        ),
    )
    yield Contest("check_duplicate_keyword", check_duplicate(stand, opened), None)
    yield Contest(
        "get",
        lambda turn: node.execute(caller, GetMemory(id=ids[turn % len(ids)])),
        lambda turn: rows.get(bare_ids[turn % len(ids)]),
    )
    yield Contest(
        "list",
        lambda _turn: node.execute(caller, ListMemories()),
        lambda _turn: rows.page(limits.LIST_LIMIT_DEFAULT),
    )
    yield Contest("stats", lambda _turn: node.execute(caller, MemoryStats()), None)
    yield Contest("namespaces", lambda _turn: node.execute(caller, ListNamespaces()), None)
    yield Contest("update", update, update_floor)
    yield Contest("store", store, store_floor)
    yield Contest(
        "delete",
        lambda _turn: node.execute(caller, DeleteMemory(id=stored.pop())),
        lambda turn: rows.delete(bare_stored.pop(), turn),
        turns_max=len(stored),
    )


def _hot(name: str, ask: Act, bare: Act, stand: Stand, warm_up: int) -> Contest:
    """A contest of recalls after a warm-up: a process's first ones read what later ones find.

    What they cost is a figure of its own, `once`.
    """
    for turn in stand.warming(warm_up):
        ask(turn)
        bare(turn)
    return Contest(name, ask, bare, turns_max=stand.unasked // 2)


def recall(stand: Stand, opened: OpenNode) -> Act:
    """Ask the turn's question of the whole store."""
    node, caller, questions = opened.node, opened.caller("python"), stand.questions

    def act(turn: int) -> None:
        node.execute(caller, RecallMemories(context=questions[turn % len(questions)]))

    return act


def check_duplicate(stand: Stand, opened: OpenNode) -> Act:
    """Ask whether a text is stored already."""
    node, caller = opened.node, opened.caller("python")

    def act(_turn: int) -> None:
        text = stand.fresh()
        node.execute(caller, CheckDuplicate(title=text.title, content=text.content))

    return act


def bare_recall(stand: Stand, rows: BareRows, *, vectors: bool = True) -> Act:
    """Encode the question, query the words, search the index: the candidates, and no ranking.

    The words are asked for in the way that is quicker at this size.
    """
    questions = stand.questions
    expressions = stand.quicker_expressions()

    def act(turn: int) -> None:
        at = turn % len(questions)
        rows.match(expressions[at], WORD_HITS)
        if vectors and stand.encoder is not None and stand.index is not None:
            stand.index.nearest(stand.encoder.encode(questions[at]), WINDOW_HITS)

    return act
