"""Notice that the process which started this one is gone.

A client that is killed closes its end of the pipe, but not when another process holds that end too
(a forked child, a terminal multiplexer); then no end of file ever comes, and the server would stay
for good, with its memory and its locks.

On Linux a descriptor of the parent says so at once. PR_SET_PDEATHSIG would too, but it fires when
the parent's *thread* ends, and clients start servers from short-lived threads.
"""

from __future__ import annotations

import os
import select
import sys
import threading
from collections.abc import Callable
from typing import Final

CHECK_SECS: Final = 1.0
"""How often to look, where no descriptor tells."""


def watch_parent(ended: Callable[[], None]) -> None:
    """Call `ended`, in a thread of its own, when this process's parent has ended.

    A parent that cannot end (init), or that is outside a container, is not watched.
    """
    parent = os.getppid()
    if parent <= 1:
        return

    def watch() -> None:
        await_end(parent, _descriptor(parent))
        ended()

    threading.Thread(target=watch, name="ai-memory-parent", daemon=True).start()


def await_end(parent: int, descriptor: int | None) -> None:
    """Return when the process `parent`, ours, has ended.

    Args:
        parent: Its id.
        descriptor: Its pidfd; None: look every CHECK_SECS.
    """
    if descriptor is not None:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        # The id may have changed hands before the descriptor was made.
        while os.getppid() == parent and not poll.poll():
            pass
        os.close(descriptor)
        return
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(CHECK_SECS)


def _descriptor(parent: int) -> int | None:
    if sys.platform != "linux" or not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(parent)
    except OSError:  # an old kernel, or a sandbox
        return None
