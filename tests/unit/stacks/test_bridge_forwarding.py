"""What the bridge does with a report of SeaweedFS. The same with a real SeaweedFS: tests/contract/stacks."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest

from omnibus.stacks.bridge import BridgeServer, Publish, forward
from omnibus.stacks.ports import HOST
from producers.errors import BusUnavailable

TEXT: dict[str, Any] = {"name": "a.txt", "chunks": [{"fid": {"file_key": 1}, "size": 5, "modified_ts_ns": 7}]}


def report(key: str, **message: Any) -> bytes:
    return json.dumps({"key": key, "event_type": "update", "message": message}).encode()


def published(body: bytes) -> list[tuple[str, bytes | None]]:
    """Topic and key of what is published for this report."""
    records: list[tuple[str, bytes | None]] = []
    forward(body, lambda topic, key, _value, _headers: records.append((topic, key)))
    return records


def test_a_new_file_below_a_bucket_is_published_under_bucket_and_key() -> None:
    assert published(report("/buckets/media/x y/a.txt", new_entry=TEXT)) == [("media.events", b"media/x y/a.txt")]


def test_a_rename_is_a_delete_and_an_upload() -> None:
    body = report("/buckets/media/a.txt", old_entry=TEXT, new_entry=TEXT | {"name": "b.txt"})
    moved = json.loads(body)
    moved["message"]["new_parent_path"] = "/buckets/media"
    sent = published(json.dumps(moved).encode())
    assert sent == [("media.events", b"media/a.txt"), ("media.events", b"media/b.txt")]


def test_an_update_that_keeps_the_content_is_left_out() -> None:
    tagged = TEXT | {"extended": {"X-Amz-Tagging-a": "Yg=="}}
    assert published(report("/buckets/media/a.txt", old_entry=TEXT, new_entry=tagged)) == []


def test_the_place_of_a_chunk_may_be_written_in_two_ways() -> None:
    old = TEXT | {"chunks": [TEXT["chunks"][0] | {"file_id": "7,01"}]}
    assert published(report("/buckets/media/a.txt", old_entry=old, new_entry=TEXT)) == []


@pytest.mark.parametrize(
    "entry", [TEXT | {"is_directory": True}, TEXT | {"name": "0001.part"}], ids=["folder", "part of an upload"]
)
def test_what_is_no_object_is_left_out(entry: dict[str, Any]) -> None:
    assert published(report(f"/buckets/media/.uploads/{entry['name']}", new_entry=entry)) == []


def test_a_version_of_an_object_is_published_under_the_objects_key() -> None:
    version = TEXT | {"name": "v_1", "extended": {"Seaweed-X-Amz-Version-Id": "MQ=="}}
    sent = published(report("/buckets/media/a.txt.versions/v_1", new_entry=version))
    assert sent == [("media.events", b"media/a.txt")]


@pytest.mark.parametrize("body", [b"no JSON", b"{}", report("/buckets/media/a", new_entry=TEXT | {"chunks": 1})])
def test_what_cannot_be_understood_is_kept_with_its_bytes_and_the_reason(body: bytes) -> None:
    records: list[Any] = []
    forward(body, lambda *record: records.append(record))
    [(topic, _key, value, headers)] = records
    assert (topic, value) == ("media.events.dlt", body)
    expected = {"dlt_reason", "dlt_stage", "dlt_kind", "dlt_tries", "dlt_first_at", "dlt_last_at"}
    assert expected == {name for name, _ in headers}


def test_a_report_is_acknowledged_once_the_broker_has_it() -> None:
    records: list[Any] = []
    with serving(lambda *record: records.append(record)) as server:
        assert post(server, "token", report("/buckets/media/a.txt", new_entry=TEXT)) == 200
    assert len(records) == 1
    assert not server.lost_report


def test_a_bridge_that_cannot_hand_on_a_report_ends_so_that_someone_looks_for_what_was_lost() -> None:
    def refuse(*_: object) -> None:
        raise BusUnavailable("Kafka does not answer")

    with serving(refuse, until_it_ends=True) as server:
        assert post(server, "token", report("/buckets/media/a.txt", new_entry=TEXT)) == 503
    assert server.lost_report


def test_a_report_without_the_secret_is_refused() -> None:
    records: list[Any] = []
    with serving(lambda *record: records.append(record)) as server:
        assert post(server, "guess", report("/buckets/media/a.txt", new_entry=TEXT)) == 404
    assert records == []


@contextmanager
def serving(publish: Publish, *, until_it_ends: bool = False) -> Iterator[BridgeServer]:
    server = BridgeServer(0, "token", publish, beat=lambda: None)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        if not until_it_ends:
            server.shutdown()
        thread.join()
        server.server_close()


def post(server: BridgeServer, path: str, body: bytes) -> int:
    address = f"http://{HOST}:{server.server_port}/{path}"
    try:
        with urllib.request.urlopen(urllib.request.Request(address, data=body), timeout=10) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
