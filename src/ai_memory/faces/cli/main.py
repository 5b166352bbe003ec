"""The entry point: find the command, run it, turn whatever happens into lines and an exit code."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from typing import Final

from ai_memory.adapters.private import narrow_umask
from ai_memory.errors import AiMemoryError, UnknownOperation
from ai_memory.faces.cli import output
from ai_memory.faces.cli.call import Words, read_call, repair, split
from ai_memory.faces.cli.command import Entry, commands
from ai_memory.faces.problems import EXIT_OK, EXIT_USAGE, exit_code_of, internal
from ai_memory.version import __version__

EXIT_INTERRUPTED: Final = 130  # 128 + SIGINT, as shells say it
EXIT_PIPE: Final = 141  # 128 + SIGPIPE

_MEANT: Final = {
    word: command
    for command, words in {
        "store": "remember add save note put write new create keep memorize memo learn insert",
        "recall": "ask query retrieve remind lookup what context question",
        "search": "find grep match",
        "list": "ls all show-all recent browse",
        "get": "show cat read view open print fetch",
        "update": "edit change modify revise set replace amend",
        "delete": "rm remove del drop discard unstore",
        "forget": "clear wipe prune",
        "boot": "session start-session begin",
        "serve": "server start run daemon up listen http",
        "install": "init setup configure connect register",
        "doctor": "check status diagnose fix repair info",
        "config": "settings env",
        "import": "load mine ingest",
        "export": "dump",
        "backup": "snapshot",
        "link": "relate connect-to join",
        "consolidate": "merge combine",
        "namespaces": "projects ns",
        "history": "versions log",
        "reembed": "reindex embed index",
        "health": "ping",
    }.items()
    for word in words.split()
}
"""What people call a command elsewhere → what it is called here."""

_HINT: Final = "`ai-memory --help` lists the commands."


def main(argv: Sequence[str] | None = None) -> int:
    """Run one call of the command line.

    Args:
        argv: The words after the program's name; None: those of this process, which then ends
            with the exit code, most often without returning.

    Returns:
        The exit code: 0 done, 1 failed, 2 wrong usage or settings, 130 interrupted, 141 when
        nobody reads the output any more.
    """
    if argv is not None:
        return _answer(list(argv))
    narrow_umask()  # whatever this process makes is its owner's alone
    gc.disable()  # a process of one call leaves no garbage worth the looking
    code = _answer(sys.argv[1:])
    _leave(code)
    return code


def _leave(code: int) -> None:
    """End the process here, unless something runs beside us.

    All is written and closed. To take the interpreter apart takes longer than many a call.
    """
    import threading

    if threading.active_count() > 1 or os.environ.get("AI_MEMORY_DEBUG"):
        return
    atexit._run_exitfuncs()
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):
        return  # the interpreter says it in its own way
    os._exit(code)


def _answer(words: list[str]) -> int:
    # numpy starts a thread pool when imported, which costs 50 ms; our products are small.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    as_json = "--json" in words
    output.prepare_streams()
    try:
        code = _run(words)
        output.flush()
        return code
    except AiMemoryError as error:
        _raise_when_debugging()
        output.report(error, as_json=as_json)
        return exit_code_of(error)
    except KeyboardInterrupt:
        output.note("interrupted")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        output.abandon_stdout()
        return EXIT_PIPE
    except Exception as fault:  # noqa: BLE001 - a person never sees a traceback
        _raise_when_debugging()
        ours = internal()
        ours.hint = f"{type(fault).__name__}; set AI_MEMORY_DEBUG=1 to see where it comes from."
        output.report(ours, as_json=as_json)
        return exit_code_of(ours)


def _raise_when_debugging() -> None:
    """Let the error being handled go on as a traceback."""
    if os.environ.get("AI_MEMORY_DEBUG"):
        raise  # noqa: PLE0704 - called in an except clause only


def _run(argv: list[str]) -> int:
    words = split(repair(argv))
    known = commands()
    if words.asks("--version", "-V"):
        output.emit(f"ai-memory {__version__}")
        return EXIT_OK
    if words.command is None:
        if words.asks("--help", "-h"):
            output.emit(_overview(known))
            return EXIT_OK
        output.note(_overview(known))
        return EXIT_USAGE
    if words.command == "help":
        return _help(words, known)
    words = _joined(words, known)
    assert words.command is not None
    return _carry_out(known[words.command], words)


def _joined(words: Words, known: dict[str, Entry]) -> Words:
    """`archive list` as the command `archive-list`; the longer name wins.

    Raises:
        UnknownOperation: There is no such command either.
    """
    assert words.command is not None
    if words.after:
        name = f"{words.command}-{words.after[0]}"
        if name in known:
            return Words(words.before, name, words.after[1:])
    if words.command in known:
        return words
    parts = [name for name in known if name.startswith(words.command + "-")]
    if parts:
        raise UnknownOperation(
            f"'{words.command[:80]}' needs a second word", hint=f"One of: {', '.join(parts)}."
        )
    raise _unknown(words.command, known)


def _carry_out(entry: Entry, words: Words) -> int:
    if entry.module != "operation":
        gc.enable()  # see `main`: this may go on for days
    if entry.forwards:
        return entry.forward()(words)
    from ai_memory.faces.cli.parser import Parser

    parser = Parser(entry.name)
    entry.configure()(parser, entry.name)
    try:
        call = read_call(parser, words)
    except SystemExit:  # argparse has printed the help
        return EXIT_OK
    return entry.run()(call)


def _help(words: Words, known: dict[str, Entry]) -> int:
    """`help` and `help COMMAND`."""
    topics = [word for word in words.after if not word.startswith("-")]
    if not topics:
        output.emit(_overview(known))
        return EXIT_OK
    name = _joined(Words([], topics[0], topics[1:]), known).command
    assert name is not None
    return _carry_out(known[name], Words([], name, ["--help"]))


def _unknown(name: str, known: dict[str, Entry]) -> UnknownOperation:
    from difflib import get_close_matches

    meant = _MEANT.get(name.lower().strip("-"))
    near = [meant] if meant in known else get_close_matches(name, known, 1, cutoff=0.5)
    hint = f"Did you mean `ai-memory {near[0]}`? " if near else ""
    return UnknownOperation(f"unknown command '{name[:80]}'", hint=hint + _HINT)


def _overview(known: dict[str, Entry]) -> str:
    width = max(map(len, known))
    lines = [
        "usage: ai-memory [global options] COMMAND [options]",
        "",
        "Durable memory for AI agents.",
        "",
        "commands:",
        *(f"  {entry.name:{width}}  {entry.title}" for entry in known.values()),
        f"  {'help':{width}}  Show this, or `help COMMAND`",
        "",
        "global options, before or after the command:",
        "  --db PATH         the database file                         (AI_MEMORY_DB)",
        "  --level LEVEL     keyword or semantic; on most commands     (AI_MEMORY_TIER)",
        "                    also --tier",
        "  --embedder KIND   minilm, or e5 for other languages         (AI_MEMORY_EMBEDDER)",
        "  --url URL         talk to a running node, not to a file     (AI_MEMORY_URL)",
        "  --bind HOST:PORT  likewise; for serve: where to listen      (AI_MEMORY_BIND)",
        "  --api-key KEY     the node's key                            (AI_MEMORY_API_KEY)",
        "  --agent-id ID     who you are                               (AI_MEMORY_AGENT_ID)",
        "  --config FILE     the settings file                         (AI_MEMORY_CONFIG)",
        "  --json            print JSON; an error is JSON on stderr",
        "  --quiet, -q       no notes, warnings or progress on stderr",
        "  --version, -V",
        "",
        "start:",
        '  ai-memory store --title "Coffee" --content "Ada drinks her coffee black."',
        '  ai-memory recall "how does Ada like her coffee"',
    ]
    return "\n".join(lines)
