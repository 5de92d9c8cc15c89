"""The Cache port: one suite for Redis and for the fake that unit tests use."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from fakes.cache import DictCache

from omnibus.stacks.endpoints import Endpoints
from workers.adapters.cache.redis import RedisCache
from workers.errors import ServiceUnavailable
from workers.ports.cache import Cache


@pytest.fixture(params=["embedded", "services", "dict"])
def cache(request: pytest.FixtureRequest) -> Cache:
    if request.param == "dict":
        return DictCache()
    endpoints: Endpoints = request.getfixturevalue(f"{request.param}_servers")
    return RedisCache(endpoints.redis)


@pytest.fixture(params=["redis", "dict"])
def away(request: pytest.FixtureRequest) -> Cache:
    """A cache that cannot be reached."""
    if request.param == "redis":
        return RedisCache("redis://127.0.0.1:1/0")
    cache = DictCache()
    cache.away = True
    return cache


@pytest.fixture
def key() -> str:
    return uuid.uuid4().hex


def test_what_was_put_is_there_in_the_order_asked_for(cache: Cache, key: str) -> None:
    cache.put_many({f"{key}:a": b"\x00\xff", f"{key}:b": b""}, ttl_s=60)
    assert list(cache.get_many([f"{key}:b", f"{key}:none", f"{key}:a"])) == [b"", None, b"\x00\xff"]


def test_nothing_may_be_asked_for(cache: Cache) -> None:
    assert list(cache.get_many([])) == []
    cache.put_many({}, ttl_s=60)
    cache.delete([])


def test_what_is_put_again_is_replaced(cache: Cache, key: str) -> None:
    cache.put_many({key: b"old"}, ttl_s=60)
    cache.put_many({key: b"new"}, ttl_s=60)
    assert list(cache.get_many([key])) == [b"new"]


def test_a_value_expires(cache: Cache, key: str, wait_until: Callable[..., object]) -> None:
    cache.put_many({key: b"value"}, ttl_s=1)
    assert list(cache.get_many([key])) == [b"value"]
    wait_until(lambda: list(cache.get_many([key])) == [None])


def test_what_is_put_again_lives_as_long_as_was_said_last(
    cache: Cache, key: str, wait_until: Callable[..., object]
) -> None:
    cache.put_many({key: b"short", f"{key}:other": b"short"}, ttl_s=1)
    cache.put_many({key: b"long"}, ttl_s=60)
    wait_until(lambda: list(cache.get_many([f"{key}:other"])) == [None])
    assert list(cache.get_many([key])) == [b"long"]


def test_a_claim_is_for_one(cache: Cache, key: str) -> None:
    assert cache.claim(key, b"mine", ttl_s=60)
    assert not cache.claim(key, b"theirs", ttl_s=60)
    assert list(cache.get_many([key])) == [b"mine"]


def test_of_many_claims_at_once_one_succeeds(cache: Cache, key: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        claims = list(threads.map(lambda number: cache.claim(key, str(number).encode(), ttl_s=60), range(64)))
    assert claims.count(True) == 1
    assert list(cache.get_many([key])) == [str(claims.index(True)).encode()]


def test_what_was_put_cannot_be_claimed(cache: Cache, key: str) -> None:
    cache.put_many({key: b"value"}, ttl_s=60)
    assert not cache.claim(key, b"mine", ttl_s=60)


def test_a_claim_that_expired_may_be_made_again(cache: Cache, key: str, wait_until: Callable[..., object]) -> None:
    assert cache.claim(key, b"mine", ttl_s=1)
    wait_until(lambda: cache.claim(key, b"theirs", ttl_s=60))
    assert list(cache.get_many([key])) == [b"theirs"]


def test_what_was_forgotten_may_be_claimed(cache: Cache, key: str) -> None:
    cache.put_many({key: b"value", f"{key}:other": b"value"}, ttl_s=60)
    cache.delete([key, f"{key}:never there"])
    assert list(cache.get_many([key, f"{key}:other"])) == [None, b"value"]
    assert cache.claim(key, b"mine", ttl_s=60)


def test_keys_of_any_letters_are_told_apart(cache: Cache, key: str) -> None:
    keys = [f"{key}:{name}" for name in ("a b", "a\tb", "a:b", "ünï 🎉", "*", "")]
    cache.put_many({name: name.encode() for name in keys}, ttl_s=60)
    assert list(cache.get_many(keys)) == [name.encode() for name in keys]


def test_what_is_noted_for_a_name_is_forgotten_with_it(cache: Cache, key: str) -> None:
    a, b, other = (f"{key}:{name}" for name in ("a", "b", "other"))
    cache.put_many({a: b"1", b: b"2", other: b"3"}, ttl_s=60)
    cache.relate({f"{key} one": [a, f"{key}:never there"], f"{key} two": [other]}, ttl_s=60)
    cache.relate({f"{key} one": [b], f"{key} none": []}, ttl_s=60)
    assert set(cache.forget(f"{key} one")) == {a, b}
    assert list(cache.get_many([a, b, other])) == [None, None, b"3"]
    assert list(cache.forget(f"{key} one")) == []
    assert list(cache.forget(f"{key} none")) == []


def test_a_key_may_be_noted_before_it_is_there_and_under_two_names(cache: Cache, key: str) -> None:
    cache.relate({f"{key} one": [key], f"{key} two": [key]}, ttl_s=60)
    cache.put_many({key: b"value"}, ttl_s=60)
    assert list(cache.forget(f"{key} one")) == [key]
    assert list(cache.forget(f"{key} two")) == []


def test_a_note_expires(cache: Cache, key: str, wait_until: Callable[..., object]) -> None:
    cache.put_many({key: b"value"}, ttl_s=60)
    cache.relate({f"{key} name": [key]}, ttl_s=1)
    # Noted later and for as long: when this one is gone, so is the other.
    cache.put_many({f"{key}:clock": b""}, ttl_s=1)
    wait_until(lambda: list(cache.get_many([f"{key}:clock"])) == [None])
    assert list(cache.forget(f"{key} name")) == []
    assert list(cache.get_many([key])) == [b"value"]


def test_a_note_of_something_short_lived_shortens_no_other(
    cache: Cache, key: str, wait_until: Callable[..., object]
) -> None:
    cache.put_many({key: b"value"}, ttl_s=60)
    cache.relate({f"{key} name": [key]}, ttl_s=60)
    cache.relate({f"{key} name": [f"{key}:other"]}, ttl_s=1)
    cache.put_many({f"{key}:clock": b""}, ttl_s=1)
    wait_until(lambda: list(cache.get_many([f"{key}:clock"])) == [None])
    assert list(cache.forget(f"{key} name")) == [key]


@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda cache: cache.get_many(["a"]), id="get"),
        pytest.param(lambda cache: cache.put_many({"a": b""}, ttl_s=1), id="put"),
        pytest.param(lambda cache: cache.claim("a", b"", ttl_s=1), id="claim"),
        pytest.param(lambda cache: cache.delete(["a"]), id="delete"),
        pytest.param(lambda cache: cache.relate({"a": ["b"]}, ttl_s=1), id="relate"),
        pytest.param(lambda cache: cache.forget("a"), id="forget"),
    ],
)
def test_a_cache_out_of_reach_is_an_unavailable_service(away: Cache, use: Callable[[Cache], object]) -> None:
    with pytest.raises(ServiceUnavailable):
        use(away)
