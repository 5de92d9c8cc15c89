"""The bridge of the embedded stack: SeaweedFS reports changes to it, and it publishes them as MinIO would.

A report is acknowledged only when the broker has the notification. SeaweedFS (4.48) sends each report once: what the
bridge cannot take, or does not take because it is not there, is gone (`webhook_queue.go` sets a report aside before
its retries see the error). So a bridge that fails to hand on a report ends, and the dispatcher, which is restarted
whenever the bridge is, looks through the bucket for what it missed.

Before it listens, the bridge makes the topics and buckets that are missing.
"""

import logging
import multiprocessing
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from omnibus.stacks.bridge_settings import BridgeSettings
from omnibus.stacks.errors import StackFailed
from omnibus.stacks.ports import HOST
from omnibus.stacks.seaweed_events import notifications
from producers.errors import BusUnavailable
from producers.kafka import Publisher
from producers.setup.topics import set_up_topics
from schemas.dead_letters import LetterHeader, moment
from schemas.topics import MEDIA_EVENTS

BEAT_S = 1.0
PUBLISH_TIMEOUT_S = 20.0
"""Longer than a busy machine takes, and shorter than SeaweedFS waits for an answer (`servers.WEBHOOK_TIMEOUT_S`)."""
MAX_BODY = 64 * 1024 * 1024
log = logging.getLogger(__name__)

Headers = list[tuple[str, bytes]]
Publish = Callable[[str, bytes | None, bytes, Headers], None]
"""Topic, key, value, headers. Returns when the broker has the record; raises `BusUnavailable`."""


def forward(body: bytes, publish: Publish) -> None:
    """Publish what this report of SeaweedFS calls for.

    A report that cannot be understood goes to the dead letters as it is: nothing that happened in the bucket is lost
    without a trace. Raises `BusUnavailable`.
    """
    try:
        found = notifications(body)
    except ValueError as error:
        log.exception("a report of SeaweedFS cannot be understood: it goes to %s", MEDIA_EVENTS.dead_letters.name)
        publish(MEDIA_EVENTS.dead_letters.name, None, body, _cause(str(error)))
        return
    for notification in found:
        publish(MEDIA_EVENTS.name, notification.key.encode(), notification.to_json(), [])


def _cause(reason: str) -> Headers:
    now = moment(datetime.now(UTC))
    cause = {
        LetterHeader.STAGE: "bridge",
        LetterHeader.KIND: "bad_event",
        LetterHeader.REASON: reason[:500],
        LetterHeader.TRIES: "1",
        LetterHeader.FIRST_AT: now,
        LetterHeader.LAST_AT: now,
    }
    return [(name.value, value.encode()) for name, value in cause.items()]


class BridgeServer(ThreadingHTTPServer):
    """Answers POST /<token>. `beat` is called about once a second while the server accepts requests.

    `serve_forever` returns when a report could not be handed on; `lost_report` says so.
    """

    daemon_threads = True
    lost_report = False

    def __init__(self, port: int, token: str, publish: Publish, beat: Callable[[], None]) -> None:
        self.path = f"/{token}"
        self.publish = publish
        self._beat = beat
        super().__init__((HOST, port), _Request)

    def service_actions(self) -> None:
        """Called by `serve_forever` at every turn."""
        self._beat()


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: BridgeServer
    timeout = 60
    """Seconds that a connection may be silent."""

    def do_POST(self) -> None:
        """Take one report."""
        length = int(self.headers.get("Content-Length") or 0)
        if self.path != self.server.path or length > MAX_BODY:
            self.close_connection = True
            self._answer(HTTPStatus.NOT_FOUND)
            return
        body = self.rfile.read(length)
        try:
            forward(body, self.server.publish)
        except BusUnavailable as error:
            log.error("a report is lost, the bridge ends: %s", error)  # noqa: TRY400 - the trace says no more
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE)
            self.server.lost_report = True
            self.server.shutdown()
        else:
            self._answer(HTTPStatus.OK)

    def _answer(self, status: HTTPStatus) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        """Say nothing of requests that went well; the path holds the secret."""


def prepare(settings: BridgeSettings) -> None:
    """Make topics and buckets, both at once. Raises `StackFailed` and `BusUnavailable`."""
    # In a process of its own, because the S3 client would stay in this one's memory: 12 MB for one use.
    buckets = multiprocessing.get_context("fork").Process(target=_create_buckets, args=(settings,))
    buckets.start()
    set_up_topics(settings.kafka, settings.topics, replication=1)
    buckets.join()
    if buckets.exitcode:
        raise StackFailed(f"cannot make the buckets at {settings.s3}; the log has the reason")


def _create_buckets(settings: BridgeSettings) -> None:
    from producers.s3 import s3_client  # noqa: PLC0415 - it loads the S3 client, see above
    from producers.setup.buckets import set_up_buckets  # noqa: PLC0415 - the same

    set_up_buckets(s3_client(settings.s3, settings.access_key, settings.secret_key), settings.buckets)


def main(config: Path) -> int:
    """Make topics and buckets, then serve. Returns only when a report could not be handed on."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("kafka").setLevel(logging.ERROR)
    settings = BridgeSettings.from_json(config.read_text())
    prepare(settings)
    heartbeat = Path(settings.heartbeat)
    with Publisher(settings.kafka, source="omnibus/bridge", timeout_s=PUBLISH_TIMEOUT_S) as publisher:

        def publish(topic: str, key: bytes | None, value: bytes, headers: Headers) -> None:
            publisher.publish_raw(topic, key=key, value=value, headers=headers)

        server = BridgeServer(settings.port, settings.token, publish, heartbeat.touch)
        # It listens by now; the first turn of the loop would be a second later.
        heartbeat.touch()
        server.serve_forever(poll_interval=BEAT_S)
    return int(server.lost_report)


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
