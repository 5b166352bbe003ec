"""One place that knows how ONNX Runtime is set up here."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state

from ai_memory.adapters.system import usable_processors

# A host program may have loaded the library before us, without the switches of `ai_memory.offline`.
onnxruntime.disable_telemetry_events()

THREADS_MAX: Final = 4  # beyond that a 384-wide model gains little and its neighbours lose
_FATAL: Final = 4  # everything less is raised as well, and stderr belongs to the program

RuntimeFailure: Final[tuple[type[Exception], ...]] = tuple(
    value
    for value in vars(onnxruntime_pybind11_state).values()
    if isinstance(value, type) and issubclass(value, Exception)
)
"""Everything ONNX Runtime raises: its exceptions share no base."""


def open_session(model: bytes | Path, *, threads: int | None, optimise: bool) -> Any:
    """An InferenceSession.

    Args:
        model: The serialised graph, or the file that holds it.
        threads: Threads of one computation; None for as many as help.
        optimise: Let the runtime rewrite the graph first. It costs start-up time, and a graph that
            was built from the runtime's own operators gains nothing.

    Raises:
        RuntimeFailure: The graph is damaged or not supported.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or default_threads()
    options.inter_op_num_threads = 1
    options.log_severity_level = _FATAL
    level = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = level.ORT_ENABLE_ALL if optimise else level.ORT_DISABLE_ALL
    # A spinning thread takes a core from the threads we share the process with: on two busy cores
    # it cost 40 % of the throughput and bought nothing.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    source = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def default_threads() -> int:
    """Half of the usable logical processors, which are often pairs on one core.

    Of two, one: without spinning, waking a second thread costs a short text more than it saves
    (1.7 instead of 2.6 ms for 20 words), and the other core has the store to serve.
    """
    return max(1, min(usable_processors() // 2, THREADS_MAX))
