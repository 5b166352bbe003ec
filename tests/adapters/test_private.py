"""What is written is its owner's alone, whatever the umask, through every door."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support import harness

from ai_memory.adapters.private import OTHERS, make_file, make_folder, tighten
from ai_memory.compose import open_node
from ai_memory.config import default_db, load_config
from ai_memory.faces.cli.examination.storage import examine_storage
from ai_memory.operations.store_memory import StoreMemory

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct)
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    return [
        f"{path.relative_to(folder)}: {stat.S_IMODE(path.stat().st_mode):04o}"
        for path in folder.rglob("*")
        if path.stat().st_mode & OTHERS
    ]


@pytest.mark.usefixtures("_umask")
def test_a_node_makes_its_files_and_folders_for_its_owner(tmp_path: Path) -> None:
    with harness(tmp_path / "memory.db", semantic=True) as open_:
        for number in range(3):
            open_.run(StoreMemory(title=f"T{number}", content="C"))
        assert open_.node.index is not None
        open_.opened.janitor.save_index()
        names = {path.name for path in tmp_path.rglob("*")}
        assert {"memory.db", "memory.db-wal", "memory.db-shm"} <= names
        assert open_to_others(tmp_path) == []
    assert open_to_others(tmp_path) == []


@pytest.mark.usefixtures("_umask")
def test_files_and_folders_are_made_once_and_kept(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    make_file(tmp_path / "a" / "f")
    (tmp_path / "a" / "f").write_bytes(b"kept")
    make_file(tmp_path / "a" / "f")
    assert (tmp_path / "a" / "f").read_bytes() == b"kept"
    assert open_to_others(tmp_path) == []
    with pytest.raises(FileExistsError):
        make_folder(tmp_path / "a" / "f")


def test_our_own_place_is_tightened_and_a_chosen_one_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    own, chosen = Path(default_db()), tmp_path / "chosen.db"
    for path in (own, chosen):
        path.parent.mkdir(exist_ok=True, parents=True)
        path.touch()
        path.chmod(0o644)
        config = load_config({"db": str(path), "tier": "keyword"})
        open_node(config, background=False).close()
    own.parent.chmod(0o755)
    open_node(load_config({"db": str(own), "tier": "keyword"}), background=False).close()
    assert open_to_others(tmp_path) == ["chosen.db: 0644"]
    config = load_config({"db": str(chosen), "tier": "keyword"})
    assert "others on this machine may read" in str(examine_storage(config).section)


def test_what_is_not_ours_or_not_there_is_left_alone(tmp_path: Path) -> None:
    tighten(tmp_path / "nothing")
    tighten(Path("/"))
    assert Path("/").stat().st_mode & OTHERS or os.geteuid() == 0


@pytest.mark.slow
def test_every_file_of_the_command_line_is_its_owners(tmp_path: Path) -> None:
    env = {
        name: value for name, value in os.environ.items() if not name.startswith("AI_MEMORY")
    } | {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "d"), "COLUMNS": "80"}
    program = f"{sys.executable} -m ai_memory --level keyword"
    script = f"""
        set -e; umask 0
        {program} store -T A -c 'a secret'
        {program} store -T B -c 'another' --json | tee /dev/stderr > answer
        {program} export all.jsonl
        {program} export --format markdown notes
        {program} backup --to copies
        {program} graph "$({program} list --json | {sys.executable} -c \
            'import json, sys; print(json.load(sys.stdin)["memories"][0]["id"])')" --output g.svg
        rm answer
    """
    ran = subprocess.run(
        ["/bin/sh", "-c", script],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert {"all.jsonl", "notes", "copies", "g.svg", "d"} <= {p.name for p in tmp_path.iterdir()}
    assert open_to_others(tmp_path) == []
