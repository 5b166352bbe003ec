"""The settings and the machine."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import Final

import apsw

from ai_memory.config import SETTINGS, Config, is_loopback, platform_note
from ai_memory.faces.cli.examination.section import Section
from ai_memory.faces.cli.paint import size
from ai_memory.version import __version__

_KEY_CHARS_MIN: Final = 16
_FREE_BYTES_LOW: Final = 500 * 1024 * 1024
_FREE_BYTES_LAST: Final = 50 * 1024 * 1024
_OTHER_VARIABLES: Final = frozenset(("AI_MEMORY_CONFIG", "AI_MEMORY_NO_CONFIG", "AI_MEMORY_DEBUG"))
_OF_THE_REFERENCE: Final = frozenset(
    (
        "AI_MEMORY_DB_PASSPHRASE", "AI_MEMORY_AUTONOMOUS_HOOKS", "AI_MEMORY_BOOT_ENABLED",
        "AI_MEMORY_PERMISSIONS_MODE", "AI_MEMORY_ALLOW_LOOPBACK_WEBHOOKS", "AI_MEMORY_KEY_DIR",
        "AI_MEMORY_SYSTEM_PROMPT_DIR", "AI_MEMORY_LOG_DIR", "AI_MEMORY_AUDIT_DIR",
    )
)  # fmt: skip
"""Variables of existing users that mean nothing here yet."""


def examine_config(config: Config, file: Path, *, file_read: bool) -> Section:
    """The settings: where they come from, and which of them are risky."""
    section = Section(name="Config", facts=[])
    section.fact("file", str(file) if file_read else f"{file} (not read)")
    for setting in SETTINGS:
        origin = config.origins[setting.name]
        if origin != "default":
            value = "********" if setting.secret else getattr(config, setting.name)
            section.fact(setting.name, f"{value} ({origin})")
    if not is_loopback(config.host) and config.api_key is None:
        section.find(
            "warning",
            f"bind is {config.host} and there is no api_key: `serve` will refuse to start",
            "Set AI_MEMORY_API_KEY, or bind 127.0.0.1.",
        )
    if config.api_key is not None and len(config.api_key) < _KEY_CHARS_MIN:
        section.find(
            "warning",
            f"api_key has fewer than {_KEY_CHARS_MIN} characters",
            "Make a longer one, for example with `openssl rand -hex 32`.",
        )
    if file_read and os.name == "posix" and _holds_secret(config, file):
        mode = stat.S_IMODE(file.stat().st_mode)
        if mode & (stat.S_IRGRP | stat.S_IROTH):
            section.find(
                "warning",
                "the settings file holds a key and others can read it",
                f"Run `chmod 600 {file}`.",
            )
    _find_misspelled(section)
    return section


def _holds_secret(config: Config, file: Path) -> bool:
    secret = (setting.name for setting in SETTINGS if setting.secret)
    return any(config.origins[name] == f"file {file}" for name in secret)


def _find_misspelled(section: Section) -> None:
    """A misspelled variable is silently without effect; here it is named."""
    known = {setting.env for setting in SETTINGS} | _OTHER_VARIABLES
    for name in sorted(os.environ):
        if not name.startswith("AI_MEMORY_") or name in known or name in _OF_THE_REFERENCE:
            continue
        near = get_close_matches(name, known, 1)
        section.find(
            "warning",
            f"the variable {name} means nothing",
            f"Did you mean {near[0]}?" if near else "`ai-memory config --json` lists them.",
        )


def examine_environment(config: Config) -> Section:
    """The machine: versions, memory of its disks, encoding."""
    section = Section(name="Environment", facts=[])
    section.fact("ai-memory", __version__)
    section.fact("platform", platform_note())
    section.fact("sqlite", apsw.sqlite_lib_version())
    section.fact("processors", os.cpu_count() or 0)
    encoding = sys.getfilesystemencoding()
    section.fact("file names", encoding)
    if encoding.lower() not in ("utf-8", "utf8"):
        section.find(
            "warning", f"file names are {encoding}, not UTF-8", "Set LC_ALL to a UTF-8 locale."
        )
    for name, path in (("database", Path(config.db)), ("cache", Path(config.cache_dir))):
        _examine_disk(section, name, path)
    return section


def _examine_disk(section: Section, name: str, path: Path) -> None:
    folder = path
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    try:
        free = shutil.disk_usage(folder).free
    except OSError as failure:
        section.find("warning", f"the disk of {folder} does not answer: {failure.strerror}")
        return
    section.fact(f"free for the {name}", size(free))
    if free < _FREE_BYTES_LOW:
        section.find(
            "critical" if free < _FREE_BYTES_LAST else "warning",
            f"only {size(free)} are free for the {name}",
            f"Free some space on the disk of {folder}.",
        )
    if not os.access(folder, os.W_OK):
        section.find(
            "warning", f"{folder} cannot be written", f"Change its permissions, or move the {name}."
        )
