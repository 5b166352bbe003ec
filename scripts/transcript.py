"""Write docs/transcript.md: one working session with a real MCP client, word for word.

python scripts/transcript.py            write the page
python scripts/transcript.py --check    exit 1 if the page is not what it would be

The official Python client starts `ai-memory mcp` on a new database and talks to it over stdio. Only
what differs from run to run is masked or left out: ids, times, scores, counters.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters
from mcp.types import Implementation, TextContent

PATH = Path(__file__).parents[1] / "docs" / "transcript.md"
CLIENT = Implementation(name="example-agent", version="1.0")
WIDTH = 96
COUNTERS = ("access_count", "last_accessed_at")  # they follow behind, when the node has time
SHORT_ID = re.compile(r"/[0-9a-f]{8}\]")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MASKS = (
    (re.compile(r"_at$|^valid_|^recorded_"), "‹time›"),
    (re.compile(r"score|relevance"), "‹score›"),
)
HEAD = """\
# A session, word for word
<!-- Written by scripts/transcript.py; change the script, then `make docs`. -->

An agent works on a project in two sessions, through the official Python client of MCP, over stdio,
at the keyword level. `→` is what the client asked, `←` what the server answered. Ids, times and
scores are masked and counters left out, since they differ from run to run; everything else is as it
was said.
"""


class Transcript:
    """What was said, as a page."""

    def __init__(self, db: Path) -> None:
        self._ids: dict[str, str] = {}
        self._environment = {
            **{name: value for name, value in os.environ.items() if "AI_MEMORY" not in name},
            "AI_MEMORY_NO_CONFIG": "1",
            "AI_MEMORY_DB": str(db),
            "AI_MEMORY_TIER": "keyword",
            "AI_MEMORY_AGENT_ID": "ai:example-agent",
        }
        self.lines = [HEAD]

    def say(self, text: str) -> None:
        """A paragraph between the exchanges."""
        self.lines.append(f"{text}\n")

    def boot(self, *words: str) -> None:
        """What a host's session-start hook runs."""
        done = subprocess.run(
            [sys.executable, "-m", "ai_memory", "boot", *words],
            env=self._environment,
            capture_output=True,
            text=True,
            check=True,
        )
        command = " ".join(("$ ai-memory boot", *words))
        self.lines.append(f"```console\n{command}\n{self._masked(done.stdout)}```\n")

    def connect(self) -> Client:
        """A client whose server is a process of its own."""
        server = StdioServerParameters(
            command=sys.executable, args=["-m", "ai_memory", "mcp"], env=self._environment
        )
        return Client(server, client_info=CLIENT)

    async def call(self, client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool, and write down both sides."""
        answer = await client.call_tool(tool, arguments)
        (block,) = answer.content
        assert isinstance(block, TextContent)
        said: dict[str, Any] = {}
        if arguments.get("format", "json") == "json":
            said = json.loads(block.text)
            shown = self._json(said)
        else:
            shown = self._masked(block.text).rstrip("\n")
        failed = " (isError)" if answer.is_error else ""
        asked = self._json(arguments)
        self.lines.append(f"```text\n→ {tool} {asked}\n\n←{failed} {shown}\n```\n")
        return said

    def _json(self, value: Any) -> str:
        return self._masked(_lines(_mask(value), 0))

    def _masked(self, text: str) -> str:
        """Ids by the order in which they appear."""
        named = UUID.sub(
            lambda found: self._ids.setdefault(found[0], f"‹id {len(self._ids) + 1}›"), text
        )
        return SHORT_ID.sub("/‹id›]", named)


def _mask(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _mask_of(key) or _mask(inner)
            for key, inner in value.items()
            if key not in COUNTERS
        }
    return [_mask(inner) for inner in value] if isinstance(value, list) else value


def _mask_of(key: str) -> str | None:
    return next((mask for pattern, mask in MASKS if pattern.search(key)), None)


def _lines(value: Any, depth: int) -> str:
    """JSON, broken only where a line would be too long."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) + depth <= WIDTH or not isinstance(value, dict | list) or not value:
        return flat
    pad = " " * (depth + 2)
    if isinstance(value, dict):
        inner = [
            f"{pad}{json.dumps(key)}: {_lines(each, depth + 2)}" for key, each in value.items()
        ]
        return "{\n" + ",\n".join(inner) + f"\n{' ' * depth}}}"
    inner = [pad + _lines(each, depth + 2) for each in value]
    return "[\n" + ",\n".join(inner) + f"\n{' ' * depth}]"


async def first_session(page: Transcript) -> None:
    page.say("## The first session")
    page.say("Nothing is remembered yet, and the session-start hook says so:")
    page.boot("--namespace", "atlas")
    async with page.connect() as client:
        page.say("The agent is told a decision and a preference, and stores both.")
        await page.call(
            client,
            "memory_store",
            namespace="atlas",
            title="Billing database",
            content="Billing runs on PostgreSQL 16, because the ledger needs serializable transactions.",
            tier="long",
            priority=8,
            tags=["decision"],
        )
        await page.call(
            client,
            "memory_store",
            namespace="atlas",
            title="How Ada wants reviews",
            content="Ada wants reviews in one message, the worst finding first.",
            tier="long",
            tags=["preference"],
        )


async def second_session(page: Transcript) -> None:
    page.say("## The second session")
    page.say(
        "Later, in another process. The hook puts what matters most before the model, as facts to weigh:"
    )
    page.boot("--namespace", "atlas")
    async with page.connect() as client:
        tools = (await client.list_tools()).tools
        names = ", ".join(f"`{tool.name}`" for tool in tools)
        page.say(f"The client connects and lists the tools: {names}.")
        page.say("**Recall.** A question comes up that an earlier session may bear on.")
        found = await page.call(
            client, "memory_recall", namespace="atlas", context="Which database does billing use?"
        )
        page.say("**Store.** The answer is out of date: the user says that billing moved.")
        refused = {"namespace": "atlas", "title": "Billing database"}
        moved = "Billing moved to CockroachDB: it must survive the loss of a region."
        await page.call(client, "memory_store", **refused, content=moved)
        page.say(
            "The title is taken, and nothing is overwritten unasked. The agent stores the news under its own title, makes the tools of the graph callable, and says what became of the old memory."
        )
        stored = await page.call(
            client,
            "memory_store",
            namespace="atlas",
            title="Billing database since the move",
            content=moved,
            tier="long",
            priority=8,
            tags=["decision"],
        )
        await page.call(client, "memory_load_family", family="graph", k=0)
        await page.call(
            client,
            "memory_link",
            source_id=stored["id"],
            target_id=found["memories"][0]["id"],
            relation="supersedes",
        )
        page.say(
            "From now on the current memory comes first, and the old one says that it is superseded. Asked as `toon_compact`, a list costs fewer tokens:"
        )
        await page.call(
            client, "memory_recall", namespace="atlas", context="Which database does billing use?"
        )
        await page.call(client, "memory_list", namespace="atlas", format="toon_compact")


def transcript() -> str:
    """The whole page."""

    async def both(page: Transcript) -> None:
        await first_session(page)
        await second_session(page)

    with tempfile.TemporaryDirectory() as folder:
        page = Transcript(Path(folder) / "memory.db")
        asyncio.run(both(page))
    return "\n".join(page.lines)


def main(check: bool) -> int:
    text = transcript()
    if not check:
        PATH.write_text(text, encoding="utf-8")
        return 0
    if PATH.exists() and PATH.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"stale: {PATH.name}; run `make docs`\n")
    return 1


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
