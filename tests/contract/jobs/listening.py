"""Listens to a minute of noise, ten seconds at a time, as a worker does. Runs as a program that the test kills.

After every stretch but the last it waits for the test; how many seconds it listened to is in Redis then.
"""

import os
from collections.abc import Iterator

from fakes.models import LoudnessNamer, Stenographer
from recordings import noise
from redis import Redis

from workers.adapters.cache.redis import RedisCache
from workers.domain.media import ObjectRef
from workers.domain.recording import Recording, Samples
from workers.ingest.erase import Eraser
from workers.ingest.listen import Heard, Listener
from workers.ingest.notes import NoteBook, Notes, kept_under

CHUNKS = 6


def listen(url: str, name: str, *, pausing: bool) -> tuple[Heard, float]:
    """What is heard in the recording, and how many seconds were listened to for it."""
    redis, cache = Redis.from_url(url, socket_timeout=None), RedisCache(url)
    notebook, transcriber = NoteBook(cache, Eraser(cache)), Stenographer(stretch_s=10)
    ref, key = ObjectRef("media", name), kept_under(["stenographer 1"], name)

    def noted(notes: Notes) -> None:
        notebook.write(ref, key, notes)
        if pausing:
            redis.rpush(f"noted:{name}", notes.spoken)
            redis.blpop([f"go on:{name}"], timeout=60)

    listener = Listener(transcriber, LoudnessNamer())
    heard = listener.listen(Recording("audio/mpeg", _minute()), notebook.read(key), noted=noted)
    return heard, transcriber.seconds


def _minute() -> Iterator[Samples]:
    for number in range(CHUNKS):
        yield noise(10, level=0.02 * (number + 1))


if __name__ == "__main__":
    listen(os.environ["LISTENING_REDIS"], os.environ["LISTENING_TO"], pausing=True)
