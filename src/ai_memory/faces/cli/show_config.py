"""`ai-memory config`: each setting, its value and where that came from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ai_memory.config import SETTINGS, Config, Setting, config_file
from ai_memory.errors import ValidationFailed
from ai_memory.faces.cli import output
from ai_memory.faces.cli.call import Call, Flags, add_flags
from ai_memory.faces.cli.paint import Paint
from ai_memory.faces.cli.setting import settings
from ai_memory.faces.problems import EXIT_OK
from ai_memory.model.printable import printable

if TYPE_CHECKING:
    from ai_memory.faces.cli.parser import Parser

_MASK: Final = "********"


def configure(parser: Parser, name: str) -> None:
    """Declare what to show, and the global flags."""
    parser.describe(
        lambda: (
            f"`ai-memory {name}` shows the settings that a call with these flags would have;\n"
            f"`ai-memory {name} path` tells where the settings file is looked for."
        )
    )
    parser.add_argument("what", nargs="?", metavar="show|path", help="Default: show.")
    add_flags(parser, tier_is_level=True)


def run(call: Call) -> int:
    """Print the settings, or the path of their file."""
    what = call.options.get("what", "show")
    if what not in ("show", "path"):
        raise ValidationFailed(f"unknown argument '{what[:80]}'", hint="Say `show` or `path`.")
    path = _path(call.flags)
    if what == "path":
        if call.flags.json:
            output.emit_json({"path": str(path), "exists": path.is_file()})
        else:
            output.emit(str(path))
        return EXIT_OK
    config = settings(call.flags, bind=call.flags.bind)
    if call.flags.json:
        rows = [_row(setting, config) for setting in SETTINGS]
        output.emit_json(
            {"settings": rows, "file": str(path), "file_read": _is_read(call.flags, path)}
        )
        return EXIT_OK
    paint = Paint.of_stdout()
    width = max(len(setting.name) for setting in SETTINGS)
    for setting in SETTINGS:
        value, origin = _shown(setting, config), config.origins[setting.name]
        text = f"{setting.name:{width}}  {_text(value)}"
        output.emit(f"{printable(text)}  {paint.dim(f'({printable(origin)})')}", fit=True)
    output.emit("")
    state = "" if _is_read(call.flags, path) else " (not there)" if not path.is_file() else " (off)"
    output.emit(f"settings file: {path}{state}")
    return EXIT_OK


def _path(flags: Flags) -> Path:
    return config_file() if flags.config is None else Path(flags.config).expanduser()


def _is_read(flags: Flags, path: Path) -> bool:
    off = flags.config is None and bool(os.environ.get("AI_MEMORY_NO_CONFIG"))
    return path.is_file() and not off


def _shown(setting: Setting, config: Config) -> Any:
    value = getattr(config, setting.name)
    return _MASK if setting.secret and value is not None else value


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        value = ",".join(value)
    return "-" if value is None or value == "" else str(value)


def _row(setting: Setting, config: Config) -> dict[str, Any]:
    return {
        "name": setting.name,
        "value": _shown(setting, config),
        "origin": config.origins[setting.name],
        "env": setting.env,
        "key": setting.key,
        "help": setting.help,
    }
