"""`make chaos`: the long run. Ends with status 1, and says all that is known, when anything is wrong or late."""

import argparse
import shutil
import signal
import sys
from pathlib import Path
from tempfile import mkdtemp

from chaos.faults import ROLES
from chaos.report import HEAD, by_role, in_words, slow, table
from chaos.run import Order, run


def main() -> int:
    """Run each stack asked for; print what was found."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--stack", choices=[*ROLES, "both"], default="both")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=100, help="SIGKILLs; a freeze comes with every three")
    parser.add_argument("--operations", type=int, default=3000, help="of all clients together")
    parser.add_argument("--rate", type=float, default=4, help="operations a second, at most")
    asked = parser.parse_args()
    # So that the stack is stopped then, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    stacks = list(ROLES) if asked.stack == "both" else [asked.stack]
    return max(_one(Order(stack, asked.seed, asked.kills, asked.operations, asked.rate)) for stack in stacks)


def _one(order: Order) -> int:
    folder = Path(mkdtemp(prefix="omnibus-chaos-"))
    outcome = run(order, folder / "data", _say)
    _say(f"{HEAD}\n{table(outcome)}\n\n{by_role(outcome)}")
    late = slow(outcome)
    if late or outcome.wrong:
        _say(f"{late}\n{in_words(outcome, folder)}")
        return 1
    shutil.rmtree(folder)
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
