"""Profiles: which families of operations an MCP client is shown."""

from __future__ import annotations

from typing import Final

from ai_memory.errors import ConfigInvalid
from ai_memory.operations.registry import FAMILIES, Family, Operation, operations_on

_PROFILES: Final[dict[str, tuple[Family, ...]]] = {
    "core": ("core",),
    "graph": ("core", "graph"),
    "admin": ("core", "lifecycle", "governance"),
    "power": ("core", "power"),
    "full": FAMILIES,
}
ALWAYS_ON: Final = "memory_capabilities"


def families_of(profile: str) -> tuple[Family, ...]:
    """The families of a profile name, a family name, or a comma-separated list of them.

    `core` is always among them; the order is that of FAMILIES.

    Raises:
        ConfigInvalid: A name is no profile and no family.
    """
    chosen: set[Family] = {"core"}
    for token in profile.split(","):
        name = token.strip()
        if not name:
            continue
        if name in _PROFILES:
            chosen.update(_PROFILES[name])
        elif name in FAMILIES:
            chosen.add(name)
        else:
            raise ConfigInvalid(
                f"unknown profile or family '{name}'",
                hint=f"Profiles: {', '.join(_PROFILES)}. Families: {', '.join(FAMILIES)}. "
                "Names are lower case.",
            )
    return tuple(family for family in FAMILIES if family in chosen)


def tools_of(profile: str) -> list[Operation]:
    """The operations MCP shows under a profile; capabilities is always one of them."""
    families = families_of(profile)
    return [
        operation
        for operation in operations_on("mcp")
        if operation.family in families or operation.wire == ALWAYS_ON
    ]
