"""House rules that no linter knows. They read the repository and nothing else."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import tomllib
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ai_memory.extras import EXTRAS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parents[1]
SOURCES: Final = sorted((ROOT / "src").rglob("*.py"))
TESTS: Final = sorted((ROOT / "tests").rglob("*.py"))
LOCKS: Final = [ROOT / "requirements" / name for name in ("run.txt", "dev.txt", "e5.txt")]

MODULE_LINES_MAX: Final = 600
"""Beyond that, a noun wants out of the file."""

REGISTRY_HOST: Final = re.compile(
    r"pypi[.]org|pythonhosted[.]org|proxy[.]golang[.]org|crates[.]io"
    r"|registry[.]npmjs|maven[.](apache[.])?org|deb[.]debian[.]org"
)
MACHINE_PATH: Final = re.compile(r"(^|[^\w.-])/(work|farm|root|opt/wheels)/")
LOCKED: Final = re.compile(
    r"(?P<name>[a-z0-9-]+)==(?P<version>[\w.]+)( ; (?P<marker>.+?))?( --hash=sha256:[0-9a-f]{64})+"
)

# Installed without what it asks for: only to download from a hub, which is never done here.
WITHOUT_DEPENDENCIES: Final = "tokenizers"

Definition: TypeAlias = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def repository_files() -> list[Path]:
    """Everything tracked, and everything that `git add .` would track."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return [path for path in paths if path.is_file()]


def public_definitions(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, Definition]]:
    """Public classes, functions and methods; an override inherits its docstring."""
    for node in body:
        if not isinstance(node, Definition) or node.name.startswith("_"):
            continue
        decorators = {ast.unparse(decorator).split(".")[-1] for decorator in node.decorator_list}
        if not decorators & {"overload", "override", "setter"}:
            yield prefix + node.name, node
        if isinstance(node, ast.ClassDef):
            yield from public_definitions(node.body, f"{prefix}{node.name}.")


def calls_sleep(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="time"), attr="sleep"):
            return True
        case ast.ImportFrom(module="time", names=names):
            return any(name.name == "sleep" for name in names)
    return False


def lock_entries(*locks: Path) -> list[str]:
    """One string per requirement: continuation lines joined, comments dropped."""
    text = "\n".join(lock.read_text() for lock in locks or LOCKS)
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [" ".join(entry.split()) for entry in joined.splitlines() if entry.strip()]


def locked_versions(*locks: Path) -> dict[str, str]:
    matches = (LOCKED.fullmatch(entry) for entry in lock_entries(*locks))
    return {match["name"]: match["version"] for match in matches if match}


def test_every_module_is_short_enough_to_read() -> None:
    lines = {relative(path): len(path.read_text().splitlines()) for path in SOURCES}
    assert {name: count for name, count in lines.items() if count > MODULE_LINES_MAX} == {}


def test_every_module_says_what_it_is_for() -> None:
    assert [relative(path) for path in SOURCES if not ast.get_docstring(parse(path))] == []


def test_every_public_name_says_what_it_does() -> None:
    silent = [
        f"{relative(path)}:{node.lineno} {name}"
        for path in SOURCES
        for name, node in public_definitions(parse(path).body)
        if not ast.get_docstring(node)
    ]
    assert silent == []


def test_nothing_waits_by_sleeping() -> None:
    sleeps = [
        f"{relative(path)}:{getattr(node, 'lineno', 0)}"
        for path in (*SOURCES, *TESTS)
        for node in ast.walk(parse(path))
        if calls_sleep(node)
    ]
    assert sleeps == []


@pytest.mark.parametrize("pattern", [REGISTRY_HOST, MACHINE_PATH], ids=["registry", "machine"])
def test_no_file_names_a_registry_or_a_path_of_one_machine(pattern: re.Pattern[str]) -> None:
    found = []
    for path in repository_files():
        text = path.read_bytes().decode("utf-8", errors="replace")
        found += [
            f"{relative(path)}:{number}: {line.strip()[:100]}"
            for number, line in enumerate(text.splitlines(), start=1)
            if pattern.search(line)
        ]
    assert found == []


@pytest.mark.parametrize(
    "name",
    ["README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/adr"],
)
def test_a_reader_finds(name: str) -> None:
    assert (ROOT / name).exists()


def test_every_requirement_is_locked_with_hashes_and_without_an_address() -> None:
    assert [entry for entry in lock_entries() if not LOCKED.fullmatch(entry)] == []
    assert not [lock.name for lock in LOCKS if "://" in lock.read_text()]


@pytest.mark.parametrize("extra", ["semantic", "e5", "dev"])
def test_the_lock_satisfies_the_project(extra: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"][extra]]
    locked = locked_versions(LOCKS[0]) if extra == "semantic" else locked_versions()
    assert [
        str(requirement)
        for requirement in map(Requirement, wanted)
        if requirement.name != project["name"]
        if not requirement.specifier.contains(locked.get(canonicalize_name(requirement.name), "0"))
    ] == []


def test_the_hint_for_an_extra_names_its_packages() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for extra, packages in EXTRAS.items():
        wanted = map(Requirement, project["optional-dependencies"][extra])
        pinned = [re.sub(r">=[\d.]+", "", str(requirement)) for requirement in wanted]
        assert sorted(packages) == sorted(pinned)


def test_the_lock_is_complete() -> None:
    """It is installed with --no-deps, so nothing else would notice a missing package."""
    locked = locked_versions()
    running = locked_versions(LOCKS[0])
    missing = []
    for name in locked.keys() - {WITHOUT_DEPENDENCIES}:
        try:
            needed = [Requirement(text) for text in requires(name) or []]
            if version(name) != locked[name]:
                continue  # what is installed says nothing about the lock
        except PackageNotFoundError:
            continue  # for another platform
        missing += [
            f"{name} needs {requirement}"
            for requirement in needed
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            if canonicalize_name(requirement.name) not in (running if name in running else locked)
        ]
    assert missing == []


def test_make_help_names_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.+)$", makefile.replace("\\\n", " "), re.MULTILINE)
    assert phony is not None
    explained = re.findall(r"^make ([\w-]+)  +\S", makefile, re.MULTILINE)
    assert sorted(explained) == sorted(set(phony[1].split()) - {"help"})


def test_ci_runs_the_test_command() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert "make test" in script.read_text()
