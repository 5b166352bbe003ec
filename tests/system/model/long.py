"""The long form: `make model ARGS='--seed 7 --steps 1000000'`."""

from __future__ import annotations

import argparse
import sys

from tests.system.model.shrink import check


def main() -> int:
    """Run scripts until the steps are done, or the first that fails."""
    parser = argparse.ArgumentParser(prog="make model", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="of the first script")
    parser.add_argument("--steps", type=int, default=200_000, help="in all")
    parser.add_argument("--size", type=int, default=80, help="steps of a script")
    parser.add_argument("--memory", action="store_true", help="in memory only; else in files too")
    given = parser.parse_args()
    done, seed = 0, given.seed
    while done < given.steps:
        try:
            check(seed, given.size, in_file=not given.memory and bool(seed % 3))
        except AssertionError as found:
            print(found)  # noqa: T201 - this is a command
            return 1
        seed, done = seed + 1, done + given.size
        if sys.stderr.isatty() or done % (100 * given.size) == 0:
            print(f"{done:,} of {given.steps:,} steps, seed {seed}", file=sys.stderr)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
