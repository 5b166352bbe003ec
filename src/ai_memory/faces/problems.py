"""An error's code in each face's terms: HTTP status and exit code. MCP answers isError."""

from __future__ import annotations

import errno
from typing import Final

from ai_memory.errors import AiMemoryError, Internal, NodeBusy

_STATUS: Final = {
    "INTERNAL": 500,
    "VALIDATION_FAILED": 400,
    "AMBIGUOUS_ID": 400,
    "DIMENSION_MISMATCH": 400,
    "CONFIG_INVALID": 400,
    "UNAUTHORIZED": 401,
    "DENIED": 403,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "ROUTE_NOT_FOUND": 404,
    "UNKNOWN_OPERATION": 404,
    "METHOD_NOT_ALLOWED": 405,
    "REQUEST_TIMEOUT": 408,
    "CONFLICT": 409,
    "EMBEDDING_MODEL_MISMATCH": 409,
    "BODY_TOO_LARGE": 413,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "LANGUAGE_MODEL_ANSWER_INVALID": 502,
    "CAPABILITY_MISSING": 503,
    "NODE_BUSY": 503,
    "EMBEDDER_UNAVAILABLE": 503,
    "LANGUAGE_MODEL_UNAVAILABLE": 503,
    "STORE_BUSY": 503,
    "STORE_READ_ONLY": 403,
    "STORE_UNAVAILABLE": 503,
    "STORE_MOVED": 503,
    "SCHEMA_TOO_NEW": 503,
    "NODE_CLOSED": 503,
    "UNREACHABLE": 503,
    "ADDRESS_IN_USE": 503,
}

EXIT_OK: Final = 0
EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2

_USAGE_CODES: Final = frozenset(("VALIDATION_FAILED", "CONFIG_INVALID", "UNKNOWN_OPERATION"))


def status_of(error: AiMemoryError) -> int:
    """The HTTP status of an error."""
    return _STATUS.get(error.code, 500)


def exit_code_of(error: AiMemoryError) -> int:
    """The exit code of an error: 2 for what the caller can mend on the command line, else 1."""
    return EXIT_USAGE if error.code in _USAGE_CODES else EXIT_FAILED


def internal() -> Internal:
    """What a caller sees of a fault that is ours; the log has the rest."""
    return Internal("internal error")


def unforeseen(failure: BaseException) -> AiMemoryError:
    """What a caller sees of an exception that nobody foresaw."""
    cause: BaseException | None = failure
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in (errno.EMFILE, errno.ENFILE):
            return NodeBusy("the node has no descriptors left")
        cause = cause.__cause__ or cause.__context__
    return internal()
