"""Recordings are found by what is said in them and by what they sound like, and citations have seconds."""

import os
import signal
import time
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from redis import Redis
from running import Stack
from waiting import wait_until

from omnibus.profiles import Models, profile_named, store_of
from omnibus.settings import load_running
from schemas.envelope import attributes_of
from schemas.index_events import MediaProgressed
from tests.recordings import AMIABLE_HIMSELF, AMIABLE_WOMAN, encoded, noise, silence, speech, tone
from workers.adapters.cache.redis import RedisCache
from workers.adapters.jobs.celery import HEAVY_QUEUE
from workers.domain.recording import SAMPLE_RATE, Samples
from workers.ingest.erase import Eraser
from workers.ingest.listen import Listener
from workers.ingest.notes import NoteBook, kept_under

PATIENCE_S = 180
SHORT, LONG = 60, 200
"""How often a talk repeats a sentence of seven seconds: blocks have two minutes."""


def wav(*parts: Samples) -> bytes:
    return encoded(np.concatenate(parts), "wav", "pcm_s16le", SAMPLE_RATE, layout="mono")


def mp3(*parts: Samples) -> bytes:
    return encoded(np.concatenate(parts), "mp3", "libmp3lame", SAMPLE_RATE, layout="mono")


def talk(repeats: int) -> bytes:
    once = [speech(AMIABLE_WOMAN), silence(1)]
    return encoded(np.concatenate(once * repeats), "flac", "flac", SAMPLE_RATE, layout="mono")


@pytest.fixture(scope="module")
def recordings(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What became of each recording below `recordings/`, by key."""
    files = {
        "recordings/woman.wav": wav(silence(30), speech(AMIABLE_WOMAN), silence(2)),
        "recordings/himself.mp3": mp3(speech(AMIABLE_HIMSELF), silence(3)),
        "recordings/tuning.wav": wav(tone(8)),
        "recordings/shower.wav": wav(noise(8)),
        "recordings/torn.wav": wav(tone(1))[:40],
        "recordings/quiet.wav": wav(silence(4)),
        "recordings/harbour.md": b"# The harbour\n\nThe ferry leaves at nine from the north pier.\n",
    }
    outcomes = stack.upload(tmp_path_factory.mktemp("recordings"), files)
    return {outcome["key"]: outcome for outcome in outcomes}


def test_speech_is_found_by_its_words_and_cites_its_seconds(
    stack: Stack, recordings: dict[str, dict[str, Any]]
) -> None:
    assert recordings["recordings/woman.wav"]["status"] == "indexed"
    question = "Would a more amiable wife have made him respectable?"
    hits = stack.run("search", question, "--prefix", "recordings/", "--json").json["hits"]
    assert (hits[0]["key"], hits[0]["modality"]) == ("recordings/woman.wav", "audio")
    assert "amiable woman" in hits[0]["text"]
    assert 29 <= hits[0]["locator"]["start_s"] < hits[0]["locator"]["end_s"] <= 37


def test_an_answer_quotes_a_recording_and_says_at_which_second(
    stack: Stack, recordings: dict[str, dict[str, Any]]
) -> None:
    assert recordings["recordings/himself.mp3"]["status"] == "indexed"
    asked = ("ask", "What might he even have been made?", "--prefix", "recordings/himself", "--json")
    reply = stack.run(*asked).json
    citation = reply["citations"][0]
    assert (citation["key"], citation["modality"]) == ("recordings/himself.mp3", "audio")
    assert "amiable himself" in citation["quote"]
    assert citation["locator"]["end_s"] <= 4


@pytest.mark.parametrize(("sound", "key"), [("a sine wave", "tuning"), ("white noise", "shower")])
def test_a_sound_is_found_by_its_name(
    stack: Stack, recordings: dict[str, dict[str, Any]], sound: str, key: str
) -> None:
    assert recordings[f"recordings/{key}.wav"]["status"] == "indexed"
    hits = stack.run("search", sound, "--prefix", "recordings/", "--modality", "audio", "--json").json["hits"]
    assert hits[0]["key"] == f"recordings/{key}.wav"
    assert hits[0]["locator"] == {"start_s": 0.0, "end_s": 8.0}


@pytest.mark.parametrize(
    ("key", "reason"), [("torn", "WAV"), ("quiet", "nothing is heard")], ids=["cut off in its header", "silent"]
)
def test_a_recording_that_cannot_be_indexed_is_rejected_with_the_reason(
    recordings: dict[str, dict[str, Any]], key: str, reason: str
) -> None:
    outcome = recordings[f"recordings/{key}.wav"]
    assert outcome["status"] == "rejected"
    assert reason in outcome["reason"]


def begin(stack: Stack, folder: Path, key: str, *, repeats: int) -> None:
    """Upload a talk, and wait until the heavy worker is at it."""
    path = folder / "talk.flac"
    path.write_bytes(talk(repeats))
    stack.s3().fput_object(stack.endpoints["bucket"], key, str(path))
    stack.first("rag.index-events", progress_of(key), PATIENCE_S)


def progress_of(key: str) -> Callable[[Any], bool]:
    def told(record: Any) -> bool:
        if attributes_of(record.headers).get("type") != MediaProgressed.event_type:
            return False
        return MediaProgressed.model_validate_json(record.value).key == key

    return told


def state_of(stack: Stack, key: str) -> dict[str, Any]:
    found: dict[str, Any] = stack.run("status", key, "--json").json
    return found


def test_a_long_talk_holds_no_text_up_and_ends_when_it_is_deleted(stack: Stack, tmp_path: Path) -> None:
    key = "long/deleted.flac"
    begin(stack, tmp_path, key, repeats=LONG)
    assert "listen" in state_of(stack, key)["why"]
    (outcome,) = stack.upload(tmp_path / "notes", {"long/beside.md": b"Written while somebody talks."})
    assert outcome["status"] == "indexed"
    assert state_of(stack, key)["state"] == "on the way"
    stack.s3().remove_object(stack.endpoints["bucket"], key)
    wait_until(lambda: state_of(stack, key)["state"] == "unknown", timeout_s=PATIENCE_S)
    assert key not in stack.held("long/")
    redis = Redis.from_url(load_running(stack.data).redis)
    wait_until(lambda: not redis.llen(HEAVY_QUEUE), timeout_s=PATIENCE_S)


def test_a_killed_worker_goes_on_behind_what_was_noted(stack: Stack, tmp_path: Path) -> None:
    key, settings = "long/killed.flac", load_running(stack.data)
    cache, models = RedisCache(settings.redis), Models(store_of(settings), profile_named(settings.profile))
    heard_with = Listener(models.transcriber(), models.sound(models.text())).models
    notes = partial(NoteBook(cache, Eraser(cache)).read, kept_under(heard_with, sha256(talk(SHORT)).hexdigest()))
    begin(stack, tmp_path, key, repeats=SHORT)
    wait_until(lambda: notes().spoken, timeout_s=PATIENCE_S)
    os.killpg(stack.group_of("ingest-heavy"), signal.SIGKILL)
    killed_at, noted = time.time(), notes()
    fractions = []
    for record in stack.records("rag.index-events", lambda record: record.key.endswith(key.encode()), PATIENCE_S):
        if attributes_of(record.headers)["type"] != MediaProgressed.event_type:
            break
        if record.timestamp > killed_at * 1000:
            fractions.append(MediaProgressed.model_validate_json(record.value).fraction)
    assert state_of(stack, key)["state"] == "indexed"
    seconds = SHORT * (len(speech(AMIABLE_WOMAN)) / SAMPLE_RATE + 1)
    assert fractions
    assert min(fractions) >= round(noted.spoken / SAMPLE_RATE / seconds, 3) - 0.001
    assert notes().utterances[: len(noted.utterances)] == noted.utterances
