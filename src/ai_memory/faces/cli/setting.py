"""The settings of a call: its flags over the environment over the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ai_memory.adapters.project import own_project, working_folder
from ai_memory.config import Config, load_config
from ai_memory.errors import ConfigInvalid, ValidationFailed
from ai_memory.faces.cli.call import Flags


def settings(flags: Flags, **more: Any) -> Config:
    """All settings.

    Args:
        flags: The global ones.
        more: Further settings by name; None: not given.

    Raises:
        ConfigInvalid: A setting is unknown, malformed or unsafe.
    """
    file = None
    if flags.config is not None:
        file = Path(flags.config).expanduser()
        if not file.is_file():
            raise ConfigInvalid(f"there is no settings file {file}", hint="Check --config.")
    given = {
        "db": flags.db,
        "tier": flags.level,
        "embedder": flags.embedder,
        "agent_id": flags.agent_id,
        "api_key": flags.api_key,
        "url": flags.url,
    }
    return load_config({**given, **more}, file=file)


def node_url(flags: Flags, config: Config) -> str | None:
    """The running node to talk to; None: open the file ourselves.

    A flag outweighs the environment, so `--db` opens the file although AI_MEMORY_URL is set.

    Raises:
        ValidationFailed: The flags name both a file and a node, or two nodes.
    """
    named = [flag for flag in ("url", "bind", "db") if getattr(flags, flag) is not None]
    if len(named) > 1:
        raise ValidationFailed(
            f"--{named[0]} and --{named[1]} exclude each other",
            hint="--url (or --bind) talks to a running node, --db opens a file.",
        )
    if flags.bind is not None:
        return f"http://{flags.bind}"
    return None if flags.db is not None else config.url


def home_of(config: Config, folder: Path | None = None) -> str | None:
    """The project this call is made from; None: none, so that `global` is meant.

    Args:
        config: The settings.
        folder: Where the project is; None: where we stand.
    """
    return own_project(config.namespace, folder=folder or working_folder())
