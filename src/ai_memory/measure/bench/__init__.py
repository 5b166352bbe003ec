"""HOW FAST? Every operation at several sizes, each beside the bare library calls it rests on.

An operation and its floor take turns, a few samples each (`duel`), so that whatever else the
machine does meets both alike; their ratio is what can be compared between machines. Texts are real
sentences (`corpus`), because word statistics decide what a keyword query costs and token counts
what an embedding costs. What a process pays once, opening and its first recall, is measured in a
process of its own (`footprint`), where nothing else occupies memory.
"""

from __future__ import annotations

from typing import Final

PARTS: Final = ("memories", "lifecycle", "workers", "graph")
"""What a run consists of; the graph has a store of its own, of one size."""
