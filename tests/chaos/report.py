"""The report of a run: rows for docs/reliability.md, and all that is known of what went wrong."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from chaos.judge import Fault, Wrong
from chaos.run import Outcome

SHOWN = 5
"""Objects whose whole history is printed."""


def table(outcome: Outcome) -> str:
    """The run as rows of two Markdown tables: what was found, and how long recovery took."""
    order, found = outcome.order, Counter(each.fault for each in outcome.wrong)
    ledger, frozen = outcome.ledger, len(outcome.struck) - outcome.kills
    mended = sum(outcome.mended.values()) if outcome.mended else "–"
    cells = [
        order.stack, order.seed, outcome.objects, ledger.operations, f"{outcome.kills} + {frozen}",
        *(found[fault] for fault in (Fault.MISSING, Fault.STALE, Fault.ORPHAN, Fault.DUPLICATE)),
        found[Fault.CONTENT] + found[Fault.REJECTED], len(ledger.questions),
        found[Fault.UNANSWERED] + found[Fault.ANSWERED_TWICE], outcome.copies, len(ledger.abandoned),
        found[Fault.DEAD_LETTER], mended,
        *_times([each.seconds for each in outcome.recoveries]), f"{outcome.seconds / 60:.0f} min",
    ]  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"


COLUMNS = (
    *("stack", "seed", "objects", "operations", "kills + freezes"),
    *("missing", "stale", "orphans", "duplicate segments", "other segments", "questions", "not answered once"),
    *("copies", "asked anew", "dead letters", "mended at the end", "recovery p95", "max", "took"),
)
HEAD = f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|"


def by_role(outcome: Outcome) -> str:
    """A row per role: how often it was killed and frozen, and how long recovery took."""
    roles = sorted({struck.strike.role for struck in outcome.struck})
    lines = ["| struck | kills | freezes | recovery p95 | max |", "|---|---|---|---|---|"]
    for role in roles:
        own = [struck for struck in outcome.struck if struck.strike.role == role]
        kills = sum(struck.strike.kills for struck in own)
        seconds = [r.seconds for r in outcome.recoveries if any(s.strike.role == role for s in r.struck)]
        lines.append("| " + " | ".join(map(str, (role, kills, len(own) - kills, *_times(seconds)))) + " |")
    return "\n".join(lines)


def in_words(outcome: Outcome, logs: Path) -> str:
    """What went wrong: the seed, the last faults, and the history of the first wrong objects."""
    return "\n".join(_lines(outcome, logs))


def _lines(outcome: Outcome, logs: Path) -> Iterator[str]:
    order = outcome.order
    found = Counter(each.fault for each in outcome.wrong)
    yield f"{order.stack}, seed {order.seed}: " + ", ".join(f"{n} {fault}" for fault, n in found.items())
    yield f"logs and data of the stack: {logs}"
    yield "the last faults:"
    yield from (f"  {struck}" for struck in outcome.struck[-5:])
    for wrong in _first_of_each(outcome.wrong):
        yield f"{wrong.fault}: {wrong.about}: {wrong.detail}"
        yield from (f"  {line}" for line in outcome.history(wrong.about))


def slow(outcome: Outcome) -> str:
    """What was done last after each volley that took longer than it may, with its history."""
    return "\n".join(_slow_lines(outcome))


def _slow_lines(outcome: Outcome) -> Iterator[str]:
    for recovered in outcome.recoveries:
        if recovered.seconds > outcome.order.bound_s:
            yield f"slow: {recovered}; it waited for {recovered.waited_for}"
            for about in recovered.slow[:2]:
                yield from (f"  {line}" for line in (about, *outcome.history(about)))


def _first_of_each(wrong: Sequence[Wrong]) -> Iterator[Wrong]:
    shown: Counter[Fault] = Counter()
    for each in wrong:
        shown[each.fault] += 1
        if shown[each.fault] <= SHOWN:
            yield each


def _times(seconds: Sequence[float]) -> tuple[str, str]:
    """The 95th percentile (nearest rank) and the maximum."""
    if not seconds:
        return "–", "–"
    ordered = sorted(seconds)
    return f"{ordered[max(0, -(-len(ordered) * 95 // 100) - 1)]:.1f} s", f"{ordered[-1]:.1f} s"
