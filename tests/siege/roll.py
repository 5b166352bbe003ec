"""All campaigns; a new one is added here."""

from __future__ import annotations

from typing import Final

from tests.siege.campaign import Campaign, striking
from tests.siege.nursery import FOREVER, FULL, IO_ERROR, KILL
from tests.siege.scenes import SCENES

CAMPAIGNS: Final[tuple[Campaign, ...]] = (
    *(striking(scene, KILL) for scene in SCENES),
    *(striking(scene, IO_ERROR) for scene in SCENES),
    *(striking(scene, FULL, FOREVER) for scene in SCENES),
)
