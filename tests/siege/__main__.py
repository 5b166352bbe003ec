"""`make siege`: all campaigns, and their table."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.siege.campaign import carry_out, table
from tests.siege.nursery import Nursery, is_possible
from tests.siege.roll import CAMPAIGNS


def say(line: str) -> None:
    """Print a line, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Run them; whether something was wrong."""
    parser = argparse.ArgumentParser(prog="make siege", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10_000, help="at most, of each campaign")
    parser.add_argument("--only", default="", help="campaigns with this in their name")
    asked = parser.parse_args()
    if not is_possible():
        parser.error("faults at chosen calls take Linux and a C compiler (cc)")
    results = []
    with tempfile.TemporaryDirectory() as name:
        room = Path(name)
        (room / "home").mkdir()
        nursery = Nursery(room / "home")
        for number, campaign in enumerate(CAMPAIGNS):
            if asked.only not in campaign.name:
                continue
            result = carry_out(campaign, nursery, room / str(number), asked.rounds)
            results.append(result)
            say(f"{result.name}: {result.rounds} rounds, {len(result.faults)} faults")
            for fault in result.faults[:10]:
                say(f"    {fault}")
        nursery.close()
    say(f"\n{table(results)}")
    return int(any(result.faults for result in results))


if __name__ == "__main__":
    sys.exit(main())
