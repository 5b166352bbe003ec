"""The supervisor: one port, several processes that answer there (docs/adr/0032).

It listens, and hands each new connection to the worker that has the fewest, so that none idles
while another has a queue. It opens no database, starts no thread and reads no request: so it can
fork at any time, has nothing to lose, and replaces a worker that dies.
"""

from __future__ import annotations

import gc
import os
import selectors
import signal
import socket
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from tempfile import TemporaryFile
from typing import Final

from ai_memory import limits
from ai_memory.errors import AiMemoryError, Internal
from ai_memory.faces.http.board import Board
from ai_memory.faces.http.metrics import NUMBERS
from ai_memory.faces.http.seat import (
    CONNECTION,
    FORCE,
    STOP,
    Failed,
    Leaving,
    Ready,
    Seat,
    read_news,
)
from ai_memory.ports import Clock

_ACCEPTED_AT_ONCE: Final = 64
_TOGETHER_SECS: Final = 0.25  # the first that is ready waits so long for the others
_DEAF_SECS: Final = 0.05  # when no worker can take a connection just now
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class _Place:
    """A worker, as the supervisor knows it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.pid: int | None = None
        self.channel: socket.socket | None = None
        self.said = b""
        self.is_ready = False
        self.handed = 0
        self.failures = 0  # in a row
        self.began = 0.0
        self.due = 0.0  # when it is started, if it is not there


class Supervisor:
    """Runs workers until it is told to stop."""

    def __init__(
        self,
        sockets: Sequence[socket.socket],
        count: int,
        work: Callable[[Seat], int],
        *,
        listen: Callable[[], None],
        clock: Clock,
        began: Callable[[Ready], None],
        say: Callable[[str], None],
    ) -> None:
        """Prepare; nothing listens and nothing is forked yet.

        Args:
            sockets: Bound; closed at the end.
            count: How many workers.
            work: What a worker does, in its own process, until its seat tells it to stop; its exit
                code.
            listen: Begins to listen on the sockets.
            clock: For the time between two attempts.
            began: Is told once that all are ready and the sockets listen.
            say: Is told what happens to workers.
        """
        self._sockets = list(sockets)
        self._work = work
        self._listen = listen
        self._clock = clock
        self._began = began
        self._say = say
        self._board = Board(count, 1 + NUMBERS)  # connections that ended, then the metrics
        self._bell = os.pipe()
        for end in self._bell:
            os.set_blocking(end, False)
        self._turns = TemporaryFile()  # noqa: SIM115 - closed at the end, by `_close`
        self._places = [_Place(number) for number in range(count)]
        self._selector = selectors.DefaultSelector()
        self._listening = False
        self._deaf_until: float | None = None
        self._waiting: deque[socket.socket] = deque()  # accepted, and nobody can take them yet
        self._last = 0
        self._stops = 0
        self._kill_at = self._begin_at = float("inf")
        self._failure: AiMemoryError | None = None
        self._ready: Ready | None = None

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT; 0 after a graceful stop.

        Raises:
            AiMemoryError: The workers cannot start or keep failing, or one's last work failed.
            AddressInUse: Somebody began to listen there in the meantime.
        """
        gc.freeze()  # what is there now is shared with the workers as long as nobody touches it
        try:
            with self._signals() as wakes, closing(self._selector):
                self._selector.register(wakes, selectors.EVENT_READ, lambda: self._heard(wakes))
                while not self._is_over():
                    self._start_due()
                    for key, _events in self._selector.select(self._patience()):
                        key.data()
                    self._begin()
                    self._listen_again()
        finally:
            self._close()
        if self._failure is not None:
            raise self._failure
        return 0

    # -- workers ---------------------------------------------------------------------------------

    def _is_over(self) -> bool:
        return bool(self._stops) and all(place.pid is None for place in self._places)

    def _start_due(self) -> None:
        now = self._clock.monotonic()
        for place in self._places:
            if place.pid is None and not self._stops and now >= place.due:
                self._start(place)
        if now >= self._kill_at:
            self._signal_all(signal.SIGKILL)

    def _patience(self) -> float | None:
        """Seconds until there is something to do even if nothing happens."""
        due = [place.due for place in self._places if place.pid is None and not self._stops]
        if self._deaf_until is not None:
            due.append(self._deaf_until)
        due += [self._kill_at, self._begin_at]
        wait = min(due) - self._clock.monotonic()
        return None if wait == float("inf") else max(0.0, wait)

    def _start(self, place: _Place) -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        theirs.setblocking(False)
        row = self._board.rows[place.number]
        row[0] = place.handed = 0
        place.began, place.said = self._clock.monotonic(), b""
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        try:
            pid = os.fork()
        except OSError as cause:  # too many processes, or too little memory, just now
            for end in (ours, theirs):
                end.close()
            place.due = place.began + limits.WORKER_DELAY_SECS_MAX
            self._say(f"no worker can be started: {cause}; next try in "
                      f"{limits.WORKER_DELAY_SECS_MAX:g} s")  # fmt: skip
            return
        if not pid:
            ours.close()
            self._be_worker(place, theirs)  # does not come back
        theirs.close()
        place.pid, place.channel = pid, ours
        self._selector.register(ours, selectors.EVENT_READ, lambda: self._hear(place))

    def _be_worker(self, place: _Place, channel: socket.socket) -> None:
        """What the forked process does instead of going on as a supervisor."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the supervisor tells
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._selector.close()
            address = self._sockets[0].getsockname()[:2]
            for each in (*self._sockets, *self._waiting):
                each.close()
            for other in self._places:
                if other.channel is not None:
                    other.channel.close()  # or nobody would notice the supervisor's end
            rows = self._board.rows
            seat = Seat(
                number=place.number,
                workers=len(self._places),
                address=address,
                channel=channel,
                rows=[row[1:] for row in rows],
                gone=rows[place.number][:1],
                bell=self._bell,
                turns=self._turns.fileno(),
                file=None if self._ready is None else self._ready.file,
            )
            code = self._work(seat)
        except BaseException:  # noqa: BLE001 - a forked process must not go on in its parent's place
            traceback.print_exc()
        finally:
            with suppress(Exception):
                sys.stderr.flush()
            os._exit(code)

    def _hear(self, place: _Place) -> bool:
        """A worker says something; whether it did."""
        if place.channel is None:
            return False
        try:
            data = place.channel.recv(65_536)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            data = b""
        if not data:  # it is about to end
            self._selector.unregister(place.channel)
            place.channel.close()
            place.channel, place.is_ready = None, False
            return False
        news, place.said = read_news(place.said + data)
        for each in news:
            match each:
                case Ready():
                    place.is_ready = True
                    if self._ready is None:
                        self._ready = each
                        self._begin_at = self._clock.monotonic() + _TOGETHER_SECS
                    if self._stops:
                        self._order(place, STOP)
                case Leaving():
                    place.is_ready = False
                    self._order(place, STOP)
                case Failed():
                    self._failure = each.error()
        return True

    def _reap(self) -> None:
        for place in self._places:
            if place.pid is None:
                continue
            pid, status = os.waitpid(place.pid, os.WNOHANG)
            if not pid:
                continue
            while self._hear(place):  # its last words
                pass
            place.pid, place.is_ready = None, False
            self._ended(place, os.waitstatus_to_exitcode(status))

    def _ended(self, place: _Place, code: int) -> None:
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        name = f"worker {place.number + 1} of {len(self._places)}"
        if self._stops:
            if code not in (0, -signal.SIGTERM, -signal.SIGKILL) and self._failure is None:
                self._failure = Internal(f"{name} {how} while it stopped")
            return
        if not self._listening:
            self._failure = self._failure or Internal(f"{name} {how} before it was ready")
            self._stop()
            return
        failure, self._failure = self._failure, None
        why = "" if failure is None else f" ({failure.message})"
        now = self._clock.monotonic()
        place.failures = (
            0
            if code == 0 or now - place.began >= limits.WORKER_SOUND_SECS
            else (place.failures + 1)
        )
        if place.failures >= limits.WORKER_FAILURES_MAX and not any(
            one.is_ready for one in self._places
        ):
            self._failure = failure or Internal(f"{name} {how}, {place.failures} times in a row")
            self._stop()
            return
        delay = 0.0
        if place.failures > 1:
            delay = limits.WORKER_DELAY_SECS * 2 ** (place.failures - 2)
        delay = min(delay, limits.WORKER_DELAY_SECS_MAX)
        place.due = now + delay
        later = f" in {delay:g} s" if delay else ""
        self._say(f"{name} {how}{why}; another takes its place{later}")

    def _order(self, place: _Place, order: bytes) -> None:
        if place.channel is not None:
            with suppress(OSError):
                place.channel.send(order)

    # -- connections -----------------------------------------------------------------------------

    def _begin(self) -> None:
        """Listen as soon as all are ready, and not much later than the first is.

        Together, for a connection stays with the worker that got it.
        """
        if self._listening or self._ready is None or self._stops:
            return
        if self._clock.monotonic() < self._begin_at and not all(
            place.is_ready for place in self._places
        ):
            return
        self._listen()
        for each in self._sockets:
            each.setblocking(False)
            self._watch(each)
        self._listening, self._begin_at = True, float("inf")
        self._began(self._ready)

    def _watch(self, listener: socket.socket) -> None:
        self._selector.register(listener, selectors.EVENT_READ, lambda: self._accept(listener))

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(_ACCEPTED_AT_ONCE):
            if self._deaf_until is not None or self._stops:
                return
            if not any(place.is_ready for place in self._places):
                self._be_deaf()
                return
            try:
                connection, _address = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:  # out of descriptors or memory: callers wait in the backlog
                self._be_deaf()
                return
            if self._hand(connection):
                connection.close()
            else:
                self._waiting.append(connection)
                self._be_deaf()

    def _hand(self, connection: socket.socket) -> bool:
        """Hand a connection to the worker with the fewest; whether one could take it."""
        count = len(self._places)
        takers = [place for place in self._places if place.is_ready]
        takers.sort(key=lambda place: (self._open(place), (place.number - self._last - 1) % count))
        for place in takers:
            assert place.channel is not None
            try:
                socket.send_fds(place.channel, [CONNECTION], [connection.fileno()])
            except OSError:  # its channel is full, or it is gone
                continue
            place.handed += 1
            self._last = place.number
            return True
        return False

    def _open(self, place: _Place) -> int:
        """How many connections a worker has."""
        return place.handed - self._board.rows[place.number][0]

    def _be_deaf(self) -> None:
        """Accept nothing for a moment; callers wait in the backlog."""
        self._deaf_until = self._clock.monotonic() + _DEAF_SECS
        for each in self._sockets:
            self._selector.unregister(each)

    def _listen_again(self) -> None:
        if self._deaf_until is None or self._stops or self._clock.monotonic() < self._deaf_until:
            return
        while self._waiting and self._hand(self._waiting[0]):
            self._waiting.popleft().close()
        if self._waiting or not any(place.is_ready for place in self._places):
            self._deaf_until = self._clock.monotonic() + _DEAF_SECS
            return
        self._deaf_until = None
        for each in self._sockets:
            self._watch(each)

    # -- the end ---------------------------------------------------------------------------------

    @contextmanager
    def _signals(self) -> Iterator[socket.socket]:
        """Signals wake the loop; what they mean is decided there."""
        wakes, woken = socket.socketpair()
        wakes.setblocking(False)
        woken.setblocking(False)
        watched = (*_SIGNALS, signal.SIGCHLD)
        before = {number: signal.signal(number, lambda *_: None) for number in watched}
        old = signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
        try:
            yield wakes
        finally:
            signal.set_wakeup_fd(old)
            for number, handler in before.items():
                signal.signal(number, handler)
            wakes.close()
            woken.close()

    def _heard(self, wakes: socket.socket) -> None:
        with suppress(BlockingIOError):
            for number in wakes.recv(4_096):
                if number in _SIGNALS:
                    self._stop()
                elif number == signal.SIGCHLD:
                    self._reap()

    def _stop(self) -> None:
        """Stop gracefully; the second time what is under way is abandoned."""
        self._stops += 1
        if self._stops == 1:
            if self._listening and self._deaf_until is None:
                for each in self._sockets:
                    self._selector.unregister(each)
            self._deaf_until = None
            for each in (*self._sockets, *self._waiting):
                each.close()
        else:
            self._kill_at = self._clock.monotonic() + limits.SHUTDOWN_GRACE_SECS
        for place in self._places:
            if self._stops > 1:
                self._order(place, FORCE)
            elif place.is_ready:
                self._order(place, STOP)
            elif place.pid is not None:
                os.kill(place.pid, signal.SIGTERM)  # it has answered nobody yet

    def _signal_all(self, number: signal.Signals) -> None:
        for place in self._places:
            if place.pid is not None:
                os.kill(place.pid, number)
        self._kill_at = float("inf")

    def _close(self) -> None:
        for each in (*self._sockets, *self._waiting):
            each.close()
        for place in self._places:  # after a failure of ours there may be some
            if place.channel is not None:
                place.channel.close()
            if place.pid is not None:
                with suppress(OSError):
                    os.kill(place.pid, signal.SIGTERM)
                    os.waitpid(place.pid, 0)
        for end in self._bell:
            os.close(end)
        self._turns.close()
