"""`ai-memory completions SHELL`: a script that completes commands, options and their choices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from ai_memory.errors import ValidationFailed
from ai_memory.faces.cli import output
from ai_memory.faces.cli.call import Call, add_flags
from ai_memory.faces.problems import EXIT_OK

if TYPE_CHECKING:
    from ai_memory.faces.cli.parser import Parser

_SHELLS: Final = ("bash", "zsh", "fish")
_LEVELS: Final = ("keyword", "semantic", "smart", "autonomous")


class _Known(NamedTuple):
    """A command as completion sees it."""

    title: str
    options: list[str]
    choices: dict[str, tuple[str, ...]]


def configure(parser: Parser, name: str) -> None:
    """Declare the shell."""
    parser.describe(
        lambda: (
            f"`ai-memory {name} SHELL` prints a completion script.\n\n"
            f"  bash  ai-memory {name} bash > "
            "~/.local/share/bash-completion/completions/ai-memory\n"
            f"  zsh   ai-memory {name} zsh > a file named _ai-memory in a folder of $fpath\n"
            f"  fish  ai-memory {name} fish > ~/.config/fish/completions/ai-memory.fish"
        )
    )
    parser.add_argument("shell", nargs="?", metavar="SHELL", help=f"One of {', '.join(_SHELLS)}.")
    add_flags(parser, tier_is_level=True)


def run(call: Call) -> int:
    """Print the script."""
    shell = call.options.get("shell")
    if shell not in _SHELLS:
        raise ValidationFailed(
            "no shell is named" if shell is None else f"unknown shell '{shell[:64]}'",
            hint=f"Use one of {', '.join(_SHELLS)}.",
        )
    known = _commands()
    script = _fish(known) if shell == "fish" else _bash(known)
    if shell == "zsh":
        # zsh reads bash's completions.
        script = "#compdef ai-memory\nautoload -U +X bashcompinit && bashcompinit\n" + script
    output.emit(script.rstrip("\n"))
    return EXIT_OK


def _commands() -> dict[str, _Known]:
    from ai_memory.faces.cli.command import commands
    from ai_memory.faces.cli.parser import Parser

    known = {}
    for name, entry in commands().items():
        options: list[str] = []
        choices: dict[str, tuple[str, ...]] = {"--level": _LEVELS}
        if not entry.forwards:
            parser = Parser(name)
            entry.configure()(parser, name)
            for action in parser._actions:
                options += [word for word in action.option_strings if word.startswith("--")]
            choices |= _choices(name)
        known[name] = _Known(entry.title, options, choices)
    return known


def _choices(name: str) -> dict[str, tuple[str, ...]]:
    """What the options of an operation can be, where that is a list of words."""
    from ai_memory.errors import UnknownOperation
    from ai_memory.faces.cli.option import options_of
    from ai_memory.operations.registry import by_cli, command_type

    try:
        operation = by_cli(name)
    except UnknownOperation:
        return {}
    options = options_of(command_type(operation))
    return {option.flag: option.choices for option in options if option.choices}


def _bash(known: dict[str, _Known]) -> str:
    lines = [
        "_ai_memory() {",
        "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= i",
        "  for ((i = 1; i < COMP_CWORD; i++)); do",
        "    case ${COMP_WORDS[i]} in",
        f"      {'|'.join(known)}) command=${{COMP_WORDS[i]}}; break ;;",
        "    esac",
        "  done",
        "  COMPREPLY=()",
        '  case "$command $before" in',
    ]
    for name, one in known.items():
        for flag, words in one.choices.items():
            lines.append(f'    "{name} {flag}") {_offered(words)}; return ;;')
    lines += [
        f'    *" --db"|*" --config"|*" --file") {_OFFERED_FILES}; return ;;',
        "  esac",
        "  case $command in",
        f"    '') {_offered(known)} ;;",
        *(f"    {name}) {_offered(one.options)} ;;" for name, one in known.items()),
        "  esac",
        "}",
        "complete -o default -F _ai_memory ai-memory",
    ]
    return "\n".join(lines) + "\n"


_OFFERED_FILES: Final = 'COMPREPLY=($(compgen -f -- "$word"))'


def _offered(words: Iterable[str]) -> str:
    return f'COMPREPLY=($(compgen -W "{" ".join(words)}" -- "$word"))'


def _fish(known: dict[str, _Known]) -> str:
    lines = ["complete -c ai-memory -f"]
    for name, one in known.items():
        title = one.title.replace("'", "\\'")
        lines.append(f"complete -c ai-memory -n __fish_use_subcommand -a {name} -d '{title}'")
        for flag in one.options:
            rest = f" -xa '{' '.join(one.choices[flag])}'" if flag in one.choices else ""
            lines.append(
                f"complete -c ai-memory -n '__fish_seen_subcommand_from {name}' "
                f"-l {flag.removeprefix('--')}{rest}"
            )
    return "\n".join(lines) + "\n"
