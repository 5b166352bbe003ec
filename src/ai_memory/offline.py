"""Nothing leaves the machine: what dependencies would send is switched off before they load.

The package's first import does it, so it holds on every way in: server, stdio, command line, Python
API, converting the model, reranking, measuring. Child processes inherit it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

SWITCHES: Final[Mapping[str, str]] = {
    # ONNX Runtime: wheels of 1.29 and later report sessions, models and errors to their maker,
    # unless one of these is set before the library loads. No API call is early enough.
    "ORT_DISABLE_TELEMETRY": "1",
    "ORT_TELEMETRY_DISABLED": "1",  # the name in some builds
}
"""Environment variables, read by the libraries themselves when they are loaded."""


def stay_offline() -> None:
    """Set the switches, whatever they were set to: a promise has no setting."""
    os.environ.update(SWITCHES)
