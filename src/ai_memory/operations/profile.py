"""Profiles: which families of operations an MCP client is shown."""

from __future__ import annotations

from functools import lru_cache
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


@lru_cache(maxsize=256)
def tools_of(profile: str, loaded: tuple[str, ...] = ()) -> tuple[Operation, ...]:
    """The operations MCP shows under a profile; those of ALWAYS_ON are always among them.

    Args:
        profile: As in `families_of`.
        loaded: Families that were loaded since; theirs come last, in that order: what a host has
            put before its model already stays where it is.

    Raises:
        ConfigInvalid: See `families_of`.
    """
    families = families_of(profile)
    every = operations_on("mcp")
    shown = [one for one in every if one.family in families or one.wire in ALWAYS_ON]
    more = [one for family in loaded for one in every if one.family == family]
    return tuple(dict.fromkeys((*shown, *more)))
