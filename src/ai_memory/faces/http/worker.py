"""A worker: one of several processes behind one port (see `supervisor.py`)."""

from __future__ import annotations

from contextlib import closing

from ai_memory.compose import Progress, Share, open_node
from ai_memory.config import Config
from ai_memory.errors import AiMemoryError
from ai_memory.faces.http.metrics import Metrics
from ai_memory.faces.http.seat import Failed, Seat
from ai_memory.faces.http.server import HttpServer


def work(config: Config, seat: Seat, progress: Progress | None) -> int:
    """Answer what the supervisor hands over until it says stop, or is gone; the exit code."""
    metrics = Metrics(seat.rows, seat.number)
    share = Share(
        processes=seat.workers,
        keeps_house=seat.number == 0,
        ring=seat.ring,
        turns=seat.turns,
        file=seat.file,
    )
    try:
        opened = open_node(config, observer=metrics, progress=progress, share=share)
        with closing(opened):
            HttpServer(opened, seat=seat, metrics=metrics).run()
    except AiMemoryError as error:
        seat.tell(Failed.of(error))
        return 1
    return 0
