"""The announcement: what became of each object goes to `rag.index-events`."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from producers.errors import BusUnavailable
from producers.kafka import Publisher
from schemas.index_events import (
    SKIPPED_TOLD,
    ErasureReceipt,
    MediaIndexed,
    MediaProgressed,
    MediaRejected,
    MediaRemoved,
    ObjectVersion,
    SkippedPage,
)
from schemas.topics import INDEX_EVENTS
from workers.domain.change import Change
from workers.domain.media import Version
from workers.errors import ServiceUnavailable
from workers.ingest.erase import Erased


class Announcer:
    """Publishes what becomes of each object. Every method raises `ServiceUnavailable` when the bus does not answer."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    def indexed(
        self,
        change: Change,
        version: Version,
        media_type: str,
        segments: int,
        *,
        unchanged: bool = False,
        skipped: Sequence[tuple[int, str]] = (),
    ) -> None:
        """The object can be found; `skipped`: the pages that could not be read whole, each with the reason."""
        told = [SkippedPage(page=page, reason=reason) for page, reason in skipped[:SKIPPED_TOLD]]
        about = {**_about(change, version), "media_type": media_type, "segments": segments, "skipped": told}
        self._publish(change, MediaIndexed(**about, unchanged=unchanged))

    def removed(self, change: Change, version: Version, erased: Erased) -> None:
        """The object is gone from bucket, index and cache: the receipt."""
        self._publish(change, MediaRemoved(**_about(change, version), erased=ErasureReceipt(**asdict(erased))))

    def rejected(self, change: Change, version: Version, kind: str, reason: str) -> None:
        """The object cannot be indexed."""
        self._publish(change, MediaRejected(**_about(change, version), kind=kind, reason=reason))

    def progressed(self, change: Change, version: Version, stage: str, fraction: float | None) -> None:
        """Heavy work on the object goes on."""
        self._publish(change, MediaProgressed(**_about(change, version), stage=stage, fraction=fraction))

    def _publish(self, change: Change, message: MediaIndexed | MediaRemoved | MediaRejected | MediaProgressed) -> None:
        try:
            self._publisher.publish(
                INDEX_EVENTS.name, message, key=change.ref.name, extensions={"tenant": change.ref.tenant}
            )
        except BusUnavailable as error:
            raise ServiceUnavailable(str(error)) from error


def _about(change: Change, version: Version) -> dict[str, Any]:
    return {
        "bucket": change.ref.bucket,
        "key": change.ref.key,
        "tenant": change.ref.tenant,
        "version": ObjectVersion(etag=version.etag, version_id=version.version_id, sequencer=version.sequencer),
        "seconds": max(0.0, (datetime.now(UTC) - change.at).total_seconds()),
    }
