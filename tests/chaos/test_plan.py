"""The plan: the same seed gives the same run, whatever the machine."""

from collections import Counter
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from chaos.contents import content, question
from chaos.faults import ROLES
from chaos.plan import LANES, Kind, Operation, Volley, operations, volleys
from omnibus.stacks.restarts import RestartPolicy

seeds = st.integers(0, 2**32)
lanes = st.integers(0, LANES - 1)
stacks = st.sampled_from(sorted(ROLES))


def first(seed: int, lane: int, count: int = 300) -> list[Operation]:
    return list(islice(operations(seed, lane), count))


def planned(seed: int, stack: str, kills: int) -> list[Volley]:
    return list(volleys(seed, ROLES[stack], kills))


@given(seeds, lanes)
def test_the_same_seed_gives_the_same_operations(seed: int, lane: int) -> None:
    assert first(seed, lane) == first(seed, lane)


@given(seeds, stacks, st.integers(1, 120))
def test_the_same_seed_gives_the_same_faults(seed: int, stack: str, kills: int) -> None:
    assert planned(seed, stack, kills) == planned(seed, stack, kills)


@given(seeds)
def test_another_seed_or_lane_gives_other_operations(seed: int) -> None:
    assert first(seed, 0) != first(seed + 1, 0)
    assert first(seed, 0) != first(seed, 1)


@given(seeds, lanes)
def test_only_what_is_there_is_overwritten_or_deleted_and_a_key_belongs_to_one_lane(seed: int, lane: int) -> None:
    live: set[str] = set()
    for operation in first(seed, lane):
        if operation.kind in (Kind.OVERWRITE, Kind.DELETE):
            assert operation.key in live
        if operation.kind is Kind.DELETE:
            live.remove(operation.key)
        elif operation.key:
            assert operation.key.startswith(f"chaos/{lane}/")
            live.add(operation.key)


@given(seeds, stacks, st.integers(1, 120))
def test_there_are_as_many_kills_as_asked_for(seed: int, stack: str, kills: int) -> None:
    assert sum(strike.kills for volley in planned(seed, stack, kills) for strike in volley.strikes) == kills


@given(seeds, stacks)
def test_nobody_is_struck_twice_in_a_row_of_half_the_roles(seed: int, stack: str) -> None:
    # Each deck has every role once, so between two of a role there may be none, but never three in two decks.
    struck = [strike.role for volley in planned(seed, stack, 60) for strike in volley.strikes]
    decks = [struck[at : at + len(ROLES[stack])] for at in range(0, len(struck), len(ROLES[stack]))]
    assert all(max(Counter(deck).values()) == 1 for deck in decks)
    assert RestartPolicy().limit >= 2


@given(seeds)
def test_some_thousand_objects_are_left_by_three_thousand_operations(seed: int) -> None:
    live = {
        operation.key: operation.kind is not Kind.DELETE
        for lane in range(LANES)
        for operation in first(seed, lane, 750)
        if operation.key
    }
    assert sum(live.values()) >= 1000


@given(st.sampled_from(["a.txt", "a.png"]), st.integers(0, 2**32 - 1))
def test_contents_come_from_their_number_alone_and_no_two_are_alike(key: str, number: int) -> None:
    assert content(key, number) == content(key, number)
    assert content(key, number) != content(key, (number + 1) % 2**32)
    assert question(number) == question(number)
