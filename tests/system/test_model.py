"""The store against a model of it: random scripts, everything visible compared at every step.

Short with the suite, from the seed AI_MEMORY_MODEL_SEED on; `make model` runs long. A failure
prints the seed, and the script cut down to the steps that matter.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
from tests.system.model.script import KINDS, Step, script
from tests.system.model.shrink import check, failure, shrunk

SIZE = 80
SEED = int(os.environ.get("AI_MEMORY_MODEL_SEED", "0"))
SCRIPTS = 10  # in each part


@pytest.mark.parametrize("part", range(3))
@pytest.mark.parametrize("in_file", [False, True], ids=["memory", "file"])
def test_the_store_does_as_the_model_says(part: int, *, in_file: bool) -> None:
    first = SEED + (part * 2 + in_file) * SCRIPTS
    for seed in range(first, first + SCRIPTS):
        check(seed, SIZE, in_file=in_file)


def test_scripts_do_everything_and_the_same_again() -> None:
    steps = [step for seed in range(10) for step in script(seed, SIZE)]
    assert Counter(step.kind for step in steps).keys() == KINDS.keys()
    assert steps == [step for seed in range(10) for step in script(seed, SIZE)]


def test_a_failing_script_is_cut_down() -> None:
    steps = [step for step in script(1, 40) if step.kind in ("store", "wait", "link")]
    steps.insert(15, Step("no such thing", {}, 0))
    found = failure(steps, in_file=False)
    assert found is not None
    assert found.at == 15
    few, last = shrunk(steps, found, in_file=False)
    assert [step.kind for step in few] == ["no such thing"]
    assert "there is no operation 'no such thing'" in last.message
