"""Makes an Encoder an Embedder: batches what many threads want, and lets the urgent pass.

There is no worker thread. A caller that finds a lane of the encoder free leads there: it encodes
batch after batch of what is waiting, its own texts and others', until it has its own; then it hands
the lead to the caller that is next, or leaves. So a lone caller pays for two uncontended locks and
nothing else, and under load each batch is as full as the moment allows. A bulk request of several
batches brings helpers, threads that live as long as it does, so that it fills every lane; the first
interactive caller waits for one bulk batch. From then on bulk work leaves a lane free, until as
much of it has passed without such a caller as takes about half a second: whoever stores or asks one
thing after another beside an import finds a lane, and half of the processors, at once.

An interactive batch passes a gate, behind those whose vectors are made and who compute with them.
Who comes while a leader waits there is taken along: four short texts together cost 1.4 ms each, one
alone 3.2.
"""

from __future__ import annotations

import copy
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

import numpy as np

from ai_memory.adapters.embedder.encoder import Encoder
from ai_memory.errors import AiMemoryError, EmbedderUnavailable
from ai_memory.gate import Gate
from ai_memory.ports import EmbeddingModel

if TYPE_CHECKING:
    from ai_memory.ports import Matrix

BYTES_PER_TOKEN: Final = 4  # English words and Chinese characters both come close to it
BULK_TURN: Final = 8  # interactive batches that may pass waiting bulk work before it gets one
BULK_BATCHES: Final = 2  # a request of more full batches is bulk: it may use every lane
COMPANY_TOKENS: Final = 4_096  # of bulk work; so long an interactive caller is expected back
COMPANIONS_SEEN: Final = 64  # how far down the line a batch looks for texts of its length


@dataclass(frozen=True, slots=True)
class BatchBounds:
    """How large one batch may be; tokens are estimates."""

    texts_max: int
    """Texts of an interactive batch."""
    bulk_texts_max: int
    """Texts of a bulk batch: what an interactive caller may have to wait for.

    A request of more than two such batches is bulk, whoever asks.
    """
    tokens_max: int
    """Texts times the longest one's tokens. A longer text is a batch of its own."""
    text_tokens_max: int
    """Where the model cuts a text."""
    lanes: int = 1
    """Batches encoded at the same time."""


class Batcher:
    """The Embedder of an Encoder.

    Args:
        encoder: Does the work.
        bounds: Of its batches.
        gate: Interactive batches pass it; None: there is none.
    """

    def __init__(self, encoder: Encoder, bounds: BatchBounds, gate: Gate | None = None) -> None:
        self._encoder = encoder
        self._bounds = bounds
        self._gate = gate or Gate(bounds.lanes)
        self._lock = threading.Lock()
        # All below is guarded by the lock.
        self._interactive: deque[_Item] = deque()
        self._bulk: deque[_Item] = deque()
        self._leaders = 0  # callers and helpers that encode, at most one a lane
        self._at_gate = 0  # those of them that will take along who comes before they are let in
        self._bulk_passed = 0  # interactive batches since bulk work had a turn
        self._bulk_running = 0  # bulk batches that are being encoded
        self._alone = COMPANY_TOKENS  # of bulk work since an interactive caller came, at most
        self._closed = False

    @property
    def model(self) -> EmbeddingModel:
        """The model's name and dimension."""
        return self._encoder.model

    def embed(self, texts: Sequence[str], *, bulk: bool = False) -> Matrix:
        """Embed texts, in order; blocks until done. Safe to call from many threads.

        Raises:
            EmbedderUnavailable: The model did not answer for a batch with one of these texts.
        """
        bounds = self._bounds
        bulk = bulk or len(texts) > min(bounds.texts_max, BULK_BATCHES * bounds.bulk_texts_max)
        request = _Request(len(texts), self.model.dim)
        items = [self._item(text, request, row) for row, text in enumerate(texts)]
        items.sort(key=lambda item: item.tokens)
        with self._lock:
            if self._closed:
                raise _closed()
            self._join(request, items, bulk=bulk)
            if bulk and len(items) > self._bounds.bulk_texts_max and not self._in_company:
                self._bring_helpers()
        try:
            self._see_through(request)
        except BaseException:
            # An interrupt. Nobody may be left waiting for a caller that is gone.
            with self._lock:
                self._forget({request})
                self._step_down(request)
            raise
        if request.error is not None:
            raise _own(request.error)
        return request.rows

    def close(self) -> None:
        """Release the model; waiting and later calls raise EmbedderUnavailable."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            waiting = {item.request for line in (self._interactive, self._bulk) for item in line}
            self._settle(waiting, _closed())
        self._encoder.close()

    def _item(self, text: str, request: _Request, row: int) -> _Item:
        try:
            size = len(text.encode())
        except UnicodeEncodeError:  # a lone surrogate, which no tokenizer and no endpoint takes
            text = text.encode(errors="replace").decode()
            size = len(text)
        tokens = min(2 + size // BYTES_PER_TOKEN, self._bounds.text_tokens_max)
        return _Item(text, tokens, request, row)

    def _see_through(self, request: _Request) -> None:
        """Lead, or wait while another caller does, until the request is settled."""
        while True:
            with self._lock:
                if request.settled:
                    self._step_down(request)
                    return
                leads, gated = request.leads, request.leads and not request.bulk
                self._at_gate += gated
            led = self._lead_through_gate(request) if gated else leads and self._lead(request)
            if not led:
                request.woken.wait()
                request.woken.clear()

    def _lead_through_gate(self, request: _Request) -> bool:
        """Like `_lead`, with all who have come by the time the gate lets us in."""
        waits = True
        try:
            with self._gate.passing(early=True):
                with self._lock:
                    self._at_gate -= 1
                    waits = False
                return self._lead(request)
        finally:
            if waits:  # an interrupt
                with self._lock:
                    self._at_gate -= 1

    def _lead(self, request: _Request) -> bool:
        """Encode one batch, if anything waits; else leave the lead."""
        with self._lock:
            batch = [] if request.settled else self._next_batch(bulk=request.bulk)
            if batch and not request.bulk:
                self._call_leader()  # for what it leaves
            elif not batch:
                self._step_down(request)  # the last of its texts are in another lane
        if batch:
            self._run(batch)
        return bool(batch) or request.settled

    def _bring_helpers(self) -> None:
        for _ in range(self._bounds.lanes - 1):
            threading.Thread(target=self._help, name="ai-memory-embedding", daemon=True).start()

    def _help(self) -> None:
        """Lead in a lane that nobody leads in, while anything waits."""
        with self._lock:
            if self._leaders >= self._bounds.lanes:
                return
            self._leaders += 1
        while True:
            with self._lock:
                batch = self._next_batch(bulk=True)
                if not batch:
                    self._leaders -= 1
                    return
            self._run(batch)

    def _run(self, batch: list[_Item]) -> None:
        """Encode one batch and tell its callers."""
        try:
            rows = self._encoder.encode([item.text for item in batch])
            assert rows.shape == (len(batch), self.model.dim), "an encoder broke its promise"
        except Exception as error:  # noqa: BLE001 - each caller of the batch raises it
            with self._lock:
                self._settle({item.request for item in batch}, error)
        except BaseException:
            with self._lock:
                for item in reversed(batch):
                    self._line_of(item.request).appendleft(item)
            raise
        else:
            with self._lock:
                for item, row in zip(batch, rows, strict=True):
                    item.request.rows[item.row] = row
                    item.request.missing -= 1
                self._wake({item.request for item in batch})
        finally:
            if batch[0].request.bulk:
                with self._lock:
                    self._bulk_running -= 1

    # The rest is called with the lock held.

    def _join(self, request: _Request, items: list[_Item], *, bulk: bool) -> None:
        request.bulk = bulk
        if items and not bulk:
            self._alone = 0
        self._line_of(request).extend(items)
        request.leads = self._leaders < self._bounds.lanes and (bulk or not self._at_gate)
        self._leaders += request.leads

    def _line_of(self, request: _Request) -> deque[_Item]:
        return self._bulk if request.bulk else self._interactive

    @property
    def _in_company(self) -> bool:
        return self._alone < COMPANY_TOKENS

    @property
    def _bulk_may(self) -> bool:
        """Whether bulk work waits and there is a lane for it."""
        lanes = self._bounds.lanes - self._in_company
        return bool(self._bulk) and self._bulk_running < max(1, lanes)

    def _next_batch(self, *, bulk: bool) -> list[_Item]:
        """Take the item that is next in line, and those near it that are about as long, if any.

        Args:
            bulk: Who leads is bulk work itself. Others do it when it has waited long enough only.
        """
        line, texts_max = self._next_line(bulk=bulk)
        if not line:
            return []
        near = [line.popleft() for _ in range(min(len(line), COMPANIONS_SEEN))]
        head, *others = near
        batch, longest = [head], head.tokens
        for item in sorted(others, key=lambda item: abs(item.tokens - head.tokens)):
            longest = max(longest, item.tokens)
            if len(batch) == texts_max or longest * (len(batch) + 1) > self._bounds.tokens_max:
                break
            batch.append(item)
        taken = set(map(id, batch))
        line.extendleft(item for item in reversed(near) if id(item) not in taken)
        if line is self._bulk:
            self._begin_bulk(longest * len(batch))
        return batch

    def _begin_bulk(self, tokens: int) -> None:
        self._bulk_running += 1
        expected = self._in_company
        self._alone = min(self._alone + tokens, COMPANY_TOKENS)
        if expected and not self._in_company:
            self._bring_helpers()

    def _next_line(self, *, bulk: bool) -> tuple[deque[_Item] | None, int]:
        """Interactive before bulk; but bulk work is passed a few times only, then gets a turn."""
        turn = self._bulk_may and self._bulk_passed >= BULK_TURN
        if self._interactive and not turn:
            self._bulk_passed = self._bulk_passed + 1 if self._bulk_may else 0
            return self._interactive, self._bounds.texts_max
        if self._bulk_may and (bulk or turn):
            self._bulk_passed = 0
            return self._bulk, self._bounds.bulk_texts_max
        return None, 0

    def _step_down(self, request: _Request) -> None:
        """If the request leads, let the next in line lead."""
        if not request.leads:
            return
        request.leads = False
        self._leaders -= 1
        self._call_leader()

    def _call_leader(self) -> None:
        """Let the next in line lead, if there is a lane, and nobody who will take it along."""
        if self._leaders >= self._bounds.lanes:
            return
        line = () if self._at_gate else self._interactive
        for item in chain(line, self._bulk if self._bulk_may else ()):
            if not item.request.leads:
                item.request.leads = True
                self._leaders += 1
                item.request.woken.set()
                return

    def _settle(self, requests: set[_Request], error: Exception) -> None:
        for request in requests:
            request.error = error
        self._forget(requests)
        self._wake(requests)

    def _forget(self, requests: set[_Request]) -> None:
        for line in (self._interactive, self._bulk):
            kept = [item for item in line if item.request not in requests]
            line.clear()
            line.extend(kept)

    def _wake(self, requests: set[_Request]) -> None:
        for request in requests:
            if request.settled:
                request.woken.set()


class _Request:
    """The texts of one call; guarded by the batcher's lock."""

    __slots__ = ("bulk", "error", "leads", "missing", "rows", "woken")

    def __init__(self, count: int, dim: int) -> None:
        self.rows: Matrix = np.empty((count, dim), np.float32)
        self.missing = count
        self.error: Exception | None = None
        self.bulk = False
        self.leads = False
        self.woken = threading.Event()

    @property
    def settled(self) -> bool:
        return self.error is not None or not self.missing


@dataclass(frozen=True, slots=True, eq=False)
class _Item:
    """One text, and where its vector belongs."""

    text: str
    tokens: int
    request: _Request
    row: int


def _closed() -> EmbedderUnavailable:
    return EmbedderUnavailable("The embedder is closed.", hint="Open the node again.")


def _own(error: Exception) -> Exception:
    """The error for one caller: threads that raise one object would share its traceback."""
    if not isinstance(error, AiMemoryError):
        return error
    own = copy.copy(error)
    own.__cause__ = error
    return own
