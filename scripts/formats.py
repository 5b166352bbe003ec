"""How many tokens a recall costs as JSON, toon and toon_compact: a table for docs/performance.md.

python scripts/formats.py DATA/locomo_dev.json [QUESTIONS]

Every turn of the first conversation is a memory; each question recalls ten, over the path an answer
takes to an MCP client. Tokens are cl100k, content included, since that is what a recall is for.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from mcp import Client
from mcp.types import TextContent

from ai_memory.adapters.tokens import count_cl100k
from ai_memory.compose import open_node
from ai_memory.config import load_config
from ai_memory.faces.mcp.opening import Ready
from ai_memory.faces.mcp.server import build_server
from ai_memory.faces.toon import FORMATS

MEMORIES = 10


def turns(conversation: dict[str, Any]) -> list[tuple[str, str]]:
    """Title and text of each turn of a LoCoMo conversation."""
    found = []
    for key, session in conversation.items():
        if key.startswith("session_") and isinstance(session, list):
            found += [(turn["dia_id"], f"{turn['speaker']}: {turn['text']}") for turn in session]
    return found


async def measure(text: str, most: int) -> dict[str, list[int]]:
    """Tokens of each answer, by format."""
    sample = json.loads(text)[0]
    found: dict[str, list[int]] = {name: [] for name in FORMATS}
    with tempfile.TemporaryDirectory() as folder:
        opened = open_node(load_config({"db": f"{folder}/a.db", "tier": "keyword"}))
        async with Client(build_server(Ready(opened), "core")) as client:
            for title, said in turns(sample["conversation"]):
                await client.call_tool("memory_store", {"title": title, "content": said})
            for asked in sample["qa"][:most]:
                fields = {"context": asked["question"], "limit": MEMORIES, "min_relevance": 0}
                costs = {}
                for name in FORMATS:
                    answer = await client.call_tool("memory_recall", {**fields, "format": name})
                    (block,) = answer.content
                    assert isinstance(block, TextContent)
                    costs[name] = count_cl100k([block.text])[0]
                    if name == "json":
                        full = json.loads(block.text)["count"] == MEMORIES
                for name, cost in costs.items() if full else ():
                    found[name].append(cost)
        opened.close()
    return found


def main(path: str, most: str = "100") -> int:
    found = asyncio.run(measure(Path(path).read_text(encoding="utf-8"), int(most)))
    base = statistics.mean(found["json"])
    sys.stdout.write(f"{len(found['json'])} recalls of {MEMORIES} memories\n\n")
    sys.stdout.write("| format | tokens of an answer | of JSON |\n|---|---|---|\n")
    for name, costs in found.items():
        mean = statistics.mean(costs)
        sys.stdout.write(f"| {name} | {mean:,.0f} | {mean / base:.0%} |\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
