"""Which namespaces there are."""

from __future__ import annotations

import msgspec

from ai_memory.model.command import Command
from ai_memory.operations.memory_stats import NamespaceCount
from ai_memory.operations.step import Context
from ai_memory.ports import Reader


class ListNamespaces(Command, frozen=True, kw_only=True):
    """List the namespaces with their live memories counted, most populous first."""


class NamespacesResult(msgspec.Struct, kw_only=True):
    """All namespaces that hold a live memory."""

    namespaces: list[NamespaceCount]
    count: int
    total: int


def list_namespaces(command: ListNamespaces, rows: Reader, context: Context) -> NamespacesResult:  # noqa: ARG001
    """Run ListNamespaces."""
    found = rows.namespaces(context.now)
    return NamespacesResult(
        namespaces=[NamespaceCount(namespace=namespace, count=count) for namespace, count in found],
        count=len(found),
        total=len(found),
    )
