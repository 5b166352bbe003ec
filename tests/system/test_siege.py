"""The short form of `make siege`: a few calls of each kind of command are struck."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from tests.siege.campaign import carry_out, spread
from tests.siege.nursery import Nursery, is_possible
from tests.siege.roll import CAMPAIGNS

ROUNDS: Final = 3
CHOSEN: Final = (
    "store, killed",
    "migrate, killed",
    "export notes, killed",
    "restore, killed",
    "restore --at, killed",
    "restore, on a failing disk",
    "restore, on a full disk",
)

pytestmark = pytest.mark.skipif(not is_possible(), reason="takes Linux and a C compiler")


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    made = Nursery(tmp_path_factory.mktemp("nursery"))
    yield made
    made.close()


@pytest.mark.parametrize("name", CHOSEN)
def test_nothing_is_lost(name: str, nursery: Nursery, tmp_path: Path) -> None:
    (campaign,) = (one for one in CAMPAIGNS if one.name == name)
    result = carry_out(campaign, nursery, tmp_path / "room", ROUNDS)
    assert (result.rounds, result.faults) == (ROUNDS, [])


def test_the_calls_that_are_struck_are_spread_over_all() -> None:
    assert spread(3, 10) == [1, 2, 3]
    assert spread(100, 3) == [1, 51, 100]
