"""Which project a caller works in: the one rule, folder by folder."""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path

import pytest

from ai_memory import limits
from ai_memory.adapters.project import main_root, own_project, project_of, root_folders
from ai_memory.model.field import check_namespace


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of our own."""
    folder = tmp_path.resolve() / "ada"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    return folder


def repository(folder: Path, url: str | None = None, *, mark: str = ".git") -> Path:
    (folder / mark).mkdir(parents=True)
    remote = (
        "" if url is None else f'[remote "upstream"]\n\turl = x\n[remote "origin"]\n\turl = {url}'
    )
    (folder / mark / "config").write_text(f"[core]\n\tbare = false\n{remote}\n", encoding="utf-8")
    return folder


def test_a_folder_without_a_repository_is_a_project_of_its_own(home: Path) -> None:
    inner = home / "notes" / "trips"
    inner.mkdir(parents=True)
    assert project_of(home / "notes") == "notes"
    assert project_of(inner) == "trips"
    assert project_of(home / "not" / "there") == "there"


@pytest.mark.parametrize("mark", [".git", ".hg", ".svn", ".jj"])
def test_all_folders_of_a_repository_are_one_project(home: Path, mark: str) -> None:
    top = repository(home / "code" / "shop", mark=mark)
    deep = top / "src" / "deep"
    deep.mkdir(parents=True)
    assert project_of(top) == project_of(deep) == "shop"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.org/ada/lighthouse.git", "lighthouse"),
        ("git@example.org:ada/lighthouse.git", "lighthouse"),
        ("git@example.org:lighthouse", "lighthouse"),
        ("ssh://git@example.org:2222/ada/lighthouse/", "lighthouse"),
        ("file:///srv/lighthouse/.git", "lighthouse"),
        (r"C:\src\lighthouse.git", "lighthouse"),
        ('"/srv/my lamp.git"', "my-lamp"),
        ("", "shop"),
    ],
)
def test_a_repository_is_called_like_its_remote(home: Path, url: str, name: str) -> None:
    assert project_of(repository(home / "shop", url)) == name


def test_a_worktree_is_the_project_of_its_repository(home: Path) -> None:
    main = repository(home / "shop")
    kept = main / ".git" / "worktrees" / "trial"
    kept.mkdir(parents=True)
    (kept / "commondir").write_text("../..\n")
    (home / "trial" / "src").mkdir(parents=True)
    (home / "trial" / ".git").write_text(f"gitdir: {kept}\n")
    assert project_of(home / "trial" / "src") == "shop"
    (main / ".git" / "config").write_text('[remote "origin"]\n\turl = x/lighthouse.git\n')
    assert project_of(home / "trial") == "lighthouse"


def test_a_submodule_is_a_project_of_its_own(home: Path) -> None:
    main = repository(home / "shop", "x/shop.git")
    module = main / ".git" / "modules" / "lamp"
    module.mkdir(parents=True)
    (module / "config").write_text('[remote "origin"]\n\turl = x/lamp.git\n')
    (main / "lamp").mkdir()
    (main / "lamp" / ".git").write_text("gitdir: ../.git/modules/lamp\n")
    assert project_of(main / "lamp") == "lamp"


@pytest.mark.parametrize("content", ["", "nonsense", "gitdir: ", "gitdir: /nowhere"])
def test_a_broken_repository_is_called_like_its_folder(home: Path, content: str) -> None:
    (home / "shop").mkdir()
    (home / "shop" / ".git").write_text(content)
    assert project_of(home / "shop") == "shop"


def test_a_link_to_a_folder_is_the_folder(home: Path) -> None:
    (home / "shop").mkdir()
    (home / "link").symlink_to(home / "shop")
    assert project_of(home / "link") == "shop"


def test_the_home_folder_and_those_above_it_are_no_project(home: Path) -> None:
    repository(home, "x/dotfiles.git")
    (home / "shop").mkdir()
    for folder in (home, home.parent, Path(home.anchor)):
        assert project_of(folder) is None
    assert project_of(home / "shop") == "shop"  # and its repository claims nothing below it


@pytest.mark.skipif(sys.platform == "win32", reason="folders of POSIX systems")
def test_folders_of_programs_are_no_project(home: Path) -> None:
    for folder in ("/usr/lib", "/etc", "/Applications/Some.app"):
        assert project_of(Path(folder)) is None
    for name in (".config/client", "AppData/Local/client", "Library/client"):
        assert project_of(home / name) is None
    assert project_of(repository(home / ".dotfiles")) == "dotfiles"


@pytest.mark.parametrize(
    ("name", "project"),
    [
        ("My notes", "My-notes"),
        ("a:b*c", "a-b-c"),
        ("заметки", "заметки"),
        ("हिन्दी", "हिन्दी"),
        ("ไทย", "ไทย"),
        ("日記", "日記"),
        ("cafe\u0301", "caf\u00e9"),
        ("...", None),
        ("  ", None),
        ("~~~", None),
        (".hidden.", "hidden"),
    ],
)
def test_any_folders_name_makes_a_namespace(home: Path, name: str, project: str | None) -> None:
    found = project_of(home / "code" / name)
    assert found == project
    if found is not None:
        check_namespace(found)
        assert unicodedata.is_normalized("NFC", found)


def test_names_that_are_no_text_or_too_long_stay_apart(home: Path) -> None:
    ugly = project_of(home / "code" / "b\udcff\udcfeb")
    long = [project_of(home / "code" / ("x" * 200 + end)) for end in "ab"]
    assert ugly is not None
    assert None not in long
    assert len(set(long)) == 2
    for name in (ugly, *long):
        assert name is not None
        assert len(name) <= limits.PROJECT_CHARS_MAX
        check_namespace(name)


def test_roots_are_read_from_addresses() -> None:
    uris = [
        "file:///home/ada/my%20shop", "file://localhost/srv/x", "https://example.org/x",
        "file://server/share", "file:///c%3A/Users/ada", "nonsense", "file://[", "file:///a%00b",
    ]  # fmt: skip
    assert [path.as_posix() for path in root_folders(uris)] == [
        "/home/ada/my shop", "/srv/x", "c:/Users/ada",
    ]  # fmt: skip


def test_the_root_that_holds_the_working_folder_counts_else_the_first(home: Path) -> None:
    one, two, inner = home / "one", home / "two", home / "two" / "inner"
    assert main_root([], two) == two
    assert main_root([one, two], home / "else") == one
    assert main_root([one, two], inner / "deep") == two
    assert main_root([one, two, inner], inner / "deep") == inner
    assert main_root([one, two], None) == one
    assert main_root([], None) is None


def test_the_order_of_the_rule(home: Path) -> None:
    roots, folder = [home / "root"], home / "folder"
    assert own_project("set", claimed="claimed", roots=roots, folder=folder) == "claimed"
    assert own_project("set", claimed="", roots=roots, folder=folder) is None
    assert own_project("set", roots=roots, folder=folder) == "set"
    assert own_project("", roots=roots, folder=folder) == "root"
    assert own_project("", folder=folder) == "folder"
    assert own_project("") is None
