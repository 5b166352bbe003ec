"""`ai-memory eval` and `ai-memory bench`: their words go to `ai_memory.measure` as they are."""

from __future__ import annotations

from ai_memory.faces.cli.call import Words


def forward(words: Words) -> int:
    """Run the measurement; global flags that stood before the command follow it."""
    from ai_memory.measure.cli import main_bench, main_eval

    # `--level` and `--tier` mean the same here.
    argv = [
        word.replace("--level", "--tier", 1) if word.partition("=")[0] == "--level" else word
        for word in (*words.after, *words.before)
    ]
    try:
        return main_eval(argv) if words.command == "eval" else main_bench(argv)
    except SystemExit as leave:  # its parser has said why
        return leave.code if isinstance(leave.code, int) else 1
