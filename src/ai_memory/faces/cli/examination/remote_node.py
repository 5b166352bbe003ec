"""A node that runs elsewhere, asked over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ai_memory.errors import AiMemoryError
from ai_memory.faces.cli.examination.section import Section
from ai_memory.faces.cli.paint import size
from ai_memory.operations.memory_capabilities import MemoryCapabilities
from ai_memory.operations.memory_health import MemoryHealth
from ai_memory.operations.memory_stats import MemoryStats
from ai_memory.operations.registry import by_method

if TYPE_CHECKING:
    from ai_memory.faces.cli.door import Door
    from ai_memory.model.command import Command


def examine_remote(door: Door) -> list[Section]:
    """The sections Node, Capabilities and Storage."""
    return [_node(door), _capabilities(door), _storage(door)]


def _ask(door: Door, section: Section, method: str, command: Command) -> dict[str, Any] | None:
    try:
        return door.execute(by_method(method), command)
    except AiMemoryError as failure:
        section.find("critical", failure.message, failure.hint)
        return None


def _node(door: Door) -> Section:
    section = Section(name="Node", facts=[])
    health = _ask(door, section, "health", MemoryHealth())
    if health is not None:
        for name in ("status", "version", "level", "embedder_ready", "log_position"):
            section.fact(name.replace("_", " "), health.get(name))
        if health.get("embedder_problem"):
            section.find(
                "warning",
                f"keyword search only: {health['embedder_problem']}",
                "Run `ai-memory doctor` on its machine.",
            )
    return section


def _capabilities(door: Door) -> Section:
    section = Section(name="Capabilities", facts=[])
    document = _ask(door, section, "capabilities", MemoryCapabilities(accept="v2"))
    if document is not None:
        for name, value in document.get("models", {}).items():
            section.fact(name.replace("_", " "), value)
        mode = document.get("features", {}).get("recall_mode_active")
        section.fact("recall mode", mode)
        if mode == "degraded":
            section.find("warning", "recall is degraded: it finds by words only")
    return section


def _storage(door: Door) -> Section:
    section = Section(name="Storage", facts=[])
    stats = _ask(door, section, "stats", MemoryStats())
    if stats is not None:
        section.fact("memories", stats["total"])
        section.fact("expiring within 1h", stats["expiring_soon"])
        section.fact("archived", stats["archived_total"])
        section.fact("vectors", stats["vectors_count"])
        section.fact("waiting for vectors", stats["unembedded"])
        section.fact("size", size(stats["db_size_bytes"]))
    return section
