"""`ai-memory doctor`: what works, what does not, and how to mend it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from ai_memory.adapters.system import SystemClock
from ai_memory.config import config_file
from ai_memory.errors import ConfigInvalid
from ai_memory.faces.cli import output
from ai_memory.faces.cli.call import Call, add_flags
from ai_memory.faces.cli.examination.section import Section, worst
from ai_memory.faces.cli.progress import Preparation
from ai_memory.faces.cli.setting import node_url, settings
from ai_memory.faces.problems import EXIT_OK
from ai_memory.model.clock import to_rfc3339

if TYPE_CHECKING:
    from pathlib import Path

    from ai_memory.config import Config
    from ai_memory.faces.cli.parser import Parser

EXIT_WARNING: Final = 1
EXIT_CRITICAL: Final = 2

_LABELS: Final = {"info": "INFO", "warning": "WARN", "critical": "CRIT", "notavailable": "N/A "}


def configure(parser: Parser, name: str) -> None:
    """Declare what doctor may do, and the global flags."""
    parser.describe(
        lambda: (
            f"`ai-memory {name}` examines the database, the model, the index, the settings and the "
            "machine; with --url,\na running node. Exit code: 0 fine, 1 warnings (with "
            "--fail-on-warn), 2 something critical."
        )
    )
    parser.add_argument("--fail-on-warn", action="store_true", help="Exit 1 on warnings.")
    parser.add_argument(
        "--fix",
        action="store_true",
        help="Make anew what is derived: missing vectors, the files of the index.",
    )
    add_flags(parser, tier_is_level=True)


def run(call: Call) -> int:
    """Examine, print, and answer with the worst of it."""
    try:
        config = settings(call.flags)
    except ConfigInvalid as failure:
        section = Section(name="Config", facts=[])
        section.find("critical", failure.message, failure.hint)
        return _finish(call, "local", "", [section])
    url = node_url(call.flags, config)
    if url is not None:
        from ai_memory.faces.cli.examination.remote_node import examine_remote
        from ai_memory.faces.cli.remote import RemoteDoor

        door = RemoteDoor(url, config)
        return _finish(call, "remote", str(door.place), examine_remote(door))
    return _finish(call, "local", config.db, _local(call, config))


def _local(call: Call, config: Config) -> list[Section]:
    from ai_memory.faces.cli.examination.recall import examine_recall
    from ai_memory.faces.cli.examination.storage import examine_storage
    from ai_memory.faces.cli.examination.surroundings import examine_config, examine_environment

    file = config_file() if call.flags.config is None else _given_file(call.flags.config)
    off = call.flags.config is None and bool(os.environ.get("AI_MEMORY_NO_CONFIG"))
    storage = examine_storage(config)
    with Preparation(quiet=call.flags.quiet) as preparation:
        recall = examine_recall(
            config, usable=storage.usable, fix="fix" in call.options, progress=preparation.told
        )
    return [
        storage.section,
        *recall,
        examine_config(config, file, file_read=file.is_file() and not off),
        examine_environment(config),
    ]


def _given_file(name: str) -> Path:
    from pathlib import Path

    return Path(name).expanduser()


def _finish(call: Call, mode: str, source: str, sections: list[Section]) -> int:
    overall = worst(sections)
    if call.flags.json:
        document: dict[str, Any] = {
            "mode": mode,
            "source": source,
            "generated_at": to_rfc3339(SystemClock().now()),
            "sections": sections,
            "overall": overall,
        }
        output.emit_json(document)
    else:
        output.emit(f"ai-memory doctor ({mode}): {source}")
        for section in sections:
            for line in _lines(section):
                output.emit(line)
        output.emit("")
        output.emit(f"overall: {overall}")
    if overall == "critical":
        return EXIT_CRITICAL
    return EXIT_WARNING if overall == "warning" and "fail_on_warn" in call.options else EXIT_OK


def _lines(section: Section) -> list[str]:
    lines = ["", f"[{_LABELS[section.severity]}] {section.name}"]
    for name, value in section.facts:
        shown = ", ".join(map(str, value)) if isinstance(value, list) else value
        lines.append(f"    {name:28} {shown}")
    if isinstance(section.note, str):
        bullet = "!" if section.severity in ("warning", "critical") else "·"
        lines += [f"    {bullet} {line}" for line in section.note.splitlines()]
    return lines
