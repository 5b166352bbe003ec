"""The memories that were archived last, kept in memory with an index of their words.

An answer that found little asks for them each time, and they change seldom: reading and indexing
two hundred texts again would cost more than the rest of the answer.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any, Final, NamedTuple

import apsw
import msgspec

from ai_memory.adapters.sqlite.query import query
from ai_memory.adapters.sqlite.statement import json_text
from ai_memory.model.memory import Memory
from ai_memory.ports import IndexedWords

_PLACES_MAX: Final = 8  # namespaces whose tails are kept

_any = msgspec.json.Decoder()


class Tail(NamedTuple):
    """What one look at the archive found.

    Attributes:
        state: Of the archive, when it was looked at; as long as it stays, so does this.
        memories: By row of `texts`.
        texts: A connection whose table `words` holds theirs.
    """

    state: str
    memories: Sequence[Memory]
    texts: apsw.Connection


class ArchiveTail:
    """Shared by the threads of a process; each passes what its own snapshot says."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tails: OrderedDict[str | None, Tail] = OrderedDict()

    def matching(
        self, namespace: str | None, state: str, expression: str, make: Callable[[], Tail]
    ) -> list[Memory]:
        """The memories of a tail that match an FTS5 expression, best first.

        Args:
            namespace: Whose archive; None: all of it.
            state: Of the archive, on the caller's snapshot.
            expression: What is looked for.
            make: Reads and indexes the tail.
        """
        with self._lock:
            tail = self._tails.pop(namespace, None)
            if tail is None or tail.state != state:
                if tail is not None:
                    tail.texts.close()
                tail = make()
            self._tails[namespace] = tail
            if len(self._tails) > _PLACES_MAX:
                self._tails.popitem(last=False)[1].texts.close()
            return [tail.memories[at] for at in matching(tail.texts, expression)]

    def close(self) -> None:
        """Forget all."""
        with self._lock:
            for tail in self._tails.values():
                tail.texts.close()
            self._tails.clear()


def indexed(declared: str, texts: Sequence[IndexedWords]) -> apsw.Connection:
    """An index of some texts, apart from the database; `declared` makes its table."""
    aside = apsw.Connection(":memory:")
    aside.execute(declared)
    rows = json_text([(at, *text) for at, text in enumerate(texts)])
    aside.execute(query("insert_words"), {"rows": rows})
    return aside


def matching(index: apsw.Connection, expression: str) -> list[int]:
    """The rows of an index that match, best first."""
    found: Any = index.execute(query("matching_texts"), {"expression": expression}).get
    return list(_any.decode(found))


def matching_once(declared: str, texts: Sequence[IndexedWords], expression: str) -> list[int]:
    """The places of the texts that match, best first."""
    with closing(indexed(declared, texts)) as index:
        return matching(index, expression)
