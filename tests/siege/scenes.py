"""The commands that are struck: what writes, what repairs and what replaces."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import apsw
from tests.siege.campaign import DATABASE, Scene
from tests.siege.nursery import Nursery

from ai_memory.adapters.system import SystemClock
from ai_memory.model.clock import to_rfc3339

_LEVEL: Final = ("--level", "semantic")
_INSTANT: Final = "instant"


def _do(nursery: Nursery, folder: Path, *words: str) -> str:
    ended = nursery.run([*words, "--db", str(folder / DATABASE), *_LEVEL], folder)
    assert ended.code == 0, ended
    return ended.out


def _import(nursery: Nursery, folder: Path, titles: Sequence[str]) -> None:
    lines = [
        json.dumps({"title": title, "content": f"{title} is a drink. " * 30, "tier": "long"})
        for title in titles
    ]
    (folder / "in.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    _do(nursery, folder, "import", str(folder / "in.jsonl"))


def _filled(nursery: Nursery, folder: Path) -> None:
    """Some memories with vectors, links, an archive and a purged one."""
    _import(nursery, folder, ("Tea", "Coffee", "Milk", "Water", "Cocoa", "Juice"))
    _do(nursery, folder, "link", _id(folder, "Tea"), _id(folder, "Milk"))
    _do(nursery, folder, "delete", _id(folder, "Juice"))
    _do(nursery, folder, "erase", _id(folder, "Cocoa"))


def _backed_up(nursery: Nursery, folder: Path) -> None:
    _filled(nursery, folder)
    _do(nursery, folder, "backup")
    (folder / _INSTANT).write_text(to_rfc3339(SystemClock().now()), encoding="utf-8")
    _import(nursery, folder, [f"late {number}" for number in range(20)])
    _do(nursery, folder, "delete", _id(folder, "Water"))


def _older(nursery: Nursery, folder: Path) -> None:
    """As an earlier program left it: its last two steps are not taken."""
    _filled(nursery, folder)
    with closing(apsw.Connection(str(folder / DATABASE))) as rows:
        rows.execute(
            "DROP INDEX version_by_family; DROP INDEX version_by_topic; "
            "DROP INDEX link_contradicting; DELETE FROM migration WHERE number IN (8, 10, 11); "
            "PRAGMA user_version = 7"
        )


def _of_another_model(nursery: Nursery, folder: Path) -> None:
    _filled(nursery, folder)
    with closing(apsw.Connection(str(folder / DATABASE))) as rows:
        rows.execute("UPDATE embedding_model SET id = 'another-64'")


def _id(folder: Path, title: str) -> str:
    with closing(apsw.Connection(str(folder / DATABASE))) as rows:
        query = (
            "SELECT m.id FROM memory m JOIN version v ON v.key = m.version_key WHERE v.title = ?"
        )
        return str(rows.execute(query, (title,)).get)


def _on(*words: str) -> list[str]:
    return [*words, *_LEVEL]


def _db(folder: Path) -> tuple[str, str]:
    return ("--db", str(folder / DATABASE))


def _stats(folder: Path) -> list[str]:
    return _on("stats", *_db(folder))


def _free(place: Path) -> str:
    """A place without what an earlier round may have put there."""
    shutil.rmtree(place, ignore_errors=True)
    return str(place)


def _at(folder: Path) -> str:
    """The instant between the backup and what came later."""
    return (folder / _INSTANT).read_text(encoding="utf-8")


SCENES: Final = (
    Scene(
        "store",
        _filled,
        lambda at: _on("store", "-T", "New", "-c", "text " * 600, *_db(at)),
        _stats,
    ),
    Scene("update", _filled, lambda at: _on("update", _id(at, "Tea"), "-c", "B", *_db(at)), _stats),
    Scene("delete", _filled, lambda at: _on("delete", _id(at, "Tea"), *_db(at)), _stats),
    Scene("erase", _filled, lambda at: _on("erase", _id(at, "Tea"), *_db(at)), _stats),
    Scene(
        "consolidate",
        _filled,
        lambda at: _on(
            "consolidate",
            _id(at, "Tea"),
            _id(at, "Coffee"),
            "-T",
            "Both",
            "-s",
            "Drinks.",
            *_db(at),
        ),
        _stats,
    ),
    Scene(
        "import",
        _filled,
        lambda at: _on("import", str(at / "in.jsonl"), "-n", "again", *_db(at)),
        is_one_step=False,
    ),
    Scene("reembed", _of_another_model, lambda at: _on("reembed", *_db(at))),
    Scene("migrate", _older, _stats),
    Scene("backup", _backed_up, lambda at: _on("backup", *_db(at))),
    Scene(
        "export",
        _filled,
        lambda at: _on("export", str(at / "out.jsonl"), "--force", *_db(at)),
    ),
    Scene(
        "export notes",
        _filled,
        lambda at: _on("export", "--format", "markdown", str(at / "notes"), *_db(at)),
        lambda at: _on("export", "--format", "markdown", _free(at / "notes"), *_db(at)),
    ),
    Scene("restore", _backed_up, lambda at: _on("restore", *_db(at))),
    Scene("restore --at", _backed_up, lambda at: _on("restore", "--at", _at(at), *_db(at))),
)
