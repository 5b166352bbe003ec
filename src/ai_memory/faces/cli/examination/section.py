"""One thing examined: its facts, how bad it is, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal

import msgspec

Severity = Literal["info", "warning", "critical", "notavailable"]

_RANK: Final[dict[str, int]] = {"notavailable": 0, "info": 0, "warning": 1, "critical": 2}


class Section(msgspec.Struct, kw_only=True):
    """What was found.

    Attributes:
        facts: Pairs of a name and a value.
        note: What is wrong and how to mend it; one sentence each, in one text.
    """

    name: str
    severity: Severity = "info"
    facts: list[tuple[str, Any]] = []
    note: str | msgspec.UnsetType = msgspec.UNSET

    def fact(self, name: str, value: object) -> None:
        """Add a fact."""
        self.facts.append((name, value))

    def find(self, severity: Severity, text: str, fix: str = "") -> None:
        """Add something wrong; the worst finding is the section's severity."""
        if _RANK[severity] > _RANK[self.severity]:
            self.severity = severity
        sentence = f"{text}. {fix}".strip()
        self.note = sentence if self.note is msgspec.UNSET else f"{self.note}\n{sentence}"


def worst(sections: Iterable[Section]) -> Severity:
    """The severity of a whole examination."""
    ranked: list[Severity] = ["info", *(section.severity for section in sections)]
    found = max(ranked, key=lambda severity: _RANK[severity])
    return "info" if found == "notavailable" else found
