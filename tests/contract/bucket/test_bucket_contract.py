"""The Bucket port: one suite for S3 and for the fake that unit tests use."""

import hashlib
import io
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from fakes.bucket import DictBucket
from minio import Minio

from omnibus.stacks.endpoints import Endpoints
from producers.s3 import s3_client
from workers.adapters.bucket.s3 import S3Bucket
from workers.domain.media import ObjectRef
from workers.errors import MediaTooLarge, ObjectGone, ServiceUnavailable
from workers.ports.bucket import Bucket

KEYS = ["a", "a b", "a+b", "100%", "%41", "ünï 🎉", "deep/er/still", "#?&=;:@,'\"", "k" * 200]


@dataclass(frozen=True)
class World:
    """A bucket, and how an uploader puts something into it and takes it out."""

    bucket: Bucket
    put: Callable[[ObjectRef, bytes], object]
    remove: Callable[[ObjectRef], object]
    prefix: str

    def ref(self, name: str) -> ObjectRef:
        return ObjectRef("media", self.prefix + name)

    def listed(self, prefix: str = "") -> list[str]:
        found = self.bucket.list("media", self.prefix + prefix)
        return [info.ref.key.removeprefix(self.prefix) for info in found]


@pytest.fixture(params=["embedded", "services", "dict"])
def world(request: pytest.FixtureRequest) -> World:
    prefix = f"{uuid.uuid4().hex}/"
    if request.param == "dict":
        fake = DictBucket()
        return World(fake, fake.put, fake.objects.pop, prefix)
    at: Endpoints = request.getfixturevalue(f"{request.param}_servers")
    client = s3_client(at.s3, at.access_key, at.secret_key)
    return World(
        S3Bucket(client),
        lambda ref, data: client.put_object(ref.bucket, ref.key, io.BytesIO(data), len(data)),
        lambda ref: client.remove_object(ref.bucket, ref.key),
        prefix,
    )


@pytest.fixture
def client(servers: Endpoints) -> Minio:
    return s3_client(servers.s3, servers.access_key, servers.secret_key)


@pytest.mark.parametrize("name", KEYS)
def test_an_object_is_found_under_the_key_that_it_was_put_under(world: World, name: str) -> None:
    world.put(world.ref(name), b"content")
    info = world.bucket.stat(world.ref(name))
    assert info is not None
    assert (info.ref, info.size, info.etag) == (world.ref(name), 7, hashlib.md5(b"content").hexdigest())
    assert abs(datetime.now(UTC) - info.last_modified) < timedelta(minutes=1)
    assert world.bucket.read(world.ref(name), limit=100) == b"content"
    assert world.listed() == [name]


def test_an_object_that_is_not_there_has_no_state(world: World) -> None:
    assert world.bucket.stat(world.ref("never")) is None
    world.put(world.ref("gone"), b"content")
    world.remove(world.ref("gone"))
    assert world.bucket.stat(world.ref("gone")) is None


def test_an_object_that_is_not_there_cannot_be_read(world: World) -> None:
    with pytest.raises(ObjectGone, match="never"):
        world.bucket.read(world.ref("never"), limit=100)


@pytest.mark.parametrize("name", ["../a", "a/../b", "./a", "x" * 1025, " ", "/", "/a//b/", "é" * 300])
def test_a_key_that_no_object_can_have_is_not_there(world: World, name: str) -> None:
    ref = ObjectRef("media", name)
    assert world.bucket.stat(ref) is None
    with pytest.raises(ObjectGone):
        world.bucket.read(ref, limit=100)


def test_an_object_may_be_empty(world: World) -> None:
    world.put(world.ref("empty"), b"")
    info = world.bucket.stat(world.ref("empty"))
    assert info is not None
    assert info.size == 0
    assert world.bucket.read(world.ref("empty"), limit=0) == b""


def test_no_more_is_read_than_the_limit_allows(world: World) -> None:
    world.put(world.ref("ten"), b"0123456789")
    assert world.bucket.read(world.ref("ten"), limit=10) == b"0123456789"
    with pytest.raises(MediaTooLarge, match="more than 9 bytes"):
        world.bucket.read(world.ref("ten"), limit=9)


def test_large_objects_are_read_whole(world: World) -> None:
    data = bytes(range(256)) * 40_000
    world.put(world.ref("large"), data)
    assert world.bucket.read(world.ref("large"), limit=len(data)) == data


def test_an_object_that_was_put_again_is_another_version(world: World) -> None:
    world.put(world.ref("a"), b"one")
    before = world.bucket.stat(world.ref("a"))
    world.put(world.ref("a"), b"two")
    after = world.bucket.stat(world.ref("a"))
    assert before is not None
    assert after is not None
    assert before.etag != after.etag
    assert world.bucket.read(world.ref("a"), limit=100) == b"two"


def test_a_listing_has_what_is_under_the_prefix_at_any_depth(world: World) -> None:
    names = ["a/1", "a/2/3", "a b", "b"]
    for name in names:
        world.put(world.ref(name), b"content")
    assert world.listed() == sorted(names)
    assert world.listed("a/") == ["a/1", "a/2/3"]
    assert world.listed("a") == ["a b", "a/1", "a/2/3"]
    assert world.listed("nothing") == []


ORDERS = ["a b", "a!", "a-b", "a.b", "a/", "a/b", "a/b-c", "a/b.c", "a/bc/d", "a/\U0001f600", "a0", "aé", "b", "~"]
ORDERS += ["é/x", "\ue000/x", "\uffee", "\uffeex", "\U0001f600", "\U0001f600x/y"]


def test_a_listing_is_sorted_by_code_points_whatever_the_folders(world: World) -> None:
    """As UTF-16 sorts, an emoji would come before U+FFEE; folder by folder, `a/b` would come before `a b`."""
    for name in reversed(ORDERS):
        world.put(world.ref(name), b"content")
    assert world.listed() == sorted(ORDERS) == ORDERS


def test_a_listing_tells_the_same_version_as_a_look(world: World) -> None:
    world.put(world.ref("a"), b"content")
    (listed,) = world.bucket.list("media", world.prefix)
    seen = world.bucket.stat(world.ref("a"))
    assert seen is not None
    assert (listed.etag, listed.size) == (seen.etag, seen.size)
    assert listed.last_modified.replace(microsecond=0) == seen.last_modified.replace(microsecond=0)


def test_a_listing_goes_on_beyond_one_page(client: Minio) -> None:
    prefix = f"{uuid.uuid4().hex}/"
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: client.put_object("media", f"{prefix}{n}", io.BytesIO(b"x"), 1), range(1001)))
    found = [info.ref.key for info in S3Bucket(client).list("media", prefix)]
    assert len(found) == len(set(found)) == 1001


@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda bucket: bucket.stat(ObjectRef("media", "a")), id="stat"),
        pytest.param(lambda bucket: bucket.read(ObjectRef("media", "a"), limit=1), id="read"),
        pytest.param(lambda bucket: list(bucket.list("media")), id="list"),
    ],
)
def test_a_store_out_of_reach_is_an_unavailable_service(use: Callable[[Bucket], object]) -> None:
    with pytest.raises(ServiceUnavailable, match="does not answer"):
        use(S3Bucket(s3_client("http://127.0.0.1:1", "a", "b")))


def test_a_store_that_refuses_the_credentials_is_an_unavailable_service(servers: Endpoints) -> None:
    """Not a missing object: an index must not forget everything because of a wrong password."""
    bucket = S3Bucket(s3_client(servers.s3, "wrong", "wrong-secret"))
    with pytest.raises(ServiceUnavailable):
        bucket.stat(ObjectRef("media", "a"))
    with pytest.raises(ServiceUnavailable):
        bucket.read(ObjectRef("media", "a"), limit=1)
    with pytest.raises(ServiceUnavailable):
        list(bucket.list("media"))
