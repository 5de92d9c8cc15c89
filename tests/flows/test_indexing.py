"""Upload-triggered indexing: what lands in the bucket is found, what leaves it is not, what is bad is refused."""

import io
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from media.pdf_writer import Page, lines, pdf
from PIL import Image
from running import Stack

PHOTOS = Path(__file__).parents[2] / "examples" / "media"


def picture(colour: str, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 240), colour).save(out, kind)
    return out.getvalue()


def test_an_uploaded_text_is_found_by_its_meaning(stack: Stack, tmp_path: Path) -> None:
    outcomes = stack.upload(tmp_path, {"meaning/note.txt": b"The lighthouse keeper feeds the seals every morning."})
    assert [(o["key"], o["status"]) for o in outcomes] == [("meaning/note.txt", "indexed")]
    assert stack.search("who looks after the marine animals?", "--prefix", "meaning/") == ["meaning/note.txt"]


def test_an_uploaded_photo_is_found_in_words(stack: Stack, tmp_path: Path) -> None:
    photos = {f"photos/{p.name}": p.read_bytes() for p in (PHOTOS / "photos").iterdir()}
    assert {o["status"] for o in stack.upload(tmp_path, photos)} == {"indexed"}
    found = stack.run("search", "an animal", "--prefix", "photos/", "--modality", "image", "--json").json["hits"]
    assert {hit["key"] for hit in found} == set(photos)
    assert {hit["modality"] for hit in found} == {"image"}


def test_an_uploaded_pdf_is_found_by_its_page_and_says_which_page_was_lost(stack: Stack, tmp_path: Path) -> None:
    handbook = pdf(
        [
            Page(lines(60, 80, ["Visitors buy their tickets at the gate.", "Children under six pay nothing."])),
            Page(lines(60, 80, ["The harbour bell is rung at noon,", "and also whenever there is fog."])),
            Page(raw=b"null"),
        ],
        outline=[(0, "Tickets", 1), (0, "Signals of the harbour", 2)],
    )
    (outcome,) = stack.upload(tmp_path, {"pdf/handbook.pdf": handbook})
    assert (outcome["status"], [lost["page"] for lost in outcome["skipped"]]) == ("indexed", [3])
    done = stack.run("search", "when do they ring in bad weather?", "--prefix", "pdf/", "--modality", "text", "--json")
    first = done.json["hits"][0]
    assert (first["key"], first["locator"]["page"]) == ("pdf/handbook.pdf", 2)
    assert first["text"].endswith("The harbour bell is rung at noon, and also whenever there is fog.")
    x0, y0, x1, y1 = first["locator"]["box"]
    assert x0 == pytest.approx(0.1, abs=0.02)
    assert y0 < 0.1 < y1 < 0.14
    assert x0 < x1 < 0.5
    assert "pdf/handbook.pdf, page 2" in stack.run("search", "harbour bell", "--prefix", "pdf/").out


def test_an_update_replaces_what_was_there(stack: Stack, tmp_path: Path) -> None:
    """ragflow#13708: changed files are never indexed again."""
    stack.upload(tmp_path, {"update/a.txt": b"The ferry to the island leaves at nine."})
    stack.upload(tmp_path, {"update/a.txt": b"Apple trees are pruned in late winter."})
    hits = stack.run("search", "ferry departure", "--prefix", "update/", "--json").json["hits"]
    assert [hit["text"] for hit in hits] == ["Apple trees are pruned in late winter."]


def test_a_deleted_object_is_not_found_any_more(
    stack: Stack, tmp_path: Path, wait_until: Callable[..., object]
) -> None:
    """ragflow#11460 and onyx#5013: objects that were deleted in S3 stay searchable."""
    stack.upload(tmp_path, {"delete/a.txt": b"A recipe for rhubarb cake with almonds."})
    assert stack.search("rhubarb", "--prefix", "delete/") == ["delete/a.txt"]
    stack.s3().remove_object(stack.endpoints["bucket"], "delete/a.txt")
    wait_until(lambda: stack.search("rhubarb", "--prefix", "delete/") == [])


def test_the_same_bytes_again_are_known_to_be_there(stack: Stack, tmp_path: Path) -> None:
    content = {"again/a.txt": b"Herons nest in the old willow by the weir."}
    stack.upload(tmp_path, content)
    assert [o["status"] for o in stack.upload(tmp_path, content)] == ["indexed"]
    event = stack.first("rag.index-events", lambda r: b"again/a.txt" in r.key and json.loads(r.value)["unchanged"])
    assert json.loads(event.value)["segments"] == 1


@pytest.mark.parametrize(
    "key",
    [
        "keys/with spaces.txt",
        "keys/a+b.txt",
        "keys/100%.txt",
        "keys/%2B.txt",
        "keys/\N{OTTER}.txt",
        "keys/" + "n/" * 200 + "e.txt",
    ],
    ids=["space", "plus", "percent", "escaped", "emoji", "long"],
)
def test_a_key_may_hold_any_character(stack: Stack, tmp_path: Path, key: str) -> None:
    word = f"zebra{random.Random(key).randrange(10**9)}"
    outcomes = stack.upload(tmp_path, {key: f"The password is {word}.".encode()})
    assert [(o["key"], o["status"]) for o in outcomes] == [(key, "indexed")]
    assert stack.search(word, "--prefix", "keys/")[0] == key


BAD = {
    "bad/not-a-picture.jpg": (b"\x7fELF\x02\x01\x01" + bytes(200), "unknown_media_type"),
    "bad/truncated.jpg": (picture("red", "JPEG")[:400], "damaged_media"),
    "bad/truncated.png": (picture("blue")[:60], "damaged_media"),
    "bad/empty.txt": (b"", "empty_media"),
    "bad/blank.txt": (b" \n\t\n", "empty_media"),
    "bad/bytes.txt": (bytes(range(256)) * 20, "unknown_media_type"),
    "bad/not-json.json": (b'{"name": "otter", ', "damaged_media"),
}


def test_what_cannot_be_indexed_is_refused_with_a_reason_and_kept(stack: Stack, tmp_path: Path) -> None:
    outcomes = stack.upload(tmp_path, {key: content for key, (content, _) in BAD.items()})
    assert {o["key"]: o["status"] for o in outcomes} == dict.fromkeys(BAD, "rejected")
    assert all(o["reason"] for o in outcomes)
    for key, (_, kind) in BAD.items():
        dead = stack.first("media.events.dlt", lambda r, key=key: key.encode() in (r.key or b""))
        headers = dict(dead.headers)
        assert (key, headers["dlt_kind"].decode()) == (key, kind)
        assert headers["dlt_reason"]
        assert json.loads(dead.value)["Records"][0]["s3"]["object"]["key"]


def test_a_refused_object_that_is_mended_is_indexed(stack: Stack, tmp_path: Path) -> None:
    assert stack.upload(tmp_path, {"mend/a.png": picture("green")[:50]})[0]["status"] == "rejected"
    assert stack.upload(tmp_path, {"mend/a.png": picture("green")})[0]["status"] == "indexed"


def test_an_event_that_is_no_json_is_kept_and_the_next_one_is_worked_on(stack: Stack, tmp_path: Path) -> None:
    sent = [b"no json at all", b"{}", b'{"Records": []}', b"\xff\xfe", b"[" * 5000]
    for value in sent:
        stack.send("media.events", value, key=b"media/hostile")
    for value in sent:
        # By its key, too: other tests send such records as well.
        dead = stack.first("media.events.dlt", lambda r, v=value: (r.key, r.value) == (b"media/hostile", v))
        assert dict(dead.headers)["dlt_kind"] == b"bad_event"
    assert stack.upload(tmp_path, {"hostile/after.txt": b"Still alive."})[0]["status"] == "indexed"


def test_an_event_for_an_object_that_is_gone_is_answered(stack: Stack) -> None:
    record = {
        "eventVersion": "2.0",
        "eventName": "s3:ObjectCreated:Put",
        "s3": {
            "bucket": {"name": "media"},
            "object": {"key": "gone/never+was.txt", "eTag": "0" * 32, "sequencer": "18A0000000000000", "size": 3},
        },
    }
    stack.send("media.events", json.dumps({"Records": [record]}).encode(), key=b"media/gone/never was.txt")
    event = stack.first("rag.index-events", lambda r: r.key == b"media/gone/never was.txt")
    assert json.loads(event.value)["kind"] == "object_gone"


def test_hundreds_of_objects_arrive_each_once(stack: Stack, tmp_path: Path) -> None:
    """Verba#365: a bulk import crashes near 100 documents."""
    files = {f"many/{n:03}.txt": f"Entry number {n} of the logbook, about buoy {n * 7}.".encode() for n in range(200)}
    outcomes = stack.upload(tmp_path, files)
    assert {o["key"]: o["status"] for o in outcomes} == dict.fromkeys(files, "indexed")
    keys = [
        hit["key"]
        for hit in stack.run("search", "logbook entry about a buoy", "--prefix", "many/", "-k", "100", "--json").json[
            "hits"
        ]
    ]
    assert len(keys) == len(set(keys)) == 100
