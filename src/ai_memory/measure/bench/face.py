"""Every face beside the Python API: a node in another process, kept connections to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from functools import partial
from typing import Any, Final

from ai_memory.measure.bench import crowd
from ai_memory.measure.bench.client import (
    Client,
    HttpClient,
    McpHttpClient,
    McpPipeClient,
    served,
)
from ai_memory.measure.bench.contest import recall
from ai_memory.measure.bench.crowd import Haul
from ai_memory.measure.bench.duel import Act, Contest, fight
from ai_memory.measure.bench.stand import Stand
from ai_memory.measure.duration import spread

CONNECTIONS: Final = 32
_FLOOR_SHARE: Final = 0.3  # of the time: one thread needs less of it for a steady figure


def recalls(
    stand: Stand, callers: Sequence[int], *, seconds: float, turns: int, warm_up: int
) -> dict[str, Any]:
    """Recall over each face, alone beside the Python API and with many callers.

    Every node first answers `warm_up` questions that are not measured.

    The Python API answers the same question in turn, from a node in this process. Its crowd has a
    figure of its own (`throughput.recalls`); here many callers are compared with nothing.
    """
    found: dict[str, Any] = {}
    with ExitStack() as stack:
        port = stack.enter_context(served(stand.db, stand.level))
        pipe = stack.enter_context(closing(McpPipeClient(stand.db, stand.level)))
        opened = stack.enter_context(closing(stand.open(stand.level)))
        alone: dict[str, Client] = {
            "http": stack.enter_context(closing(HttpClient(port))),
            "mcp_http": stack.enter_context(closing(McpHttpClient(port))),
            "mcp_stdio": pipe,
        }
        ask = recall(stand, opened)
        _warm(stand, alone["http"], warm_up)
        _warm(stand, pipe, warm_up)
        for turn in stand.warming(warm_up):
            ask(turn)
        share = stand.unasked // len(alone)
        for number, (name, client) in enumerate(alone.items()):
            # Others than over the face before: a node remembers the vectors of its last questions.
            first = number * share
            bare = partial(_shifted, ask, first)
            contest = Contest(name, _recalling(stand, client, 1, first), bare, turns_max=share)
            bout = fight(contest, stand.clock, seconds=seconds, turns=turns)
            assert bout.floor is not None
            found[f"recall_{name}"] = {
                "callers": 1,
                "n": bout.act.n,
                "p50_ms": round(bout.act.p50_ms, 3),
                "p95_ms": round(bout.act.p95_ms, 3),
                "p99_ms": round(bout.act.p99_ms, 3),
                "api_p50_ms": round(bout.floor.p50_ms, 3),
                "api_p95_ms": round(bout.floor.p95_ms, 3),
            }
    with served(stand.db, stand.level) as port:
        with closing(HttpClient(port)) as client:
            _warm(stand, client, warm_up)
        for many in callers:
            for name, connect in (("http", HttpClient), ("mcp_http", McpHttpClient)):
                if many > 1:
                    doing = _recalling if name == "http" else _recalling_others
                    haul = _crowd(stand, connect, port, many, seconds, doing)
                    found[f"recall_{name}_{many}"] = _figures(many, haul)
    return found


def stores(stand: Stand, *, seconds: float) -> dict[str, Any]:
    """Durable stores per second at the keyword level from 32 kept connections.

    The floor writes as many rows per transaction as there are connections, by bare statements.
    """
    found = {}

    def bare(_turn: int) -> None:
        stand.rows.insert([stand.bare(stand.fresh()) for _ in range(CONNECTIONS)])

    floor = crowd.of_threads(lambda _caller: bare, 1, stand.clock, seconds=seconds * _FLOOR_SHARE)
    with served(stand.db, "keyword") as port:
        for name, connect in (("http", HttpClient), ("mcp_http", McpHttpClient)):
            haul = _crowd(stand, connect, port, CONNECTIONS, seconds, _storing)
            found[f"store_{name}"] = {
                **_figures(CONNECTIONS, haul),
                "floor_per_s": round(CONNECTIONS * floor.per_second, 1),
            }
    return found


def _crowd(
    stand: Stand,
    connect: Callable[[int], Client],
    port: int,
    callers: int,
    seconds: float,
    doing: Callable[[Stand, Client, int, int], Act],
) -> Haul:
    with ExitStack() as stack:

        def make(caller: int) -> Act:
            client = connect(port)
            stack.callback(client.close)
            return doing(stand, client, callers, caller)

        return crowd.of_threads(make, callers, stand.clock, seconds=seconds)


def _warm(stand: Stand, client: Client, warm_up: int) -> None:
    for turn in stand.warming(warm_up):
        client.recall(stand.questions[turn])


def _recalling(stand: Stand, client: Client, callers: int, caller: int) -> Act:
    questions = stand.questions
    return lambda turn: client.recall(questions[(turn * callers + caller) % len(questions)])


def _recalling_others(stand: Stand, client: Client, callers: int, caller: int) -> Act:
    """Beginning further on, at questions whose vectors the node does not remember by then."""
    return _recalling(stand, client, callers, caller + len(stand.questions) * 2 // 5)


def _shifted(act: Act, by: int, turn: int) -> None:
    act(turn + by)


def _storing(stand: Stand, client: Client, _callers: int, _caller: int) -> Act:
    return lambda _turn: client.store(stand.fresh())


def _figures(callers: int, haul: Haul) -> dict[str, Any]:
    times = spread(haul.latencies)
    return {
        "callers": callers,
        "n": times.n,
        "per_s": round(haul.per_second, 1),
        "p50_ms": round(times.p50_ms, 3),
        "p95_ms": round(times.p95_ms, 3),
        "p99_ms": round(times.p99_ms, 3),
    }
