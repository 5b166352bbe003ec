"""What may happen to the files of the index: recall answers from the rows, doctor tells and mends.

A call that meets a short damaged index makes it anew as it ends; the harm is done before each step.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.faces.cli.shell import SECS, Shell
from tests.support import CALLER

from ai_memory.adapters.embedder.hashing import HashingEmbedder
from ai_memory.adapters.vector_index.folder import IndexFolder
from ai_memory.adapters.vector_index.segment import Segment
from ai_memory.compose import open_node
from ai_memory.config import load_config
from ai_memory.operations.import_memories import ImportMemories
from ai_memory.operations.prepare_model import PrepareModel

COUNT = 2_200  # a shorter tail is not worth a file
SEMANTIC = ("--level", "semantic")
MODEL = HashingEmbedder().model


def fill(path: Path, prefix: str) -> None:
    opened = open_node(
        load_config({"db": str(path), "tier": "semantic"}),
        background=False,
        embedder=HashingEmbedder(),
    )
    for start in range(0, COUNT, 550):
        records = tuple(
            {
                "title": f"{prefix} {number}",
                "content": f"{prefix}{number} sleeps on rock{number * 7}",
                "tier": "long",
            }
            for number in range(start, start + 550)
        )
        opened.node.execute(CALLER, ImportMemories(memories=records))
    opened.janitor.turn()
    opened.close()


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two stores with an index each, of other texts: walrus.db and otter.db."""
    folder = tmp_path_factory.mktemp("stores")
    for name in ("walrus", "otter"):
        fill(folder / f"{name}.db", name)
        assert segments_of(folder / f"{name}.db")
    return folder


@pytest.fixture
def db(stores: Path, tmp_path: Path) -> Path:
    """The first of them, where the settings say."""
    path = tmp_path / "memory.db"
    shutil.copy(stores / "walrus.db", path)
    shutil.copytree(stores / "walrus.db.vectors", tmp_path / "memory.db.vectors")
    return path


def segments_of(db: Path) -> list[Path]:
    folder = IndexFolder(db).of_model(MODEL)
    assert folder is not None
    return sorted(folder.glob("*.segment"))


def examined(sh: Shell, *words: str) -> tuple[dict[str, Any], str]:
    """The facts of doctor's section Index, and its note."""
    return section(sh, "Index", *words)


def section(sh: Shell, name: str, *words: str) -> tuple[dict[str, Any], str]:
    sections = sh.ok("doctor", *SEMANTIC, "--json", *words).json["sections"]
    (found,) = [one for one in sections if one["name"] == name]
    return dict(found["facts"]), str(found.get("note", ""))


def recalls(sh: Shell, name: str = "walrus") -> None:
    """Recall finds by vectors whatever happened to their index."""
    for number in (1, 777, COUNT - 1):
        found = sh.ok("recall", f"{name}{number}", *SEMANTIC, "--json").json
        assert found["mode"] == "hybrid"
        assert found["meta"]["candidate_counts"]["hnsw"] > 0
        assert f"{name} {number}" in [memory["title"] for memory in found["memories"]]


def flip(path: Path) -> None:
    """Change a few bytes of the codes."""
    footer = Segment(path, MODEL).footer
    data = bytearray(path.read_bytes())
    for at in range(footer.codes_at, footer.codes_at + 64):
        data[at] = (data[at] + 0x55) % 256
    path.write_bytes(data)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


HARMS: list[tuple[Callable[[Path], object], str]] = [
    (flip, "its codes are damaged"),
    (cut, "no footer at its end"),
    (lambda path: path.write_bytes(b""), "empty"),
    (lambda path: path.write_bytes(os.urandom(4_096)), "no footer at its end"),
]


@pytest.mark.parametrize(("harm", "told"), HARMS, ids=["damaged", "truncated", "empty", "garbage"])
def test_a_damaged_file_is_told_of_and_mended(
    sh: Shell, db: Path, harm: Callable[[Path], object], told: str
) -> None:
    (segment,) = segments_of(db)
    harm(segment)
    _facts, note = examined(sh)
    assert told in note
    assert "doctor --fix" in note

    harm(segment)
    recalls(sh)
    harm(segment)
    facts, note = examined(sh, "--fix")
    assert [problem for problem in facts["mended"] if told in problem]
    assert note == ""
    facts, note = examined(sh)
    assert (facts["segment rows"], facts["vectors in no file"], note) == (COUNT, 0, "")
    recalls(sh)


def test_an_index_of_other_rows_is_told_of_and_mended(sh: Shell, stores: Path, db: Path) -> None:
    """The database was restored from elsewhere, the index was not."""
    shutil.copy(stores / "otter.db", db)

    def restored() -> None:
        shutil.rmtree(f"{db}.vectors")
        shutil.copytree(stores / "walrus.db.vectors", f"{db}.vectors")

    _facts, note = examined(sh)
    assert "describes other rows" in note
    restored()
    recalls(sh, "otter")
    restored()
    facts, note = examined(sh, "--fix")
    assert [problem for problem in facts["mended"] if "describes other rows" in problem]
    assert note == ""
    facts, note = examined(sh)
    assert (facts["segment rows"], note) == (COUNT, "")
    recalls(sh, "otter")


def test_an_index_that_is_gone_is_made_anew(sh: Shell, db: Path) -> None:
    shutil.rmtree(f"{db}.vectors")
    recalls(sh)
    facts, _note = examined(sh, "--fix")
    assert (facts["segments"], facts["vectors in no file"]) == (1, 0)


def test_a_file_that_stands_in_the_way(sh: Shell, db: Path) -> None:
    shutil.rmtree(f"{db}.vectors")
    Path(f"{db}.vectors").write_text("in the way")
    recalls(sh)
    _facts, note = examined(sh, "--fix")
    assert "not saved" in note
    assert "could not be mended" in note


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files")
def test_a_full_disk_costs_the_file_and_no_answer(sh: Shell, db: Path) -> None:
    """A process that may not write as much as a segment needs: like a disk with so much left."""
    shutil.rmtree(f"{db}.vectors")
    program = (
        "import resource, signal, sys;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000));"
        "from ai_memory.faces.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )

    def limited(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", program, *words, *SEMANTIC],
            capture_output=True,
            text=True,
            timeout=SECS,
            check=False,
        )

    full = limited("doctor", "--fix")
    assert full.returncode == 0, full.stderr
    assert "the index has a problem: not saved: " in full.stdout
    assert "bytes" in full.stdout
    assert "could not be mended" in full.stdout
    assert segments_of(db) == []
    assert list(Path(f"{db}.vectors").rglob("*.partial")) == []  # no half a file takes up the rest
    answered = limited("recall", "walrus777")
    assert answered.returncode == 0, answered.stderr
    assert "walrus 777" in answered.stdout
    assert "[hybrid]" in answered.stdout

    facts, note = examined(sh, "--fix")  # there is room again
    assert (facts["segments"], note) == (1, "")


def test_a_change_that_was_broken_off_is_told_of_and_mended(
    sh: Shell, db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    coming = open_node(
        load_config({"db": str(db), "tier": "semantic"}),
        background=False,
        embedder=HashingEmbedder(32),
        replace_model=True,
    )
    coming.node.execute(CALLER, PrepareModel(limit=200))
    with coming.reembedder._folder.changing():  # type: ignore[union-attr]
        facts, note = section(sh, "Recall")
        assert facts["being prepared now"] is True
        assert note == ""
    coming.close()

    facts, note = section(sh, "Recall")
    assert (facts["mode"], facts["coming model"]) == ("hybrid", "hashing-32")
    assert facts["memories it has not seen"] == COUNT - 200
    assert "broken off with 2000 memories to go" in note
    assert "gives it up with hashing-64" in note
    _facts, note = section(sh, "Recall", "--fix")
    assert "broken off" in note  # with this model there is nothing to be made

    monkeypatch.setenv("AI_MEMORY_EMBEDDING_DIM", "32")
    facts, note = section(sh, "Recall")
    assert facts["mode"] == "keyword"
    assert "`ai-memory reembed` goes on, and so does a node" in note
    facts, note = section(sh, "Recall", "--fix")
    assert (facts["mode"], facts["serving model"], note) == ("hybrid", "hashing-32", "")
    recalls(sh)
