"""ai-memory: durable, searchable, governed memory for AI agents.

import ai_memory

with ai_memory.open_node(db="notes.db", level="keyword") as node:
    node.store(title="Favourite colour", content="The user prefers green.")
    print(node.recall(context="which colour?").memories[0].title)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ai_memory.errors import (
    AddressInUse,
    AiMemoryError,
    AmbiguousId,
    BodyTooLarge,
    CapabilityMissing,
    ConfigInvalid,
    Conflict,
    Denied,
    DimensionMismatch,
    EmbedderUnavailable,
    EmbeddingModelMismatch,
    Forbidden,
    LanguageModelAnswerInvalid,
    LanguageModelUnavailable,
    MethodNotAllowed,
    NodeBusy,
    NodeClosed,
    NotFound,
    RequestTimeout,
    RouteNotFound,
    SchemaTooNew,
    StoreBusy,
    StoreMoved,
    StoreReadOnly,
    StoreUnavailable,
    Unauthorized,
    UnknownOperation,
    Unreachable,
    UnsupportedMediaType,
    ValidationFailed,
)
from ai_memory.offline import stay_offline
from ai_memory.version import __version__

stay_offline()  # before anything of ours can load a library that reports to somebody

if TYPE_CHECKING:
    from ai_memory.api import AsyncNode, Node, open_node
    from ai_memory.model.command import Caller
    from ai_memory.model.memory import Memory

__all__ = [
    "open_node",
    "Node",
    "AsyncNode",
    "Caller",
    "Memory",
    "AiMemoryError",
    "AddressInUse",
    "AmbiguousId",
    "BodyTooLarge",
    "CapabilityMissing",
    "ConfigInvalid",
    "Conflict",
    "Denied",
    "DimensionMismatch",
    "EmbedderUnavailable",
    "EmbeddingModelMismatch",
    "Forbidden",
    "LanguageModelAnswerInvalid",
    "LanguageModelUnavailable",
    "MethodNotAllowed",
    "NodeBusy",
    "NodeClosed",
    "NotFound",
    "RequestTimeout",
    "RouteNotFound",
    "SchemaTooNew",
    "StoreBusy",
    "StoreMoved",
    "StoreReadOnly",
    "StoreUnavailable",
    "Unauthorized",
    "UnknownOperation",
    "Unreachable",
    "UnsupportedMediaType",
    "ValidationFailed",
    "__version__",
]

_LAZY = {
    "AsyncNode": "ai_memory.api",
    "Node": "ai_memory.api",
    "open_node": "ai_memory.api",
    "Caller": "ai_memory.model.command",
    "Memory": "ai_memory.model.memory",
}


def __getattr__(name: str) -> Any:
    """Import the public names when first used: a CLI call needs none of them."""
    module = _LAZY.get(name)
    if module is None:
        raise AttributeError(f"module 'ai_memory' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(module), name)


def __dir__() -> list[str]:
    """Complete the lazy names too."""
    return sorted({*globals(), *__all__})
