"""`ai-memory curator`: one round of the curator, or one after the other, or undoing."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

from ai_memory.errors import ValidationFailed
from ai_memory.faces.cli import output
from ai_memory.faces.cli.call import Call, add_flags
from ai_memory.faces.cli.paint import one_line, short_id
from ai_memory.faces.cli.progress import Bar, wants_bar
from ai_memory.faces.cli.setting import node_url, settings
from ai_memory.faces.codec import to_builtins
from ai_memory.faces.problems import EXIT_OK

if TYPE_CHECKING:
    from ai_memory.compose import OpenNode
    from ai_memory.faces.cli.parser import Parser
    from ai_memory.workers.curator import Plan

_MODES: Final = ("once", "daemon", "rollback", "rollback_last")
_UNDO_MAX: Final = 1_000


def configure(parser: Parser, name: str) -> None:
    """Declare modes and budget, and the global flags."""
    parser.describe(
        lambda: (
            f"`ai-memory {name}` adds tags, links contradictions and lets priorities drift, within "
            f"a budget.\n`ai-memory {name} report` shows what it did, "
            f"`ai-memory {name} undo ACTION_ID` takes one action back."
        )
    )
    parser.add_argument("--once", action="store_true", help="One round; so without a mode.")
    parser.add_argument("--daemon", action="store_true", help="Rounds until interrupted.")
    parser.add_argument("--rollback", metavar="ID", help="The same as `curator undo ID`.")
    parser.add_argument("--rollback-last", metavar="N", help="Undo the latest N actions.")
    parser.add_argument("--dry-run", action="store_true", help="Say what it would do.")
    parser.add_argument("--interval-secs", metavar="N", help="Of --daemon: 60 to 86400.")
    parser.add_argument("--max-ops", metavar="N", help="Memories a round works on.")
    parser.add_argument("--max-secs", metavar="N", help="What a round may take.")
    parser.add_argument("--include-namespace", action="append", metavar="NS", help="Only these.")
    parser.add_argument("--exclude-namespace", action="append", metavar="NS", help="Not these.")
    add_flags(parser, tier_is_level=True)


def run(call: Call) -> int:
    """Curate; 0 also when there was nothing to do."""
    options = call.options
    modes = [mode for mode in _MODES if mode in options]
    if len(modes) > 1:
        flags = " and ".join(f"--{mode.replace('_', '-')}" for mode in modes)
        raise ValidationFailed(f"{flags} exclude each other", hint="Say one of them.")
    config = settings(
        call.flags,
        curator_interval_secs=options.get("interval_secs"),
        curator_max_ops=options.get("max_ops"),
        curator_max_secs=options.get("max_secs"),
    )
    if node_url(call.flags, config) is not None:
        raise ValidationFailed(
            "the curator works on the file itself",
            hint="Name it with --db; a node at the autonomous level curates by itself.",
        )
    from ai_memory.compose import open_node
    from ai_memory.workers.curator import Plan

    plan = Plan(
        dry_run="dry_run" in options,
        max_ops=config.curator_max_ops,
        max_secs=config.curator_max_secs,
        include=tuple(options.get("include_namespace", ())),
        exclude=tuple(options.get("exclude_namespace", ())),
    )
    opened = open_node(config, background=False)
    try:
        if "rollback" in options:
            _show_undone(call, [_undo(opened, options["rollback"])])
        elif "rollback_last" in options:
            _show_undone(call, _undo_last(opened, options["rollback_last"]))
        else:
            _round(call, opened, plan)
            while "daemon" in options:
                threading.Event().wait(config.curator_interval_secs or 3_600)
                _round(call, opened, plan)
    finally:
        opened.close()
    return EXIT_OK


def _round(call: Call, opened: OpenNode, plan: Plan) -> None:
    shown = wants_bar(asked=False, quiet=call.flags.quiet)
    with Bar("curating", plan.max_ops, unit="memories", shown=shown) as bar:
        opened.curator.drain()
        report = opened.curator.round(
            plan._replace(progress=lambda _pass, done, _most: bar.reach(done))
        )
    if call.flags.json:
        output.emit_json(to_builtins(report))
        return
    would = "would be " if plan.dry_run else ""
    for action in report["actions"]:
        name = action.id or "-"
        detail = ", ".join(f"{key}={one_line(str(value))}" for key, value in action.detail.items())
        output.emit(f"{name}  {action.action:13} {short_id(action.memory_id)}  {detail}")
    output.emit(
        f"{report['memories_eligible']} of {report['memories_scanned']} memories worked on: "
        f"{report['auto_tagged']} {would}tagged, "
        f"{report['contradictions_found']} contradictions {would}linked, "
        f"{report['autonomy']['memories_consolidated']} memories {would}consolidated, "
        f"{report['autonomy']['priority_adjustments']} priorities {would}adjusted"
    )
    for error in report["errors"]:
        output.note(f"warning: {error}", quiet=call.flags.quiet)
    if report["operations_skipped_cap"]:
        output.note("note: the budget is spent; the next round goes on", quiet=call.flags.quiet)


def _undo(opened: OpenNode, action_id: str) -> dict[str, Any]:
    from ai_memory.operations.undo_curation import UndoCuration

    done = opened.node.execute(opened.caller("cli"), UndoCuration(id=action_id))
    result: dict[str, Any] = to_builtins(done)
    return result


def _undo_last(opened: OpenNode, count: str) -> list[dict[str, Any]]:
    if not count.isdecimal() or not 1 <= int(count) <= _UNDO_MAX:
        raise ValidationFailed(f"--rollback-last takes a number from 1 to {_UNDO_MAX}")
    with opened.node.store.read() as rows:
        actions = [one for one in rows.curations(limit=_UNDO_MAX) if one.undone_at is None]
    return [_undo(opened, one.id) for one in actions[: int(count)]]


def _show_undone(call: Call, results: list[dict[str, Any]]) -> None:
    if call.flags.json:
        output.emit_json({"undone": sum(one["undone"] for one in results), "actions": results})
        return
    for one in results:
        why = "applied" if one["undone"] else f"no-op: {one['reason']}"
        output.emit(f"rollback {one['id']}: {why}")
