"""The plan: from a seed to operations and faults. Pure: the same seed gives the same plan on any machine.

What a machine adds is only when: each volley of faults strikes into its share of the operations, once the stack has
recovered from the volley before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

LANES = 4
"""Clients side by side. A key belongs to one of them, so that its operations have an order."""
AWKWARD = ("", "", "", " (1)", "+b%20c", "-Größe", "#?&=")
"""What some keys have before their ending: none may be lost on its way through URLs, events and conditions."""


class Kind(StrEnum):
    """What a client does."""

    PUT = "put"
    OVERWRITE = "overwrite"
    DELETE = "delete"
    ASK = "ask"
    GENERATE = "generate"


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that a client does. `content` is the seed of the bytes, or of the words of a question.

    `at_once`: without a pause after the one before, so that versions of a key follow each other within milliseconds.
    """

    kind: Kind
    key: str
    content: int
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault: SIGKILL, or SIGSTOP for `frozen_s` seconds; `after_s` seconds after the one before it."""

    role: str
    frozen_s: float
    after_s: float

    @property
    def kills(self) -> bool:
        """Whether the process dies of it."""
        return self.frozen_s == 0


@dataclass(frozen=True, slots=True)
class Volley:
    """Faults that strike together, `pause_s` seconds after the stack has recovered from the last volley."""

    pause_s: float
    strikes: tuple[Strike, ...]


def operations(seed: int, lane: int) -> Iterator[Operation]:
    """What the client of this lane does, without end."""
    return _Lane(Random(f"operations {seed} {lane}"), lane).operations()


def volleys(seed: int, roles: Sequence[str], kills: int) -> Iterator[Volley]:
    """Volleys of one to three faults, with `kills` kills in all, and a freeze for every three of them.

    Roles are dealt from a shuffled deck, so that all are struck, and none so often within a minute that the supervisor
    would rightly give it up (`omnibus.stacks.restarts`).
    """
    random = Random(f"volleys {seed} {' '.join(roles)}")
    deck = _deck(random, roles)
    left = kills
    while left > 0:
        strikes: list[Strike] = []
        for _ in range(random.choice((1, 1, 1, 2, 3))):
            frozen_s = round(random.uniform(1, 8), 1) if random.random() < 0.25 else 0.0
            left -= frozen_s == 0
            strikes.append(Strike(next(deck), frozen_s, round(random.uniform(0, 2), 2) if strikes else 0.0))
            if left == 0:
                break
        yield Volley(round(random.uniform(0.2, 2), 2), tuple(strikes))


def _deck(random: Random, roles: Sequence[str]) -> Iterator[str]:
    while True:
        yield from random.sample(roles, len(roles))


class _Lane:
    """Knows which of its keys hold an object, so that it overwrites and deletes what is there."""

    def __init__(self, random: Random, lane: int) -> None:
        self._random = random
        self._lane = lane
        self._made = 0
        self._live: list[str] = []
        self._deleted: list[str] = []

    def operations(self) -> Iterator[Operation]:
        while True:
            yield from self._next()

    def _next(self) -> Iterator[Operation]:
        random = self._random
        dice = random.random()
        if dice < 0.10:
            # A generated answer takes a core for seconds: enough of them to be hit, too few to be the load.
            yield Operation(Kind.GENERATE if random.random() < 0.06 else Kind.ASK, "", random.getrandbits(32))
        elif dice < 0.30 and self._live:
            yield self._write(Kind.OVERWRITE, random.choice(self._live))
        elif dice < 0.36 and self._live:
            key = random.choice(self._live)
            for number in range(3):
                yield self._write(Kind.OVERWRITE, key, at_once=number > 0)
        elif dice < 0.46 and self._live:
            yield self._delete()
        elif dice < 0.50 and self._deleted:
            key = self._deleted.pop(random.randrange(len(self._deleted)))
            self._live.append(key)
            yield self._write(Kind.PUT, key)
        else:
            key = self._new_key()
            self._live.append(key)
            yield self._write(Kind.PUT, key)

    def _write(self, kind: Kind, key: str, *, at_once: bool = False) -> Operation:
        return Operation(kind, key, self._random.getrandbits(32), at_once)

    def _delete(self) -> Operation:
        key = self._live.pop(self._random.randrange(len(self._live)))
        self._deleted.append(key)
        # Now and then in the very moment after the last write.
        return Operation(Kind.DELETE, key, 0, at_once=self._random.random() < 0.3)

    def _new_key(self) -> str:
        self._made += 1
        ending = ".png" if self._random.random() < 0.15 else ".txt"
        return f"chaos/{self._lane}/{self._made:05}{self._random.choice(AWKWARD)}{ending}"
