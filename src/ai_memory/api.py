"""The Python API: `with open_node(...) as node: node.store(title=..., content=...)`.

Every operation is a method that takes the command's fields; the same names work under `async with`,
awaited. Answers are the JSON that every face gives, readable as keys or as attributes.
`methods.pyi`, generated from the registry, tells type checkers all of them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from functools import cache
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec

from ai_memory.adapters.project import own_project, working_folder
from ai_memory.compose import OpenNode, Progress
from ai_memory.compose import open_node as compose_node
from ai_memory.config import SETTINGS, load_config
from ai_memory.errors import ConfigInvalid, NodeClosed, ValidationFailed
from ai_memory.model.command import Caller, Command
from ai_memory.operations.registry import OPERATIONS, Operation, command_type
from ai_memory.ports import Clock, Embedder
from ai_memory.signature import docstring_of, plain, signature_of

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


def _operation(owner: Any, name: str) -> Operation:
    operation = None if name.startswith("_") else _offered().get(name)
    if operation is None:
        from difflib import get_close_matches

        near = get_close_matches(name, _offered(), 1)
        asked = f"; did you mean '{near[0]}'?" if near else ""
        raise AttributeError(f"a memory has no method '{name}'{asked}", name=name, obj=owner)
    return operation


@cache
def _offered() -> dict[str, Operation]:
    """By the method's name. `import` is a word of the language, so full names count as well."""
    offered = [operation for operation in OPERATIONS if operation.faces]
    return {name: operation for operation in offered for name in (operation.method, operation.name)}


class _Offering(type):
    """A class whose methods are the operations, each made when it is first looked at.

    To make them all at once would import every operation.
    """

    if not TYPE_CHECKING:  # a checker sees the methods there are, and no others

        def __getattr__(cls, name: str) -> Any:
            operation = _operation(cls, name)
            method = cls._method(operation)
            method.__name__, method.__qualname__ = name, f"{cls.__name__}.{name}"
            method.__module__ = __name__
            method.__doc__ = docstring_of(operation)
            method.__signature__ = signature_of(operation)
            setattr(cls, name, method)
            return method

    def __dir__(cls) -> list[str]:
        return sorted({*super().__dir__(), *(each.method for each in _offered().values())})


class _Face(metaclass=_Offering):
    """What both colours share: from a method's name and fields to a command."""

    def __init__(self, opened: OpenNode, agent_id: str | None) -> None:
        self._opened = opened
        project = own_project(opened.config.namespace, folder=working_folder())
        self._caller: Caller = opened.caller("python", agent_id, project=project)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            _operation(self, name)
            return getattr(type(self), name).__get__(self)

    def __dir__(self) -> list[str]:
        return dir(type(self))

    @staticmethod
    def _command(operation: Operation, args: tuple[Any, ...], fields: dict[str, Any]) -> Command:
        from ai_memory.model.decode import decode_fields

        kind = command_type(operation)
        names = kind.__struct_fields__
        if len(args) > len(names):
            raise ValidationFailed(f"{operation.method} takes at most {len(names)} fields")
        given = dict(zip(names, args, strict=False))
        twice = given.keys() & fields.keys()
        if twice:
            raise ValidationFailed(f"{min(twice)} is given twice", field=min(twice))
        given.update(fields)
        try:
            for name, value in given.items():
                given[name] = plain(value, field=name)
            return decode_fields(kind, given)
        except RecursionError as cause:
            raise ValidationFailed("the fields nest too deep", hint="Flatten them.") from cause


class Node(_Face, Methods):
    """An open node for threads: every operation a method. Leaving `with` closes it."""

    @staticmethod
    def _method(operation: Operation) -> Callable[..., Any]:
        def call(self: Node, *args: Any, **fields: Any) -> Any:
            command = self._command(operation, args, fields)
            if operation.streams:
                return self._opened.node.stream(self._caller, command)
            return answer_of(self._opened.node.execute(self._caller, command))

        return call

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

    @staticmethod
    def _method(operation: Operation) -> Callable[..., Any]:
        async def call(self: AsyncNode, *args: Any, **fields: Any) -> Any:
            command = self._command(operation, args, fields)
            return answer_of(await self._opened.node.execute_async(self._caller, command))

        def stream(self: AsyncNode, *args: Any, **fields: Any) -> AsyncIterator[bytes]:
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
    """A memory that is not open yet: enter it with `with` or `async with`, or call `open()`."""

    def __init__(self, opener: Callable[[], OpenNode], agent_id: str | None) -> None:
        self._opener = opener
        self._agent_id = agent_id
        self._node: Node | AsyncNode | None = None

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name in _offered():
                raise NodeClosed(
                    f"the memory is not open yet, so it cannot {name.partition('_')[0]}",
                    hint="Write `with ai_memory.open_node(...) as node:`, or `node = "
                    "ai_memory.open_node(...).open()` and `node.close()` when you are done.",
                )
            raise AttributeError(name, name=name, obj=self)

    def open(self) -> Node:
        """Open without a context manager; call `close()` on the node when you are done."""
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
    namespace: str | None = None,
    clock: Clock | None = None,
    embedder: Embedder | str | None = None,
    progress: Progress | None = None,
    **settings: Any,
) -> Opening:
    """Open a memory: enter the answer with `with` or `async with`, or call `open()` on it.

    Args:
        db: The database file, `:memory:` for a private one; default: the user's own.
        level: Feature level: keyword, semantic, smart, autonomous.
        agent_id: Who stores; default: the configured or the process's identity.
        clock: Instead of the machine's.
        embedder: Instead of the configured one: a kind (minilm, e5, onnx, openai, ollama, none) or
            an object that embeds.
        progress: Called with (what, share done) while a model is converted for the first time.
        namespace: Your own project, which is meant where a call names none; default: that of the
            configuration, else of the folder this process works in.
        settings: Any other setting of `ai_memory.config.SETTINGS` by name.

    Raises:
        AiMemoryError: When entered: the settings are wrong or the database cannot be used.
    """

    def opener() -> OpenNode:
        _require_known(settings)
        flags = {
            "db": None if db is None else str(db),
            "tier": level,
            "namespace": namespace,
            **settings,
        }
        given = None
        if isinstance(embedder, str):
            flags["embedder"] = embedder
        else:
            given = embedder
        return compose_node(load_config(flags), clock=clock, embedder=given, progress=progress)

    return Opening(opener, agent_id)


def _require_known(settings: Mapping[str, Any]) -> None:
    """Refuse what is no argument of `open_node`, with the one that is meant.

    Raises:
        ConfigInvalid: It is unknown.
    """
    from difflib import get_close_matches
    from inspect import signature

    known = [*signature(open_node).parameters, *(setting.name for setting in SETTINGS)]
    for name in settings:
        if name not in known:
            near = get_close_matches(name, known, 1)
            raise ConfigInvalid(
                f"open_node has no argument '{name[:80]}'",
                hint=f"Did you mean {near[0]}?" if near else "help(ai_memory.open_node) tells.",
                setting=name,
            )
