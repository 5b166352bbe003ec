"""The process behind `ai-memory serve`: listen, answer, and stop without losing an answer.

With several workers it is a worker's process, and the supervisor listens.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

import uvicorn

from ai_memory import limits
from ai_memory.adapters.sqlite.connection import MEMORY
from ai_memory.adapters.system import SystemClock, raise_descriptors, usable_processors
from ai_memory.compose import OpenNode, Progress, open_node
from ai_memory.config import Config, require_safe_bind
from ai_memory.errors import AddressInUse, ConfigInvalid
from ai_memory.faces.http.ahead import import_ahead
from ai_memory.faces.http.app import create_app
from ai_memory.faces.http.crowd import overdue
from ai_memory.faces.http.metrics import Metrics
from ai_memory.faces.http.mount import Mount
from ai_memory.faces.http.protocol import BoundedProtocol
from ai_memory.faces.http.seat import FORCE, Leaving, Ready, Seat
from ai_memory.model.printable import printable
from ai_memory.operations.profile import families_of

if TYPE_CHECKING:
    from types import FrameType

    from ai_memory.faces.http.mount import Endpoint

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_SWEEP_TICKS: Final = 10
_HEADERS: Final = [("x-content-type-options", "nosniff")]


def serve(config: Config, *, progress: Progress | None = None) -> int:
    """Serve until SIGTERM or SIGINT: finish what was begun, close the node, and return 0.

    The address is taken first, so that a wrong one costs no time; the node is opened next; the
    first line on stderr names the address once requests are answered.

    Args:
        config: The settings.
        progress: Is told how far a first conversion of the model has come.

    Raises:
        ConfigInvalid: The bind is unsafe or not this machine's, or there is no such profile.
        AddressInUse: Somebody listens there.
        AiMemoryError: The node cannot be opened, or its last work failed; see `open_node`.
    """
    require_safe_bind(config)
    raise_descriptors()
    families_of(config.profile)
    count = workers_of(config)
    sockets = bind(config.host, config.port)
    if count > 1:
        return _supervise(config, sockets, count, progress)
    metrics = Metrics()
    try:
        opened = open_node(config, observer=metrics, progress=progress)
    except BaseException:
        _close(sockets)
        raise
    with closing(opened):
        HttpServer(opened, sockets, metrics=metrics).run()
    return 0


def workers_of(config: Config) -> int:
    """How many processes answer.

    Raises:
        ConfigInvalid: Several are asked for where there can be only one.
    """
    reason = None
    if config.db == MEMORY:
        reason = "a database in memory belongs to one process"
    elif not hasattr(os, "fork"):
        reason = "this system does not fork processes"
    if reason is not None:
        if config.workers > 1:
            raise ConfigInvalid(
                f"{config.workers} workers are not possible: {reason}",
                hint="Use --workers 1.",
                setting="workers",
            )
        return 1
    if config.workers:
        return config.workers
    # Elsewhere the system's own libraries do not all survive a fork; whoever wants it may ask.
    on_linux = sys.platform == "linux"
    return min(usable_processors(), limits.WORKERS_DEFAULT_MAX) if on_linux else 1


def _supervise(
    config: Config, sockets: list[socket.socket], count: int, progress: Progress | None
) -> int:
    from ai_memory.faces.http.supervisor import Supervisor
    from ai_memory.faces.http.worker import work

    port = sockets[0].getsockname()[1]
    return Supervisor(
        sockets,
        count,
        lambda seat: work(config, seat, progress),
        listen=lambda: _listen(sockets, config.host, port),
        clock=SystemClock(),
        began=lambda ready: _began(config, port, ready.level, ready.problem, count),
        say=_say,
    ).run()


def bind(host: str, port: int) -> list[socket.socket]:
    """Sockets bound to every address of a host, all on one port; they do not listen yet.

    Raises:
        AddressInUse: Somebody listens there.
        ConfigInvalid: The host is unknown, not this machine's, or the port is privileged.
    """
    sockets: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _name, address in dict.fromkeys(found):
            bound = socket.socket(family, kind, protocol)
            sockets.append(bound)
            # Connections of a server that stopped a moment ago must not bar its successor.
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            where: tuple[Any, ...] = (address[0], port, *address[2:])
            bound.bind(where)
            port = bound.getsockname()[1]
    except OSError as cause:
        _close(sockets)
        raise _bind_error(host, port, cause) from cause
    return sockets


def _bind_error(host: str, port: int, cause: OSError) -> AddressInUse | ConfigInvalid:
    import errno

    if cause.errno == errno.EADDRINUSE:
        return AddressInUse(f"address in use: {_address(host, port)}", setting="bind")
    return ConfigInvalid(
        f"cannot listen on {_address(host, port)}: {cause.strerror or cause}",
        hint="Choose an address of this machine and a free port with --bind HOST:PORT.",
        setting="bind",
    )


class HttpServer:
    """A node's HTTP server on bound sockets; `run` blocks, `stop` may be called from any thread."""

    def __init__(
        self,
        opened: OpenNode,
        sockets: Sequence[socket.socket] = (),
        *,
        seat: Seat | None = None,
        metrics: Metrics | None = None,
        grace_secs: float = limits.SHUTDOWN_GRACE_SECS,
    ) -> None:
        """Prepare; nothing listens yet. The node stays the caller's to close.

        Args:
            opened: The node that answers.
            sockets: From `bind`; closed when the server ends.
            seat: Instead of sockets: where a supervisor hands connections over.
            metrics: The node's observer, for /metrics.
            grace_secs: How long requests under way are waited for after a stop.
        """
        self.port: int = sockets[0].getsockname()[1] if seat is None else seat.address[1]
        self.listening = threading.Event()
        self._opened = opened
        self._sockets = list(sockets)
        self._seat = seat
        import_ahead()
        config = uvicorn.Config(
            create_app(opened, mcp=Mount(partial(_mcp_endpoint, opened)), metrics=metrics),
            http=BoundedProtocol,
            ws="none",
            lifespan="on",
            interface="asgi3",
            log_config=None,  # what is logged goes to stderr, where nothing else is configured
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            headers=_HEADERS,
            backlog=limits.HTTP_BACKLOG,
            timeout_keep_alive=limits.HTTP_KEEP_ALIVE_SECS,
            timeout_graceful_shutdown=grace_secs,  # type: ignore[arg-type] # it goes to wait_for
        )
        self._server = _Server(config, self)
        self._tasks: set[asyncio.Future[None]] = set()

    def run(self) -> None:
        """Answer until `stop`, or until SIGTERM or SIGINT when this is the main thread.

        Raises:
            AddressInUse: Somebody began to listen there in the meantime.
        """
        try:
            _listen(self._sockets, self._opened.config.host, self.port)
            self._server.run(self._sockets)
        finally:
            _close(self._sockets)

    @property
    def is_alone(self) -> bool:
        """Whether no supervisor tells it when to stop."""
        return self._seat is None

    def stop(self) -> None:
        """Ask for a graceful stop."""
        self._server.should_exit = True

    def began(self) -> None:
        """Requests are answered from now on: say so."""
        facts = self._opened.node.facts
        if self._seat is None:
            _began(self._opened.config, self.port, facts.level, facts.embedder_problem)
        else:
            loop = asyncio.get_running_loop()
            loop.add_reader(self._seat.channel, self._hear, self._seat)
            if self._seat.number == 0:
                loop.add_reader(self._seat.bell[0], self._rung, self._seat)
            file = self._opened.node.store.file
            self._seat.tell(Ready(facts.level, facts.embedder_problem, file))
        self.listening.set()

    def leave(self) -> None:
        """A signal says stop: what the supervisor has handed over already is answered before."""
        if self._seat is None:
            self._server.order_stop()
        else:
            self._seat.tell(Leaving())

    def _hear(self, seat: Seat) -> None:
        """The supervisor sent something."""
        order = seat.orders(self._take)
        if order is not None:
            self._server.order_stop(at_once=order == FORCE)
            if seat.is_orphan():
                asyncio.get_running_loop().remove_reader(seat.channel)

    def _take(self, connection: socket.socket) -> None:
        """A connection is ours now."""
        connection.setblocking(False)
        task = asyncio.ensure_future(self._server.take(connection, self._seat))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _rung(self, seat: Seat) -> None:
        """Another worker has something for the one who keeps house."""
        seat.rung()
        self._opened.node.wake()
        self._opened.node.wake_curator()


class _Server(uvicorn.Server):
    """uvicorn's server, which tells when it listens, and survives the signals it handles."""

    def __init__(self, config: uvicorn.Config, owner: HttpServer) -> None:
        super().__init__(config)
        self._owner = owner

    async def on_tick(self, counter: int) -> bool:
        """Some ten times a second: once in a while end what takes too long."""
        if counter % _SWEEP_TICKS == 0:
            now = asyncio.get_running_loop().time()
            members = cast("set[BoundedProtocol]", self.server_state.connections)
            for one in overdue(list(members), now):
                one.expire()
        return await super().on_tick(counter)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._owner.began()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle signals while serving.

        uvicorn raises them again when it is done, which would end the process before its node is
        closed; here a handled signal is a handled signal.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        watched = _SIGNALS if self._owner.is_alone else (signal.SIGTERM,)
        before = {number: signal.signal(number, self._stop) for number in watched}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._owner.leave()

    def order_stop(self, *, at_once: bool = False) -> None:
        """Stop; the second time what is under way is abandoned, what was answered is durable."""
        self.force_exit = at_once or (self.should_exit and self._owner.is_alone)
        self.should_exit = True

    async def take(self, connection: socket.socket, seat: Seat | None) -> None:
        """Serve a connection that somebody else accepted."""
        assert seat is not None
        protocol = BoundedProtocol(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        protocol.gone = seat.closed
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            loop = asyncio.get_running_loop()
            await loop.connect_accepted_socket(lambda: protocol, connection)
        except OSError:  # the caller has gone already
            connection.close()
            seat.closed()


def _mcp_endpoint(opened: OpenNode) -> Endpoint:
    """Import the MCP face and make its endpoint."""
    from ai_memory.faces.mcp.http import mcp_app

    return mcp_app(opened, opened.config.profile)


def _began(config: Config, port: int, level: str, problem: str | None, workers: int = 1) -> None:
    where = _address(config.host, port)
    several = f", {workers} workers" if workers > 1 else ""
    _say(f"listening on http://{where} (db {config.db}, level {level}{several})")
    if problem:
        _say(f"no embedder, keyword search only: {problem}")


def _listen(sockets: Sequence[socket.socket], host: str, port: int) -> None:
    """Listen here: of two sockets bound to one port uvloop lets both believe that they do.

    Raises:
        AddressInUse: Somebody does already.
    """
    try:
        for each in sockets:
            each.listen(limits.HTTP_BACKLOG)
    except OSError as cause:
        raise _bind_error(host, port, cause) from cause


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _close(sockets: Sequence[socket.socket]) -> None:
    for each in sockets:
        each.close()


def _say(line: str) -> None:
    print(f"ai-memory: {printable(line)}", file=sys.stderr, flush=True)  # noqa: T201 - stderr is the log
