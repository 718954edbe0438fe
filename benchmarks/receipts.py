"""What wrong receipts cost, by what is wrong with them, and what a report and a mailbox cost; milliseconds.

Run `python -m benchmarks.receipts [--json] [--rounds R]`. The kinds take turns, in another order in each round.
"""

import sys
from pathlib import Path

if not __package__:  # run as a file: the folder of the benchmarks would hide the library's own `http`
    sys.path[0] = str(Path(__file__).parents[1])

import argparse
import asyncio
import json
import random
from contextlib import suppress
from dataclasses import replace
from statistics import quantiles
from time import perf_counter

from mnemonic import Mnemonic
from rich.console import Console
from rich.table import Table

from adapters.http.intake import NewReport
from adapters.settings import Limits
from adapters.system import System
from application.reporters import TooMany, UnknownReceipt
from benchmarks.bench import new_system, own_server

REPORT = NewReport.model_validate({"anonymity": "anonymous", "summary": "What I saw."})
MOST = 1000


def wrongs(words: str) -> dict[str, str]:
    """Words that open nothing, each for another reason."""
    first, *rest = words.split()
    check, words_of_all = Mnemonic("english"), Mnemonic("english").wordlist
    other = next(word for word in words_of_all if word != first and not check.check(" ".join([word, *rest])))
    return {
        "not in the list": " ".join(["zzzz", *rest]),
        "a bad checksum": " ".join([other, *rest]),
        "unknown": check.to_mnemonic(bytes(16)),
        "one word short": " ".join(rest),
    }


async def measured(system: System, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each call, by kind; first of all a few that are not counted."""
    words = await system.intake.receive(REPORT.command())
    kinds = wrongs(words)
    for wrong in kinds.values():
        with suppress(UnknownReceipt):
            await system.mailbox.read(wrong)
    taken: dict[str, list[float]] = {kind: [] for kind in (*kinds, "the right one", "a report")}
    for _ in range(rounds):
        for kind in random.sample(list(taken), len(taken)):
            began = perf_counter()
            with suppress(UnknownReceipt, TooMany):
                if kind == "a report":
                    await system.intake.receive(REPORT.command())
                else:
                    await system.mailbox.read(kinds.get(kind, words))
            taken[kind].append((perf_counter() - began) * 1000)
    return taken


def main() -> None:
    """Measure, and print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=200, help="of each kind; 240 at most, or the limit is measured")
    given = parser.parse_args()
    with own_server() as server:
        system = new_system(server, "receipts")
        limits = Limits(reports_a_minute=MOST, reports_a_day=MOST * MOST, wrong_receipts_a_minute=MOST)
        system.settings = replace(system.settings, limits=limits)
        taken = asyncio.run(measured(system, min(given.rounds, 240)))
        system.close()
    told = {kind: dict(zip(("p25", "p50", "p75"), quantiles(times), strict=True)) for kind, times in taken.items()}
    if given.json:
        print(json.dumps(told, indent=2))
        return
    table = Table("receipt", "p25 ms", "p50 ms", "p75 ms", box=None)
    for kind, found in told.items():
        table.add_row(kind, *(f"{value:.2f}" for value in found.values()))
    Console().print(table)


if __name__ == "__main__":
    main()
