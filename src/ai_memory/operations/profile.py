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
ALWAYS_ON: Final = ("memory_capabilities", "memory_update", "memory_delete")
"""Shown under every profile, whatever their family: many clients load no family, and an agent that
can store must be able to correct itself."""


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
    """The operations MCP shows under a profile; those of ALWAYS_ON are always among them."""
    families = families_of(profile)
    return [
        operation
        for operation in operations_on("mcp")
        if operation.family in families or operation.wire in ALWAYS_ON
    ]
