"""The main job: a dialogue goes in through the CLI, its questions come in over MCP and HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import anyio
import pytest
from mcp import Client, StdioServerParameters, stdio_client
from mcp.types import TextContent

from ai_memory.adapters.formats import Question, open_dataset

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("DATA", ROOT.parent / "shared" / "data"))
QUESTIONS = 10


def one_dialogue(source: Path, target: Path) -> Path:
    """The first dialogue of a file, alone."""
    samples = json.loads(source.read_text(encoding="utf-8"))
    target.write_text(json.dumps([samples[0]]), encoding="utf-8")
    return target


def the_job(dialogue: Path, tmp_path: Path) -> float:
    """Import, ask on both faces, compare; the share of questions answered in the top 5."""
    db = tmp_path / "a.db"
    imported = subprocess.run(
        [sys.executable, "-m", "ai_memory", "--db", str(db), "--json", "import", str(dialogue)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert imported.returncode == 0, imported.stderr
    assert json.loads(imported.stdout)["imported"] > 0
    questions = open_dataset(dialogue, format="locomo", unit="session").questions[:QUESTIONS]

    over_mcp = anyio.run(ask_mcp, db, questions)
    over_http = ask_http(db, questions)

    assert [ids(answer) for answer in over_mcp] == [ids(answer) for answer in over_http]
    assert all(answer["mode"] == "hybrid" for answer in over_http)
    found = [
        any(str(memory["metadata"][question.key]) in question.gold for memory in answer["memories"])
        for question, answer in zip(questions, over_http, strict=True)
    ]
    return sum(found) / len(found)


def ids(answer: dict[str, Any]) -> list[str]:
    return [memory["id"] for memory in answer["memories"]]


async def ask_mcp(db: Path, questions: Sequence[Question]) -> list[dict[str, Any]]:
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "ai_memory", "--db", str(db), "mcp"],
        env=dict(os.environ),
    )
    answers = []
    async with Client(stdio_client(server)) as client:
        for question in questions:
            answer = await client.call_tool(
                "memory_recall",
                {"context": question.text, "namespace": question.namespace, "limit": 5},
            )
            assert not answer.is_error
            (block,) = answer.content
            assert isinstance(block, TextContent)
            answers.append(json.loads(block.text))
    return answers


def ask_http(db: Path, questions: Sequence[Question]) -> list[dict[str, Any]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "ai_memory", "serve", "--db", str(db), "--bind", "127.0.0.1:0"],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    answers = []
    try:
        line = next(line for line in process.stderr if "listening on" in line)
        port = int(line.split("127.0.0.1:")[1].split()[0].rstrip("/"))
        with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            for question in questions:
                query = {"context": question.text, "namespace": question.namespace, "limit": 5}
                connection.request("GET", f"/api/v1/recall?{urlencode(query)}")
                response = connection.getresponse()
                body = response.read()
                assert response.status == 200, body
                answers.append(json.loads(body))
    finally:
        process.terminate()
        process.wait(30)
        process.stderr.close()
    return answers


@pytest.mark.slow
def test_the_dialogue_in_this_repository(tmp_path: Path) -> None:
    dialogue = one_dialogue(ROOT / "tests" / "data" / "dialogue.json", tmp_path / "d.json")
    assert the_job(dialogue, tmp_path) >= 0.8


@pytest.mark.slow
@pytest.mark.skipif(
    not (DATA / "locomo_dev.json").exists(),
    reason=f"LOUD: {DATA / 'locomo_dev.json'} is not there; name its folder with DATA=...",
)
def test_a_real_dialogue(tmp_path: Path) -> None:
    dialogue = one_dialogue(DATA / "locomo_dev.json", tmp_path / "d.json")
    # Three of its first ten ask for what was never said in so many words.
    assert the_job(dialogue, tmp_path) >= 0.6
