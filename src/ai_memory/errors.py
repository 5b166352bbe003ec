"""Every error a caller can see: a wire-stable code, a message, and a hint what to do next.

Nobody matches on message text. `faces/problems.py` turns a code into an HTTP status, an MCP error
result and an exit code; this module knows about none of them. Expected outcomes (a pending
approval, a merge) are values, not errors.
"""

from __future__ import annotations

from typing import Any, ClassVar


class AiMemoryError(Exception):
    """Base of every error that may reach a caller.

    Attributes:
        code: Stable, upper-case identifier; clients may branch on it.
        message: One sentence about what happened.
        hint: One sentence about what to do next.
        details: Extra top-level keys of the error object (JSON values only).
    """

    code: ClassVar[str] = "INTERNAL"
    default_hint: ClassVar[str] = "This is a fault of ai-memory; the log on stderr has the details."

    def __init__(self, message: str, *, hint: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint if hint is not None else self.default_hint
        self.details = details

    def as_dict(self) -> dict[str, Any]:
        """The one error shape of all faces: `{error, code, message, hint, …details}`."""
        return {
            "error": self.message,
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            **self.details,
        }


class Internal(AiMemoryError):
    """A fault of ours; the message never carries internals."""


class ValidationFailed(AiMemoryError):
    """The command is malformed: an unknown field, a wrong type, a value out of bounds."""

    code = "VALIDATION_FAILED"
    default_hint = "Check the field against the reference page of this operation."


class UnknownOperation(AiMemoryError):
    """No operation, route or tool has this name."""

    code = "UNKNOWN_OPERATION"
    default_hint = (
        "List what exists with `ai-memory --help`, tools/list or GET /api/v1/openapi.json."
    )


class NotFound(AiMemoryError):
    """Nothing live has this id."""

    code = "NOT_FOUND"
    default_hint = (
        "List what exists with memory_list; an expired or deleted memory is no longer served."
    )


class AmbiguousId(AiMemoryError):
    """An id prefix that fits several memories."""

    code = "AMBIGUOUS_ID"
    default_hint = "Give more characters of the id."


class Conflict(AiMemoryError):
    """The title is taken in this namespace."""

    code = "CONFLICT"
    default_hint = (
        "Use on_conflict=merge to revise the existing memory (its older version stays in history), "
        "or on_conflict=version to keep both."
    )


class Denied(AiMemoryError):
    """Policy says no."""

    code = "DENIED"
    default_hint = "Ask the owner of the namespace."


class Unauthorized(AiMemoryError):
    """The request carries no valid credential."""

    code = "UNAUTHORIZED"
    default_hint = "Send the configured key as the X-API-Key header."


class Forbidden(AiMemoryError):
    """The request came from where requests may not come from (Host or Origin)."""

    code = "FORBIDDEN"
    default_hint = (
        "Call the node directly, not from a web page; allow a host name with `allowed_hosts`."
    )


class UnsupportedMediaType(AiMemoryError):
    """The body is not declared as JSON."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    default_hint = "Send the header Content-Type: application/json."


class BodyTooLarge(AiMemoryError):
    """The request body exceeds the limit."""

    code = "BODY_TOO_LARGE"
    default_hint = "Split the request into smaller ones."


class RequestTimeout(AiMemoryError):
    """The request did not come to its end in time."""

    code = "REQUEST_TIMEOUT"
    default_hint = "Send the request in one go; nothing was done."


class NodeBusy(AiMemoryError):
    """The node has no descriptor or no connection left for this request."""

    code = "NODE_BUSY"
    default_hint = (
        "Nothing was done; try again in a moment. If it stays, close connections that nobody "
        "uses, or raise the limit of open files (ulimit -n) of the process that serves."
    )


class RouteNotFound(AiMemoryError):
    """No such path."""

    code = "ROUTE_NOT_FOUND"
    default_hint = "GET /api/v1/openapi.json lists every path."


class MethodNotAllowed(AiMemoryError):
    """The path exists, the verb does not."""

    code = "METHOD_NOT_ALLOWED"
    default_hint = "The Allow header names the verbs of this path."


class CapabilityMissing(AiMemoryError):
    """The operation needs something this node does not have (an embedder, a language model)."""

    code = "CAPABILITY_MISSING"
    default_hint = (
        "memory_capabilities tells what this node has; start it at a higher feature level."
    )


class EmbedderUnavailable(AiMemoryError):
    """The embedder could not be loaded or did not answer."""

    code = "EMBEDDER_UNAVAILABLE"
    default_hint = "Keyword search works without it; `ai-memory doctor` tells what is missing."


class LanguageModelUnavailable(AiMemoryError):
    """The language model did not answer."""

    code = "LANGUAGE_MODEL_UNAVAILABLE"
    default_hint = "Nothing was lost; `ai-memory doctor` tells what its endpoint says."


class LanguageModelAnswerInvalid(AiMemoryError):
    """The language model answered twice, and not with what was asked for."""

    code = "LANGUAGE_MODEL_ANSWER_INVALID"
    default_hint = "Nothing was changed; another model (llm_model) may follow the schema better."


class DimensionMismatch(AiMemoryError):
    """Two embeddings of different length met: two models in one computation."""

    code = "DIMENSION_MISMATCH"
    default_hint = "Embed both texts with the same model."


class EmbeddingModelMismatch(AiMemoryError):
    """The store's vectors come from another model than the one configured."""

    code = "EMBEDDING_MODEL_MISMATCH"
    default_hint = (
        "Run `ai-memory reembed` to replace the stored vectors, or configure the model that made "
        "them."
    )


class StoreBusy(AiMemoryError):
    """Another process held the write lock beyond the bounded wait."""

    code = "STORE_BUSY"
    default_hint = "Nothing was stored; try again."


class StoreUnavailable(AiMemoryError):
    """The database cannot be opened, read or written (path, permission, disk full, damage)."""

    code = "STORE_UNAVAILABLE"
    default_hint = "Check the path and the free space; `ai-memory doctor` examines the file."


class StoreReadOnly(StoreUnavailable):
    """The database can be read, and not written: a read-only file, folder or disk."""

    code = "STORE_READ_ONLY"
    default_hint = (
        "Reading works. To write, give this user the file and its folder, or copy the database "
        "with `ai-memory backup --to DIR` to where writing is allowed and name the copy with --db."
    )


class StoreMoved(StoreUnavailable):
    """The database's file was removed or replaced while it was open: what is written is lost."""

    code = "STORE_MOVED"
    default_hint = (
        "Nothing is stored any more. Save what this node still holds, with an export from it "
        "(`ai-memory --url URL export FILE`), then put the right file in its place and start anew."
    )


class SchemaTooNew(AiMemoryError):
    """A newer program wrote this database."""

    code = "SCHEMA_TOO_NEW"
    default_hint = "Upgrade ai-memory, or open another file with --db."


class NodeClosed(AiMemoryError):
    """The node is shutting down and takes no further commands."""

    code = "NODE_CLOSED"
    default_hint = "Open the node again."


class Unreachable(AiMemoryError):
    """A node named with --url or --bind does not answer."""

    code = "UNREACHABLE"
    default_hint = "Start it with `ai-memory serve`, or leave --url away to open the file itself."


class ConfigInvalid(AiMemoryError):
    """A setting is unknown, malformed or unsafe; the program refuses to start."""

    code = "CONFIG_INVALID"
    default_hint = "`ai-memory config` shows each setting and where it came from."


class AddressInUse(AiMemoryError):
    """Another program listens on the address already."""

    code = "ADDRESS_IN_USE"
    default_hint = "Stop the other program, or choose another port with --bind HOST:PORT."
