"""A database that cannot be written is read, by every way of reading, and left as it is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ai_memory.adapters.sqlite.connection import connect

READS = """
import os, sys
from pathlib import Path
import ai_memory

for path in map(Path, sys.argv[1:]):
    try:
        open(path, "ab").close()
    except OSError:
        pass
    else:
        sys.exit(f"{path} can be written: nothing is shown")
    before = sorted(os.listdir(path.parent)), path.read_bytes()
    with ai_memory.open_node(db=path, level="keyword") as node:
        (found,) = node.recall(context="who drinks tea?").memories
        assert found.title == "Tea", path
        assert node.get(id=found.id).memory.content == "Ada drinks tea."
        assert node.list().total == node.search(query="tea").count == 1
        assert node.stats().total == 1
        assert len(node.history(id=found.id).versions) == 1
        assert node.session_start().memories
        for write in (
            lambda: node.store(title="x", content="y"),
            lambda: node.update(id=found.id, content="y"),
            lambda: node.delete(id=found.id),
        ):
            try:
                write()
            except ai_memory.StoreReadOnly as refused:
                assert refused.code == "STORE_READ_ONLY" and "--db" in refused.hint
            else:
                sys.exit(f"{path} was written")
    assert (sorted(os.listdir(path.parent)), path.read_bytes()) == before, path
print("read", len(sys.argv) - 1)
"""


def made(path: Path, *, with_log: bool = False) -> Path:
    """A database, with a log that nobody emptied where wanted, closed to writers."""
    import ai_memory

    path.parent.mkdir()
    source = path.with_name("source.db")
    with ai_memory.open_node(db=source, level="keyword") as node:
        node.store(title="Tea", content="Ada drinks tea.", tier="long")
        if with_log:
            shutil.copy(source, path)
            shutil.copy(f"{source}-wal", f"{path}-wal")
    if not with_log:
        shutil.copy(source, path)
    for one in path.parent.glob("source.db*"):
        one.unlink() if one.is_file() else shutil.rmtree(one)
    for one in path.parent.iterdir():
        one.chmod(0o444)
    return path


@pytest.fixture
def files(tmp_path: Path) -> Iterator[list[Path]]:
    here = [
        made(tmp_path / "file" / "m.db"),
        made(tmp_path / "folder" / "m.db"),
        made(tmp_path / "with # a % log" / "m.db", with_log=True),
    ]
    for path in here[1:]:
        path.parent.chmod(0o555)
    yield here
    for path in here[1:]:
        path.parent.chmod(0o755)


def as_nobody_special() -> list[str]:
    """What begins a command so that modes count, for root too."""
    if os.name != "posix":
        pytest.skip("not shown: no modes here")
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("not shown: root may write everything, and there is no setpriv")
    return [setpriv, "--bounding-set=-dac_override,-dac_read_search,-fowner"]


def test_what_cannot_be_written_is_read_and_left_as_it_is(files: list[Path]) -> None:
    done = subprocess.run(
        [*as_nobody_special(), sys.executable, "-c", READS, *map(str, files)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "read 3\n"), done.stderr


def test_a_file_read_without_locks_is_read_anew_when_somebody_wrote(tmp_path: Path) -> None:
    """Two connections as a reader without rights has them, and a writer that has some."""
    from ai_memory.adapters.sqlite.frozen import open_frozen, stamp_of

    path = tmp_path / "m.db"
    writer = connect(path, writer=True)
    writer.execute("CREATE TABLE t (a)")
    assert stamp_of(path) is None  # somebody has it open: read with locks
    writer.close()
    stamp = stamp_of(path)
    assert stamp is not None
    frozen = open_frozen(path)
    assert frozen.readonly("main")
    assert frozen.execute("SELECT count(*) FROM t").get == 0
    frozen.close()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["m.db"]
    writer = connect(path, writer=True)
    writer.execute("INSERT INTO t VALUES (1)")
    beside = open_frozen(path)
    assert beside.execute("SELECT count(*) FROM t").get == 1
    beside.close()
    writer.close()
    assert stamp_of(path) not in (None, stamp)
