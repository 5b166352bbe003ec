"""The Python API: `with open_node(...) as node: node.store(title=..., content=...)`.

Every operation is a method that takes the command's fields; the same names work under `async with`,
awaited. Answers are the JSON that every face gives, readable as keys or as attributes.
`methods.pyi`, generated from the registry, tells type checkers all of them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import cache
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec

from ai_memory.compose import OpenNode, Progress
from ai_memory.compose import open_node as compose_node
from ai_memory.config import load_config
from ai_memory.errors import ValidationFailed
from ai_memory.model.command import Caller, Command
from ai_memory.operations.registry import OPERATIONS, Operation, command_type
from ai_memory.ports import Clock, Embedder

if TYPE_CHECKING:
    from ai_memory.methods import AsyncMethods, Methods
else:
    Methods = AsyncMethods = object


class Answer(dict[str, Any]):
    """A JSON object whose keys can be read as attributes too."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def answer_of(result: Any) -> Any:
    """An operation's result as plain JSON values."""
    return _answer(msgspec.to_builtins(result))


def _answer(value: Any) -> Any:
    if isinstance(value, dict):
        answer = Answer(value)
        for key, inner in value.items():
            if isinstance(inner, _CONTAINERS):
                answer[key] = _answer(inner)
        return answer
    if isinstance(value, _CONTAINERS):
        return [_answer(inner) if isinstance(inner, _CONTAINERS) else inner for inner in value]
    return value


_CONTAINERS: Final = (dict, list, tuple)


class _Face:
    """What both colours share: from a method's name and fields to a command."""

    def __init__(self, opened: OpenNode, agent_id: str | None) -> None:
        self._opened = opened
        self._caller: Caller = opened.caller("python", agent_id)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(operation.method for operation in _offered().values())]

    @staticmethod
    def _command(operation: Operation, args: tuple[Any, ...], fields: dict[str, Any]) -> Command:
        from ai_memory.model.decode import decode_fields

        kind = command_type(operation)
        if not args:
            return decode_fields(kind, fields)
        names = kind.__struct_fields__
        if len(args) > len(names):
            raise ValidationFailed(f"{operation.method} takes at most {len(names)} fields")
        given = dict(zip(names, args, strict=False))
        twice = given.keys() & fields.keys()
        if twice:
            raise ValidationFailed(f"{min(twice)} is given twice", field=min(twice))
        return decode_fields(kind, {**given, **fields})


@cache
def _offered() -> dict[str, Operation]:
    """By the method's name. `import` is a word of the language, so full names count as well."""
    offered = [operation for operation in OPERATIONS if operation.faces]
    return {name: operation for operation in offered for name in (operation.method, operation.name)}


def _operation(name: str) -> Operation:
    if name.startswith("_"):
        raise AttributeError(name)
    operation = _offered().get(name)
    if operation is None:
        raise AttributeError(name)
    return operation


class Node(_Face, Methods):
    """An open node for threads: every operation a method."""

    def _method(self, name: str) -> Callable[..., Any]:
        operation = _operation(name)

        def call(*args: Any, **fields: Any) -> Any:
            command = self._command(operation, args, fields)
            if operation.streams:
                return self._opened.node.stream(self._caller, command)
            return answer_of(self._opened.node.execute(self._caller, command))

        return call

    if not TYPE_CHECKING:  # a checker sees the methods there are, and no others
        __getattr__ = _method

    def close(self) -> None:
        """Finish and close; what was answered is durable already."""
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncNode(_Face, AsyncMethods):
    """An open node for an event loop: every operation an awaitable method."""

    def _method(self, name: str) -> Callable[..., Any]:
        operation = _operation(name)

        async def call(*args: Any, **fields: Any) -> Any:
            command = self._command(operation, args, fields)
            return answer_of(await self._opened.node.execute_async(self._caller, command))

        def stream(*args: Any, **fields: Any) -> AsyncIterator[bytes]:
            return self._stream(self._command(operation, args, fields))

        return stream if operation.streams else call

    async def _stream(self, command: Command) -> AsyncIterator[bytes]:
        """The pieces of a long answer, all taken in one thread."""
        import asyncio
        from concurrent.futures import ThreadPoolExecutor

        take = asyncio.get_running_loop().run_in_executor
        with ThreadPoolExecutor(1, "ai-memory-stream") as thread:
            pieces = self._opened.node.stream(self._caller, command)
            try:
                while (piece := await take(thread, next, pieces, None)) is not None:
                    yield piece
            finally:
                thread.submit(pieces.close)

    if not TYPE_CHECKING:
        __getattr__ = _method

    async def close(self) -> None:
        """Finish and close, off the loop."""
        import asyncio

        await asyncio.to_thread(self._opened.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


class Opening:
    """What open_node returns: enter it with `with` or `async with`, or call `open()`."""

    def __init__(self, opener: Callable[[], OpenNode], agent_id: str | None) -> None:
        self._opener = opener
        self._agent_id = agent_id
        self._node: Node | AsyncNode | None = None

    def open(self) -> Node:
        """Open without a context manager; close it yourself."""
        return Node(self._opener(), self._agent_id)

    def __enter__(self) -> Node:
        node = self.open()
        self._node = node
        return node

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(self._node, Node):
            self._node.close()

    async def __aenter__(self) -> AsyncNode:
        import asyncio

        node = AsyncNode(await asyncio.to_thread(self._opener), self._agent_id)
        self._node = node
        return node

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(self._node, AsyncNode):
            await self._node.close()


def open_node(
    db: str | PathLike[str] | None = None,
    level: str | None = None,
    *,
    agent_id: str | None = None,
    clock: Clock | None = None,
    embedder: Embedder | str | None = None,
    progress: Progress | None = None,
    **settings: Any,
) -> Opening:
    """Open a memory.

    Args:
        db: The database file, `:memory:` for a private one; default: the user's own.
        level: Feature level: keyword, semantic, smart, autonomous.
        agent_id: Who stores; default: the configured or the process's identity.
        clock: Instead of the machine's.
        embedder: Instead of the configured one: a kind (minilm, onnx, openai, ollama, none) or
            an object that embeds.
        progress: Called with (what, share done) while a model is converted for the first time.
        settings: Any other setting of `ai_memory.config.SETTINGS` by name.

    Raises:
        AiMemoryError: When entered: the settings are wrong or the database cannot be used.
    """

    def opener() -> OpenNode:
        flags = {"db": None if db is None else str(db), "tier": level, **settings}
        given = None
        if isinstance(embedder, str):
            flags["embedder"] = embedder
        else:
            given = embedder
        return compose_node(load_config(flags), clock=clock, embedder=given, progress=progress)

    return Opening(opener, agent_id)
