"""The official clients against real servers: Python and TypeScript, over stdio and HTTP.

That every tool answers is tested beside each transport; here it is what a connection has besides.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import anyio
import pytest
from mcp import Client, StdioServerParameters
from mcp.types import TextContent, TextResourceContents
from tests.faces.cli.shell import serving
from tests.faces.mcp.process import own_server, server_command
from tests.faces.mcp.session import ERAS, call

from ai_memory.operations.profile import tools_of

WAYS: Final = ("stdio", "http")
TYPESCRIPT: Final = Path(__file__).with_name("typescript")
INSTALL_SECS_MAX: Final = 120.0
TALK_SECS_MAX: Final = 120.0


@contextmanager
def server(way: str, folder: Path, profile: str) -> Iterator[dict[str, Any]]:
    """Where a client finds a server: a command to start, or a URL that answers."""
    if way == "stdio":
        yield {"command": server_command(folder / "stdio.db", "--profile", profile)}
    else:
        with serving(folder, "--bind", "127.0.0.1:0", "--profile", profile) as node:
            yield {"url": f"{node.url}/mcp"}


def connect(found: dict[str, Any], era: str) -> Client:
    if "url" in found:
        return Client(found["url"], mode=era)
    program, *words = found["command"]
    started = StdioServerParameters(command=program, args=words, env=dict(os.environ))
    return Client(started, mode=era)


async def listed(client: Client) -> set[str]:
    return {tool.name for tool in (await client.list_tools(cache_mode="refresh")).tools}


@pytest.mark.anyio
@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("way", WAYS)
async def test_python_has_tools_tables_prompts_and_resources(
    way: str, era: str, tmp_path: Path
) -> None:
    with server(way, tmp_path, "core") as found:
        async with connect(found, era) as client:
            core = await listed(client)
            await call(client, "memory_store", title="Tea", content="Ada drinks green tea.")
            loaded = await call(client, "memory_load_family", family="meta")
            after = await listed(client)
            stats = await call(client, "memory_stats")
            table = await client.call_tool("memory_recall", {"context": "tea", "format": "toon"})
            prompts = (await client.list_prompts()).prompts
            prompt = await client.get_prompt("recall-first", {"namespace": "team/tea"})
            templates = (await client.list_resource_templates()).resource_templates
            (resource,) = [r for r in (await client.list_resources()).resources if r.name == "Tea"]
            (read,) = (await client.read_resource(str(resource.uri))).contents
    assert core == {operation.wire for operation in tools_of("core")}
    # Without a session nothing is kept over HTTP: every tool can be called, none need be loaded.
    kept = way == "stdio" or era == "legacy"
    assert after == (core | set(loaded["tools"]) if kept else core)
    assert stats["total"] == 1
    (block,) = table.content
    assert isinstance(block, TextContent)
    assert block.text.splitlines()[-1].endswith("|Ada drinks green tea.")
    assert [one.name for one in prompts] == ["recall-first", "memory-workflow"]
    assert isinstance(prompt.messages[0].content, TextContent)
    assert "team/tea" in prompt.messages[0].content.text
    assert len(templates) == 2
    assert isinstance(read, TextResourceContents)
    assert json.loads(read.text)["content"] == "Ada drinks green tea."


@pytest.mark.anyio
@pytest.mark.skipif(sys.platform == "win32", reason="the gate is a named pipe")
async def test_a_call_that_waits_for_the_memory_shows_that_it_lives(tmp_path: Path) -> None:
    """The memory opens only when the client, having seen two signs of life, opens the gate."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    command = own_server(
        "from ai_memory.faces.mcp import progress\n"
        "progress.BEAT_SECS = 0.01\n"
        f"open({str(gate)!r}).close()\n"
        "from ai_memory.compose import open_node\n"
        "from ai_memory.config import load_config\n"
        f"return open_node(load_config({{'tier': 'keyword', 'db': {str(tmp_path / 'a.db')!r}}}))"
    )
    seen: list[float] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        seen.append(progress)
        if len(seen) == 2:
            async with await anyio.open_file(gate, "w"):
                pass

    async with connect({"command": command}, "legacy") as client:
        with anyio.fail_after(60):
            answer = await client.call_tool(
                "memory_capabilities", {}, progress_callback=on_progress
            )
    assert not answer.is_error
    assert seen[0] < seen[1]


@pytest.fixture(scope="module")
def typescript(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the TypeScript clients, exactly as locked; their test's script stands in it."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not here, so the TypeScript client cannot be")
    folder = tmp_path_factory.mktemp("typescript")
    shutil.copytree(TYPESCRIPT, folder, dirs_exist_ok=True)
    done = subprocess.run(
        ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=INSTALL_SECS_MAX,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip(f"the TypeScript client cannot be installed (offline?): {done.stderr[-300:]}")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("generation", "era"), [(1, "legacy"), (2, "legacy"), (2, "auto"), (2, "2026-07-28")]
)
def test_typescript_has_tools_tables_prompts_and_resources(
    typescript: Path, way: str, generation: int, era: str, tmp_path: Path
) -> None:
    with server(way, tmp_path, "full") as found:
        done = subprocess.run(
            ["node", "client.mjs", json.dumps({**found, "generation": generation, "era": era})],
            cwd=typescript,
            capture_output=True,
            text=True,
            timeout=TALK_SECS_MAX,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    heard = json.loads(done.stdout)
    assert heard["tools"] == [operation.wire for operation in tools_of("full")]
    assert heard["near"] == [heard["linked"]]
    assert "Tea" in heard["recalled"]
    assert heard["table"].count("\n") == 4
    assert heard["refused"] == "NOT_FOUND"
    assert heard["templates"] == 2
    assert (heard["read"]["id"], heard["read"]["content"]) == (
        heard["stored"],
        "Ada drinks green tea.",
    )
    assert heard["prompts"] == ["recall-first", "memory-workflow"]
    assert "team" in heard["prompt"]
