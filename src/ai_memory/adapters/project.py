"""The project somebody works in, as a namespace: the one rule that every face asks.

What names no namespace belongs to the caller's own project. Which one that is, is decided here and
nowhere else (docs/adr/0027): the namespace a client claims for all its requests, else the
configured one, else the project of the client's roots or of the folder it works in. A caller who
has none works in `global`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from ai_memory import limits

_GIT_FILE_BYTES_MAX: Final = 1_048_576
_MARKS: Final = (".git", ".hg", ".svn", ".jj")
"""What says that a folder is the top of a project, whoever keeps its versions."""

_SYSTEM: Final = (
    "/usr", "/bin", "/sbin", "/lib", "/etc", "/dev", "/proc", "/sys", "/run",
    "/Applications", "/System", "/Library",
)  # fmt: skip
"""Where programs live: a client started from there has no project."""
_SYSTEM_VARIABLES: Final = ("SYSTEMROOT", "PROGRAMFILES", "PROGRAMFILES(X86)", "PROGRAMDATA")
_USERS_PROGRAMS: Final = ("AppData", "Library", "Applications", "snap")
"""Likewise, below a user's home; so are hidden folders."""


def own_project(
    configured: str,
    *,
    claimed: str | None = None,
    roots: Sequence[Path] = (),
    folder: Path | None = None,
) -> str | None:
    """The namespace of the project a caller works in; None: no project, which means `global`.

    Args:
        configured: The setting `namespace` of whoever is asked; empty: not set.
        claimed: What the client says for all its requests; empty: that it has none.
        roots: The folders a client works on, its main one first.
        folder: The one it was started in.
    """
    if claimed is not None:
        return claimed or None
    if configured:
        return configured
    chosen = main_root(roots, folder)
    return None if chosen is None else project_of(chosen)


def working_folder() -> Path | None:
    """Where this process stands; None where the folder is gone."""
    try:
        return Path.cwd()
    except OSError:
        return None


def main_root(roots: Sequence[Path], folder: Path | None) -> Path | None:
    """Of several roots the one that holds the working folder, else the first; without, the folder.

    A client that opened one folder of a great repository means that repository either way.
    """
    if not roots:
        return folder
    if folder is not None:
        holding = [root for root in map(_real, roots) if _holds(root, _real(folder))]
        if holding:
            return max(holding, key=lambda root: len(root.parts))
    return roots[0]


def root_folders(uris: Iterable[str]) -> list[Path]:
    """The folders that `file://` addresses name; others name nothing on a disk."""
    folders = []
    for uri in uris:
        try:
            parts = urlsplit(uri)
        except ValueError:
            continue
        path = unquote(parts.path)
        if parts.scheme != "file" or not path or "\0" in path:
            continue
        if len(path) > 2 and path[0] == "/" and path[2] == ":":  # file:///c%3A/Users/ada
            path = path[1:]
        elif parts.netloc not in ("", "localhost"):
            continue  # another machine's: to look there would be to call it
        folders.append(Path(path))
    return folders


def project_of(folder: Path) -> str | None:
    """The project a folder belongs to: the repository's, by the name of its remote, else its own.

    All folders of a repository are one project, and so are its worktrees. Outside of any, each
    folder is its own. The home folder is nobody's project, nor is what lies above it, whatever
    repository (of dotfiles) begins there; nor are the folders where programs live.
    """
    folder, home = _real(folder), _home()
    for parent in (folder, *folder.parents):
        if _is_above(parent, home):
            break
        if any(_exists(parent / mark) for mark in _MARKS):
            return _segment(_repository_name(parent) or parent.name)
    if _is_above(folder, home) or _is_for_programs(folder, home):
        return None
    return _segment(folder.name)


def _is_above(folder: Path, home: Path | None) -> bool:
    """Whether it is the home folder, holds it, or is a whole disk."""
    return folder.parent == folder or (home is not None and _holds(folder, home))


def _is_for_programs(folder: Path, home: Path | None) -> bool:
    variables = [os.environ.get(name) for name in _SYSTEM_VARIABLES]
    if any(_holds(Path(path), folder) for path in (*_SYSTEM, *variables) if path):
        return True
    if home is None or not _holds(home, folder):
        return False
    first = folder.relative_to(home).parts[0]
    return first in _USERS_PROGRAMS or first.startswith(".")


def _repository_name(top: Path) -> str | None:
    """What a git repository calls itself: by its remote, else by its main folder."""
    git = top / ".git"
    if not git.is_dir():
        # A worktree or a submodule: the file says where the repository is.
        text = _read(git)
        if text is None or not text.startswith("gitdir:"):
            return None
        git = top / text.removeprefix("gitdir:").strip()
        shared = _read(git / "commondir")
        if shared is None:
            return _remote_name(git)
        git = _real(git / shared.strip())
    name = _remote_name(git)
    return name or (git.parent.name if git.name == ".git" else None)


def _remote_name(git: Path) -> str | None:
    """The last part of the address of `origin`."""
    in_origin = False
    for line in (_read(git / "config") or "").splitlines():
        text = line.strip()
        if text.startswith("["):
            in_origin = text.replace("'", '"') == '[remote "origin"]'
        elif in_origin and text.partition("=")[0].strip() == "url":
            url = text.partition("=")[2].strip().strip('"').replace("\\", "/").replace(":", "/")
            parts = [part for part in url.split("/") if part not in ("", ".git")]
            return parts[-1].removesuffix(".git") if parts else None
    return None


def _read(file: Path) -> str | None:
    """A small text file of git's; None where there is none."""
    try:
        if not file.is_file():
            return None
        with file.open("rb") as opened:
            return opened.read(_GIT_FILE_BYTES_MAX).decode("utf-8", "replace")
    except OSError:
        return None


def _segment(name: str) -> str | None:
    """A folder's name as one part of a namespace: what cannot stand in one becomes a dash."""
    if not name.isascii():
        from unicodedata import normalize

        name = normalize("NFC", os.fsencode(name).decode("utf-8", "replace"))
    clean = "".join(c if _stands(c) else "-" for c in name).strip(".")
    if len(clean) > limits.PROJECT_CHARS_MAX:
        from zlib import crc32

        # Two long names that begin alike stay two.
        ending = f"-{crc32(clean.encode()):08x}"
        clean = clean[: limits.PROJECT_CHARS_MAX - len(ending)] + ending
    return clean if clean.strip("-") else None


def _stands(character: str) -> bool:
    if character.isascii() or character.isalnum():
        return character.isalnum() or character in "-_.@"
    from unicodedata import category

    return category(character).startswith("M")  # vowel signs belong to their letters


def _home() -> Path | None:
    try:
        return _real(Path.home())
    except RuntimeError:
        return None


def _real(path: Path) -> Path:
    """Without links, so that a folder is one however it is reached."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path.absolute()


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a folder that may not be looked into
        return False


def _holds(folder: Path, inner: Path) -> bool:
    """Whether `inner` is the folder or lies in it."""
    if sys.platform == "win32":
        return folder.as_posix().lower() in (
            parent.as_posix().lower() for parent in (inner, *inner.parents)
        )
    return folder == inner or folder in inner.parents
