"""The seven steps every request walks: decode, prepare, decide, run, commit, replicate, announce.

Decode belongs to the face that made the command; the other six are `Node._walk`, written once, as a
generator that yields what must be waited for. Two small drivers wait: `execute` in the caller's
thread, `execute_async` on an event loop. So the steps have one text and two colours.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, assert_never
from weakref import WeakKeyDictionary

from ai_memory import limits
from ai_memory.errors import (
    AiMemoryError,
    Denied,
    EmbedderUnavailable,
    LanguageModelUnavailable,
    NodeClosed,
    StoreBusy,
)
from ai_memory.gate import Gate
from ai_memory.model.change import LogEntry
from ai_memory.model.clock import Micros
from ai_memory.model.command import Caller, Command
from ai_memory.model.memory import Retention
from ai_memory.operations.apply import apply, stamp
from ai_memory.operations.registry import Operation, runner, takes_steps
from ai_memory.operations.step import (
    Complete,
    Compute,
    Context,
    CountTokens,
    Embed,
    Facts,
    Outcome,
    Read,
    Rerank,
    Scrub,
    Scrubbed,
    Step,
    Touch,
    Write,
    Writes,
)
from ai_memory.policy.engine import Allow, Deny, Pending, Request, decide
from ai_memory.ports import (
    Clock,
    Embedder,
    Entropy,
    IndexPurge,
    LanguageModel,
    Observer,
    OutOfSteps,
    Reranker,
    Store,
    TokenCounter,
    Transaction,
    VectorIndex,
)
from ai_memory.recent import RecentVectors

if TYPE_CHECKING:
    from ai_memory.inbox import Inbox
    from ai_memory.operations.room import Room
    from ai_memory.ports import Matrix


class _Call(NamedTuple):
    """Work that blocks: run it where blocking is allowed.

    Attributes:
        asks: It is a question to a language model. It takes seconds, so event loops send it to
            threads of its own: the common pool stays free for what takes milliseconds.
        at_once: The same, for an event loop to try on the spot; it gives up with OutOfSteps.
    """

    work: Callable[[], Any]
    asks: bool = False
    at_once: Callable[[], Any] | None = None


LiveKeys: TypeAlias = Callable[[int, int], Collection[int]]
"""The keys of the stored windows in (low, high]."""

_Wait: TypeAlias = "_Call | Future[Any]"
_Walk: TypeAlias = Generator[_Wait, Any, Any]


class Ports(NamedTuple):
    """What a node needs of the world; without an embedder it serves the keyword level."""

    store: Store
    clock: Clock
    entropy: Entropy
    count_tokens: TokenCounter
    embedder: Embedder | None = None
    vector_index: VectorIndex | None = None
    observer: Observer | None = None
    reranker: Reranker | None = None
    purge_index: Callable[[LiveKeys], IndexPurge] | None = None
    language_model: LanguageModel | None = None
    gate: Gate | None = None


class Node:
    """One memory node: ports, and the one door to them."""

    def __init__(
        self,
        ports: Ports,
        *,
        retention: Retention,
        facts: Facts,
        pool: ThreadPoolExecutor,
        asking: ThreadPoolExecutor | None = None,
    ) -> None:
        """Take what `compose.py` chose; nothing is opened here.

        Args:
            ports: The world.
            retention: How long memories live.
            facts: What the node says of itself.
            pool: Where an event loop's callers do blocking work.
            asking: Where they wait for the language model; None: in `pool`.
        """
        self.store = ports.store
        self.clock = ports.clock
        self.index = ports.vector_index
        self._entropy = ports.entropy
        self._retention = retention
        self._facts = facts
        self._count_tokens = ports.count_tokens
        self._pool = pool
        self._asking = asking or pool
        self._embedder = ports.embedder
        self._observer = ports.observer
        self._purge_index = ports.purge_index
        self.reranker = ports.reranker
        self.language_model = ports.language_model
        self._gate = ports.gate or Gate(1)
        self._questions = RecentVectors()
        self._touches: deque[tuple[str, Micros]] = deque(maxlen=limits.TOUCHES_PENDING_MAX)
        self._closed = False
        self._slow: dict[str, int] = {}  # operations that threads read, and how many times still
        self._inboxes: WeakKeyDictionary[Any, Inbox] = WeakKeyDictionary()
        self.wake: Callable[[], None] = lambda: None  # the janitor's bell
        self.wake_curator: Callable[[], None] = lambda: None

    @property
    def facts(self) -> Facts:
        """What the node knows of itself."""
        return self._facts

    # -- the one door ----------------------------------------------------------------------------

    def execute(self, caller: Caller, command: Command) -> Any:
        """Run a command and wait for its result in this thread.

        Raises:
            AiMemoryError: What the operation declares, or a fault of the world.
        """
        walk = self._walk(caller, command)
        return _finish(walk, None)

    async def execute_async(self, caller: Caller, command: Command) -> Any:
        """Run a command without blocking the event loop. Raises like `execute`.

        A caller that is cancelled leaves its write whole or not begun, and does not hear which.
        """
        import asyncio  # a CLI call has no loop, and pays 30 ms for the import

        walk = self._walk(caller, command)
        loop = asyncio.get_running_loop()
        inbox = self._inboxes.get(loop)
        if inbox is None:
            from ai_memory.inbox import Inbox

            inbox = self._inboxes[loop] = Inbox(loop)
        try:
            wait: _Wait = next(walk)
            while True:
                if isinstance(wait, _Call):
                    if wait.at_once is not None:
                        try:
                            answer = wait.at_once()
                        except OutOfSteps:
                            pass
                        except Exception as failure:  # noqa: BLE001 - as below
                            wait = walk.throw(failure)
                            continue
                        else:
                            wait = walk.send(answer)
                            continue
                    pool = self._asking if wait.asks else self._pool
                    wait = await loop.run_in_executor(pool, _advance, walk, wait)
                else:
                    try:
                        answer = await inbox.wait(wait)
                    except Exception as failure:  # noqa: BLE001 - the walk decides what it means
                        wait = walk.throw(failure)
                    else:
                        wait = walk.send(answer)
        except _Done as done:  # StopIteration cannot cross a thread or a coroutine
            return done.result
        except StopIteration as stop:
            return stop.value

    def stream(self, caller: Caller, command: Command) -> Generator[bytes, None, None]:
        """Run a command whose answer is too long to hold, piece by piece from one snapshot.

        The snapshot is held until the last piece or `close()`; take all pieces in one thread, and
        ask nothing else of the node in it meanwhile.

        Raises:
            AiMemoryError: What the operation declares, or a fault of the world.
        """
        if self._closed:
            raise NodeClosed("the node is closed")
        operation, run = runner(type(command))
        context = self._context(caller)
        _demand(caller, command, None)
        began = self.clock.monotonic()
        code = "INTERNAL"
        try:
            with self.store.read() as rows:
                yield from run(command, rows, context)
            code = "OK"
        except AiMemoryError as failure:
            code = failure.code
            raise
        except GeneratorExit:
            code = "OK"  # who asked has gone
            raise
        finally:
            self._observe(operation, began, code)

    def close(self) -> None:
        """Take no further commands. The composition closes the ports."""
        self._closed = True

    # -- the steps -------------------------------------------------------------------------------

    def _walk(self, caller: Caller, command: Command) -> _Walk:
        if self._closed:
            raise NodeClosed("the node is closed")
        operation, run = runner(type(command))
        began = self.clock.monotonic()
        code = "OK"
        try:
            return (yield from self._run(caller, command, run))
        except AiMemoryError as failure:
            code = failure.code
            raise
        except BaseException:
            code = "INTERNAL"
            raise
        finally:
            self._observe(operation, began, code)

    def _run(self, caller: Caller, command: Command, run: Callable[..., Any]) -> _Walk:
        context = self._context(caller)
        command = command.settled(caller, context.now)
        # Asked before the slow steps: a caller who may not costs no embedding.
        _demand(caller, command, getattr(command, "namespace", None))
        if not takes_steps(type(command)):
            operation, _run = runner(type(command))
            read = Read(lambda rows: run(command, rows, context))
            at_once: Callable[[], Any] | None = None
            if operation.swift:
                hasty = Read(lambda rows: run(command, rows, _hasty(context)))
                at_once = partial(self._read_at_once, operation.name, hasty)
            return (yield _Call(partial(self._read, read), at_once=at_once))
        steps: Generator[Step, Any, Any] = run(command, context)
        try:
            step = next(steps)
            while True:
                try:
                    answer = yield from self._perform(step, caller, command, context)
                except Exception as failure:  # noqa: BLE001 - the operation may know what to do
                    step = steps.throw(failure)
                else:
                    step = steps.send(answer)
        except StopIteration as stop:
            return stop.value

    def _room(self, tokens: int | None) -> Room | None:
        """What an answer to a model may take; others have all there is."""
        if tokens is None:
            return None
        from ai_memory.operations.room import Room

        return Room(tokens, self._count_tokens)

    def _context(self, caller: Caller) -> Context:
        return Context(
            caller=caller,
            now=self.clock.now(),
            new_id=self._entropy.new_id,
            retention=self._retention,
            facts=self._facts,
            vector_index=self.index,
            reranker=self.reranker,
            language_model=self.language_model,
            room=self._room(caller.answer_tokens),
        )

    def _perform(
        self, step: Step, caller: Caller, command: Command, context: Context
    ) -> Generator[_Wait, Any, Any]:
        """One step of an operation: prepare (embed, count), read, or write."""
        work: Callable[[], Any]
        match step:
            case Write() | Writes():
                return (yield from self._write(step, caller, command, context))
            case Touch():
                if not self.store.read_only:  # where nothing can count it, nothing is noted
                    self._touches.extend((memory_id, context.now) for memory_id in step.ids)
                    self.wake()
                return None
            case Embed():
                if self._embedder is None or not step.texts:
                    return None
                work = partial(self._embed, step)
            case Rerank():
                if self.reranker is None or not step.passages:
                    return None
                work = partial(self.reranker.score, step.query, step.passages)
            case Complete():
                if self.language_model is None:
                    return None
                asked = partial(self.language_model.complete, step.prompt, step.answer)
                if step.within_secs is not None:
                    waiting = self._asking.submit(asked)
                    return (yield _Call(partial(_within, waiting, step.within_secs)))
                return (yield _Call(asked, asks=True))
            case _:
                work = self._work_of(step)
        return (yield _Call(work))

    def _work_of(self, step: Compute | Read | CountTokens | Scrub) -> Callable[[], Any]:
        """What to call for a step that every node can do."""
        match step:
            case Compute():
                return step.work
            case Read():
                return partial(self._read, step)
            case CountTokens():
                return partial(self._count_tokens, step.texts)
            case Scrub():
                return self._scrub
            case _:
                assert_never(step)

    def _embed(self, step: Embed) -> Matrix | None:
        """Step 2. An embedder that fails costs the vectors, never the memory."""
        assert self._embedder is not None
        try:
            if step.asked:
                return self._questions.embed(step.texts, self._embedder.embed)
            return self._embedder.embed(step.texts, bulk=step.bulk)
        except EmbedderUnavailable:
            return None

    def _read(self, step: Read) -> Any:
        with self._gate.passing() if step.brief else nullcontext(), self.store.read() as rows:
            return step.work(rows)

    def _read_at_once(self, name: str, read: Read) -> Any:
        """Read on the event loop's own thread: nobody else is answered meanwhile, so not for long.

        An operation that took more is left to threads for some times, whatever it is asked.

        Raises:
            OutOfSteps: It is for a thread.
        """
        if self._slow.get(name):
            self._slow[name] -= 1
            raise OutOfSteps
        began = self.clock.monotonic()
        try:
            with self.store.read(limits.LOOP_READ_STEPS_MAX) as rows:
                return read.work(rows)
        except OutOfSteps:
            self._slow[name] = limits.LOOP_READS_SKIPPED
            raise
        except StoreBusy as busy:
            raise OutOfSteps from busy
        finally:
            if self.clock.monotonic() - began > limits.LOOP_READ_SECS_MAX:
                self._slow[name] = limits.LOOP_READS_SKIPPED

    def left_to_threads(self, name: str) -> int:
        """How many times more an operation is not tried on the spot, for it took too much."""
        return self._slow.get(name, 0)

    def _scrub(self) -> Scrubbed:
        """The file first: when its log is empty, nobody reads from before the erasure any more."""
        with self.store.read() as rows:
            mark = rows.scrub_due()
        waits_for = [] if self.store.scrub() else ["a reader of the write-ahead log"]
        files = 0
        if self._purge_index is not None:
            with self.store.read() as rows:
                purge = self._purge_index(rows.window_keys_between)
            files = purge.files
            if not purge.is_complete:
                waits_for.append("a writer of the vector index")
        if self.index is not None:
            self.index.forget()
        if mark is not None and not waits_for:
            self.store.submit(lambda rows: rows.scrubbed(mark)).result()
        return Scrubbed(files, tuple(waits_for))

    def _submit(
        self, step: Write, caller: Caller, command: Command, context: Context
    ) -> Future[tuple[Any, list[LogEntry]]]:
        """Steps 3 to 5, in the writer's thread; a full or closed store refuses as the rest does."""

        def work(transaction: Transaction) -> tuple[Any, list[LogEntry]]:
            _demand(caller, command, step.namespace)  # 3 decide: here the answer counts
            outcome: Outcome = step.work(transaction)  # 4 run
            entries = stamp(transaction, outcome.changes, context.now)
            if entries:
                apply(transaction, entries, outcome.payloads)
            for group in outcome.windows:
                model = group.model or self._facts.embedder
                if model is not None:
                    transaction.put_windows(
                        group.memory_id, group.payload_hash, model, group.vectors
                    )
            if outcome.recalls:
                transaction.touch(outcome.recalls)
            return outcome.result, entries

        try:
            return self.store.submit(work, step.lookups)  # 5 commit
        except AiMemoryError as refusal:
            refused: Future[tuple[Any, list[LogEntry]]] = Future()
            refused.set_exception(refusal)
            return refused

    def _write(
        self, step: Write | Writes, caller: Caller, command: Command, context: Context
    ) -> Generator[_Wait, Any, Any]:
        """All of several are on their way before the first is waited for: they share commits."""
        if isinstance(step, Write):
            return (yield from self._committed(self._submit(step, caller, command, context)))
        submitted = [self._submit(write, caller, command, context) for write in step.writes]
        answers: list[Any] = []
        for one in submitted:
            try:
                answers.append((yield from self._committed(one)))
            except AiMemoryError as refusal:
                answers.append(refusal)
        return answers

    def _committed(
        self, submitted: Future[tuple[Any, list[LogEntry]]]
    ) -> Generator[_Wait, Any, Any]:
        """Steps 6 and 7, once the writer has answered."""
        result, entries = yield submitted
        quorum = self._replicate(entries)
        if quorum is not None:
            yield quorum
        self._announce(entries)
        return result

    def _replicate(self, entries: Sequence[LogEntry]) -> Future[None] | None:  # noqa: ARG002
        """Step 6: the quorum to wait for. A node without peers is its own: None."""
        return None

    def _announce(self, entries: Sequence[LogEntry]) -> None:
        """Step 7: tell those who listen; durable listeners read the log instead."""
        if entries and self._observer is not None:
            self._observer.committed(entries)
        if entries and self._embedder is not None:
            self.wake()
        if entries and self.language_model is not None:
            self.wake_curator()

    def _observe(self, operation: Operation, began: float, code: str) -> None:
        if self._observer is not None:
            self._observer.executed(operation.name, self.clock.monotonic() - began, code)

    # -- touches ---------------------------------------------------------------------------------

    def drain_touches(self) -> tuple[tuple[str, int, Micros], ...]:
        """Take the recalls noted since the last call: (id, count, last instant) each."""
        counted: dict[str, tuple[int, Micros]] = {}
        while self._touches:
            memory_id, at = self._touches.popleft()
            count, last = counted.get(memory_id, (0, 0))
            counted[memory_id] = (count + 1, max(last, at))
        return tuple((memory_id, count, at) for memory_id, (count, at) in counted.items())


def _hasty(context: Context) -> Context:
    """The same for the event loop's own thread: counting tokens is for another."""
    if context.room is None:
        return context

    def count(texts: Iterable[str]) -> list[int]:  # noqa: ARG001
        raise OutOfSteps

    return context._replace(room=context.room.counting(count))


def _within(answer: Future[Any], secs: float) -> Any:
    """The answer, if it comes in time; nobody waits for one that does not."""
    try:
        return answer.result(secs)
    except TimeoutError as late:
        answer.cancel()
        raise LanguageModelUnavailable(
            f"the language model did not answer within {secs:g} seconds"
        ) from late


class _Done(Exception):
    """Carries a result out of a pool thread."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


def _demand(caller: Caller, command: Command, namespace: str | None) -> None:
    """Raise Denied unless policy allows the command."""
    request = Request(principal=caller.agent_id, action=command.action, namespace=namespace)
    match decide(request):
        case Allow():
            return
        case Deny(reasons=reasons):
            raise Denied(f"{command.action} denied: {'; '.join(reasons)}")
        case Pending(reasons=reasons):
            raise Denied(f"{command.action} needs approval: {'; '.join(reasons)}")


def _finish(walk: _Walk, answer: Any) -> Any:
    """Drive a walk to its end, waiting in this thread."""
    try:
        wait = walk.send(answer)
        while True:
            try:
                answer = wait.work() if isinstance(wait, _Call) else wait.result()
            except Exception as failure:  # noqa: BLE001 - the walk decides what it means
                wait = walk.throw(failure)
            else:
                wait = walk.send(answer)
    except StopIteration as stop:
        return stop.value


def _advance(walk: _Walk, call: _Call) -> _Wait:
    """In a pool thread: do the blocking work and what follows, as far as it belongs here.

    Returns:
        The next future, or work for the other pool.

    Raises:
        _Done: The walk ended.
    """
    wait: _Wait = call
    try:
        while isinstance(wait, _Call) and wait.asks == call.asks:
            try:
                answer = wait.work()
            except Exception as failure:  # noqa: BLE001 - the walk decides what it means
                wait = walk.throw(failure)
            else:
                wait = walk.send(answer)
    except StopIteration as stop:
        raise _Done(stop.value) from None
    return wait
