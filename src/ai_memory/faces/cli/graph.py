"""`ai-memory graph ID`: a memory's neighbourhood as a tree, or drawn as SVG or DOT."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ai_memory.adapters.replacement import replacing
from ai_memory.errors import StoreUnavailable, ValidationFailed
from ai_memory.faces.cli import output
from ai_memory.faces.cli.call import Call, add_flags
from ai_memory.faces.cli.option import add_options, fields_of, options_of
from ai_memory.faces.codec import to_command
from ai_memory.faces.problems import EXIT_OK
from ai_memory.operations.registry import by_method, command_type

if TYPE_CHECKING:
    from ai_memory.faces.cli.paint import Paint
    from ai_memory.faces.cli.parser import Parser
    from ai_memory.graph.drawing import Drawing

_FORMATS: Final = ("tree", "svg", "dot")
_DEFAULTS: Final = {"max_depth": 2, "direction": "both", "limit": 60}
_FIXED: Final = ("source_id", "with_links", "cursor")


def configure(parser: Parser, name: str) -> None:
    """Declare the options: those of kg-query, and how to draw."""
    del name
    parser.describe(lambda: "Draw what a memory is linked to, as a tree, as SVG or as DOT.")
    parser.add_argument("id", metavar="ID", nargs="?", help="The memory in the middle.")
    options = [
        option
        for option in options_of(command_type(by_method("kg_query")))
        if option.field not in _FIXED
    ]
    add_options(parser, options, {name: str(value) for name, value in _DEFAULTS.items()})
    parser.add_argument(
        "--format", metavar="NAME", help="One of tree, svg, dot. Default: tree, or by --output."
    )
    parser.add_argument("--output", "-o", metavar="FILE", help="Write there; else to stdout.")
    add_flags(parser, tier_is_level=True)


def run(call: Call) -> int:
    """Fetch the neighbourhood and draw it."""
    from ai_memory.faces.cli.door import open_door
    from ai_memory.faces.cli.paint import Paint
    from ai_memory.faces.cli.setting import settings

    query, get = by_method("kg_query"), by_method("get")
    kind = _format(call.options.get("format"), call.options.get("output"))
    fields = {
        **_DEFAULTS,
        **fields_of(options_of(command_type(query)), call.options),
        "source_id": call.options.get("id"),
        "with_links": True,
    }
    asked = to_command(query, fields, text=True)
    middle = to_command(get, {"id": call.options.get("id")}, text=True)
    with open_door(call.flags, query, settings(call.flags)) as door:
        start = door.execute(get, middle)
        found = door.execute(query, asked)
    if call.flags.json:
        output.emit_json(found)
        return EXIT_OK
    from ai_memory.model.printable import printable_values

    paint = Paint.of_stdout()
    if kind == "tree":
        text = "\n".join(tree(printable_values(start), printable_values(found), paint)) + "\n"
    else:
        text = _drawn(drawing_of(start, found, _instant(fields, paint)), kind)
    _write(text, call.options.get("output"), fit=kind == "tree")
    if found.get("next_cursor") or found["truncated"]:
        output.note("note: there is more; --limit shows it", quiet=call.flags.quiet)
    return EXIT_OK


def _format(given: str | None, path: str | None) -> str:
    """The format asked for, else the one the file's name tells."""
    kind = given or (Path(path).suffix.lstrip(".") if path else "") or "tree"
    if kind not in _FORMATS:
        if given is None:
            return "tree"
        raise ValidationFailed(
            f"unknown format '{kind[:40]}'", hint="Use tree, svg or dot.", field="format"
        )
    return kind


def _instant(fields: dict[str, Any], paint: Paint) -> int:
    """The instant the query was about; what ended by then is dashed."""
    from ai_memory.model.instant import read_instant

    for name in ("valid_at", "as_of", "as_recorded_at"):
        if fields.get(name):
            return read_instant(fields[name], field=name, now=paint.now)
    return paint.now


def drawing_of(start: dict[str, Any], found: dict[str, Any], instant: int) -> Drawing:
    """What a query answered, ready to be drawn."""
    from ai_memory.graph.drawing import Drawing, Edge, Node
    from ai_memory.model.clock import parse_rfc3339

    nodes = {start["id"]: Node(start["id"], start["title"], start["namespace"], 0, None)}
    for row in found["memories"]:
        parent = row["path"].split("->")[-2]
        nodes.setdefault(
            row["target_id"],
            Node(row["target_id"], row["title"], row["target_namespace"], row["depth"], parent),
        )
    edges = []
    for link in found["links"]:
        until = link.get("valid_until")
        ended = until is not None and parse_rfc3339(until, field="valid_until") <= instant
        edges.append(Edge(link["source_id"], link["target_id"], link["relation"], ended))
    return Drawing(tuple(nodes.values()), tuple(edges))


def _drawn(drawing: Drawing, kind: str) -> str:
    if kind == "svg":
        from ai_memory.graph.svg import svg

        return svg(drawing)
    from ai_memory.graph.dot import dot

    return dot(drawing)


def tree(start: dict[str, Any], found: dict[str, Any], paint: Paint) -> list[str]:
    """The neighbourhood as indented lines, each memory below the one it was reached from."""
    from ai_memory.faces.cli.paint import one_line, plural, short_id

    below: dict[str, list[dict[str, Any]]] = {}
    for row in found["memories"]:
        below.setdefault(row["path"].split("->")[-2], []).append(row)
    lines = [f"{paint.bold(one_line(start['title']))} [{short_id(start['id'])}]"]
    shown: set[str] = set()

    def branch(memory_id: str, indent: str) -> None:
        if memory_id in shown:
            return  # reached by parallel links: what lies behind it is shown once
        shown.add(memory_id)
        rows = below.get(memory_id, [])
        for number, row in enumerate(rows, 1):
            last = number == len(rows)
            outbound = row["direction"] == "outbound"
            arrow = f"─{row['relation']}→" if outbound else f"←{row['relation']}─"
            ended = paint.dim(f" until {row['valid_until']}") if row["valid_until"] else ""
            lines.append(
                f"{indent}{'└' if last else '├'}{paint.dim(arrow)} "
                f"{paint.bold(one_line(row['title']))} [{short_id(row['target_id'])}] "
                f"(ns={paint.cyan(row['target_namespace'])}){ended}"
            )
            branch(row["target_id"], indent + ("   " if last else "│  "))

    branch(start["id"], "")
    others = len(found["links"]) - len(found["memories"])
    if others > 0:
        lines.append(paint.dim(f"and {plural(others, 'more link', 'more links')} among them"))
    return lines


def _write(text: str, path: str | None, *, fit: bool) -> None:
    if path is None:
        output.emit(text.rstrip("\n"), fit=fit)
        return
    try:
        with replacing(Path(path)) as file:
            file.write(text.encode())
    except OSError as cause:
        raise StoreUnavailable(
            f"{path} cannot be written", hint="Name another file with --output."
        ) from cause
