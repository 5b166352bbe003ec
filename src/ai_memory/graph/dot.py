"""A drawing in the DOT language, for Graphviz and whatever reads it."""

from __future__ import annotations

from ai_memory.graph.drawing import COLOURS, Drawing


def dot(drawing: Drawing) -> str:
    """The drawing as a digraph; the same drawing gives the same text."""
    lines = [
        "digraph memories {",
        "  rankdir=LR;",
        '  node [shape=box, style="rounded,filled", fillcolor="#f6f8fa", fontname="sans-serif"];',
        '  edge [fontname="sans-serif", fontsize=10];',
    ]
    for node in drawing.nodes:
        start = ', fillcolor="#ddf4ff"' if node.parent is None else ""
        label = f"{_quoted(node.title)}\\n{_quoted(node.namespace)}"
        lines.append(f'  "{_quoted(node.id)}" [label="{label}"{start}];')
    for edge in drawing.edges:
        colour = COLOURS[edge.relation]
        dashed = ", style=dashed" if edge.ended else ""
        lines.append(
            f'  "{_quoted(edge.source_id)}" -> "{_quoted(edge.target_id)}" '
            f'[label="{edge.relation}", color="{colour}", fontcolor="{colour}"{dashed}];'
        )
    return "\n".join([*lines, "}", ""])


def _quoted(text: str) -> str:
    """Text between DOT's quotes."""
    flat = "".join(c if c.isprintable() else " " for c in text)
    return flat.replace("\\", "\\\\").replace('"', '\\"')
