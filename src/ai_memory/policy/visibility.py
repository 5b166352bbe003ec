"""Which scopes an agent at a namespace position may see."""

from __future__ import annotations

from ai_memory.model.query import ScopeRule


def visible_from(position: str) -> tuple[ScopeRule, ...]:
    """The scope rules of an agent that stands at namespace `position`.

    `collective` is seen by all; `private` at exactly the position; `team`, `unit` and `org` at or
    below the parent, grandparent and great-grandparent. A position too shallow to have that
    ancestor takes its topmost one: a team of one is still a team.
    """
    segments = position.split("/")
    rules = [ScopeRule("collective"), ScopeRule("private", position)]
    for distance, scope in enumerate(("team", "unit", "org"), start=1):
        ancestor = "/".join(segments[: max(1, len(segments) - distance)])
        rules.append(ScopeRule(scope, ancestor, below=True))  # type: ignore[arg-type]
    return tuple(rules)
