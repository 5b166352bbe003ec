"""What takes the place of a file is whole, or is not there."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from ai_memory.adapters.replacement import keep, put, replacing, sweep, workshop


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    place = tmp_path / "a"
    place.write_text("old")
    with replacing(place) as file:
        file.write(b"new")
        assert place.read_text() == "old"
    assert (place.read_text(), names(tmp_path)) == ("new", ["a"])


def test_what_fails_leaves_what_was_there(tmp_path: Path) -> None:
    place = tmp_path / "a"
    place.write_text("old")

    def fail() -> None:
        with replacing(place) as file:
            file.write(b"ne")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert (place.read_text(), names(tmp_path)) == ("old", ["a"])


def test_what_may_not_go_stays_though_it_came_meanwhile(tmp_path: Path) -> None:
    place = tmp_path / "a"

    def write_late() -> None:
        with replacing(place, over=False) as file:
            file.write(b"new")
            place.write_text("old")

    with pytest.raises(FileExistsError):
        write_late()
    assert (place.read_text(), names(tmp_path)) == ("old", ["a"])
    with replacing(tmp_path / "b", over=False) as file:
        file.write(b"new")
    assert names(tmp_path) == ["a", "b"]
    assert (tmp_path / "b").stat().st_nlink == 1


@pytest.mark.skipif(os.name == "nt", reason="modes and links of POSIX")
def test_a_file_is_for_its_owner_or_like_another(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("old")
    target.chmod(0o640)
    place = tmp_path / "a"
    place.symlink_to(target)
    with replacing(place, like=target) as file:
        file.write(b"new")
    assert stat.S_IMODE(place.lstat().st_mode) == 0o640
    with replacing(place) as file:
        file.write(b"newer")
    assert stat.S_IMODE(place.lstat().st_mode) == 0o600
    assert target.read_text() == "old"  # a link is replaced, not followed


def test_a_folder_takes_an_empty_place_only(tmp_path: Path) -> None:
    place = tmp_path / "notes"
    place.mkdir()
    for number in range(2):
        with workshop(place) as room:
            (room / "made").mkdir()
            (room / "made" / "a.md").write_text(str(number))
            if number:
                with pytest.raises(FileExistsError):
                    put(room / "made", place, over=False)
            else:
                put(room / "made", place, over=False)
    assert (names(tmp_path), (place / "a.md").read_text()) == (["notes"], "0")


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    place = tmp_path / "a"
    left, empty, foreign, others = (
        tmp_path / f"a.part-{end}" for end in ("12345678", "abcdefgh", "12345679", "of-mine")
    )
    for folder in (left, empty, foreign, others):
        folder.mkdir()
    (left / "lock").touch()
    (left / "half").mkdir()
    (left / "half" / "note.md").touch()
    (foreign / "note.md").touch()  # named alike by chance: it has no lock
    with workshop(place) as used:
        assert names(tmp_path) == sorted([foreign.name, others.name, used.name])
        assert sweep(place) == []
        with workshop(place) as second:  # beside one that is in use
            assert used != second
            assert used.is_dir()
    assert names(tmp_path) == sorted([foreign.name, others.name])


def test_a_second_name_is_a_link_or_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a"
    file.write_text("text")
    assert keep(file, tmp_path / "b")
    assert (tmp_path / "b").samefile(file)

    def refuse(*_words: object, **_named: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)  # as on FAT
    assert keep(file, tmp_path / "c")
    assert not (tmp_path / "c").samefile(file)
    assert (tmp_path / "c").read_text() == "text"
    with pytest.raises(FileExistsError):
        keep(file, tmp_path / "c")
