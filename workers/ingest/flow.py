"""What happens to an object after its notification: the steps, in order, one line each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from workers.domain.change import Change, Outcome, Status
from workers.domain.decoded import Decoded, DecodedDocument, DecodedImage, pixel_bytes, without_pictures, without_pixels
from workers.domain.recording import Recording
from workers.domain.segment import IndexedObject, Segment
from workers.domain.taken import UNKNOWN
from workers.domain.video import Video
from workers.errors import MediaTooLarge, ObjectGone
from workers.ingest.announce import Announcer
from workers.ingest.batch import Batch, HandedOver
from workers.ingest.course import Hearing
from workers.ingest.embed import Embedder
from workers.ingest.erase import Eraser
from workers.ingest.listen import Heard
from workers.ingest.look import ObjectChanged, Sight, look, look_again, records_held
from workers.ingest.read import PictureReader
from workers.ingest.segment import Segmented, segments_of
from workers.ingest.segment_recording import recording_segments
from workers.ingest.segment_video import video_segments
from workers.ingest.watch import Watched
from workers.ports.bucket import Bucket
from workers.ports.decoder import Decoder
from workers.ports.index import Index
from workers.ports.splitter import Splitter

LOOKING = 8
"""Objects that are looked at side by side: a look is a short wait for the bucket."""
HELD_BYTES = 256 * 2**20
"""Pixels that wait for the encoders, before the object that passes this: 256 pictures, or three scanned documents."""


@dataclass(frozen=True, slots=True)
class IngestParts:
    """What the steps work with.

    `max_object_bytes` is the largest object that is fetched; no `reader` reads nothing; without `keep_taken` it is
    forgotten when and where pictures were taken; without `hearing`, recordings and videos are handed over to a worker
    that has one.
    """

    bucket: Bucket
    index: Index
    decoder: Decoder
    hearing: Hearing | None
    sound_space: str
    splitter: Splitter
    reader: PictureReader | None
    embedder: Embedder
    eraser: Eraser
    announcer: Announcer
    max_object_bytes: int
    keep_taken: bool = True


@dataclass(frozen=True, slots=True)
class _Work:
    """One object between the steps."""

    sight: Sight
    decoded: Decoded | Heard | Watched
    segmented: Segmented = field(default_factory=lambda: Segmented(()))

    @property
    def segments(self) -> tuple[Segment, ...]:
        """With their vectors, once they have them."""
        return self.segmented.segments


def index_changes(parts: IngestParts, changes: Sequence[Change]) -> list[Outcome]:
    """Bring the index to what the bucket holds for each of these objects; an outcome per change, in order.

    Idempotent. Raises nothing of ours: what fails is in the outcomes.
    """
    batch = Batch(changes)
    held = batch.together("look", [(c, c) for c in changes], lambda all_: records_held(parts.index, all_))
    seen = batch.each("look", held, lambda one: look(parts.bucket, *one), threads=LOOKING)
    current = _without_settled(parts, batch, seen)
    embedded: list[tuple[Change, _Work]] = []
    while current:
        embedded += _embedded(parts, batch, current)
    confirmed = batch.each("look", embedded, _confirm(parts), threads=LOOKING)
    written = batch.together("write", confirmed, _write(parts))
    announced = batch.each("announce", written, _announce(parts))
    for change, _ in announced:
        batch.finish(change, Status.INDEXED)
    _record_rejections(parts, batch, seen)
    return [batch.outcomes[change] for change in changes]


def _embedded(parts: IngestParts, batch: Batch, current: list[tuple[Change, Sight]]) -> list[tuple[Change, _Work]]:
    """From objects to segments with vectors: as many of `current` as may be held at once, which are taken out of it.

    All of them for the most part, so that encoders see full batches; a few, where documents have many pictures.
    """
    decoded: list[tuple[Change, _Work]] = []
    while current and sum(pixel_bytes(work.decoded) for _, work in decoded) < HELD_BYTES:
        decoded += batch.each("decode", [current.pop(0)], _decode(parts))
    segmented = batch.each("segment", decoded, _segment(parts))
    read = batch.each("read", segmented, _read(parts))
    return batch.together("embed", read, _embed(parts))


def _without_settled(
    parts: IngestParts, batch: Batch, seen: Sequence[tuple[Change, Sight]]
) -> list[tuple[Change, Sight]]:
    """The objects that need indexing; those that are gone, or held already, are settled here."""
    gone = [(change, sight) for change, sight in seen if sight.info is None]
    held = [(change, sight) for change, sight in seen if sight.unchanged]
    for change, _ in batch.each("remove", gone, _remove(parts)):
        batch.finish(change, Status.REMOVED)
    for change, _ in batch.each("announce", held, _announce_held(parts)):
        batch.finish(change, Status.UNCHANGED)
    return [(change, sight) for change, sight in seen if sight.info is not None and not sight.unchanged]


def _remove(parts: IngestParts) -> Callable[[Sight], None]:
    def remove(sight: Sight) -> None:
        # Only the version that was seen: another worker may have indexed a newer one since.
        if sight.held is not None and not parts.index.delete(sight.ref, sight.held.version):
            raise ObjectChanged(f"{sight.ref.name} was indexed anew while it was being removed")
        erased = parts.eraser.erase(sight.ref, sight.held.segments if sight.held else 0)
        if sight.change.removed or sight.held is not None:
            parts.announcer.removed(sight.change, sight.held.version if sight.held else sight.version, erased)
        if not sight.change.removed:
            parts.announcer.rejected(
                sight.change, sight.version, ObjectGone.kind, "the object was gone before it could be indexed"
            )

    return remove


def _announce_held(parts: IngestParts) -> Callable[[Sight], None]:
    def announce(sight: Sight) -> None:
        assert sight.held is not None
        if sight.held.rejected:
            kind, _, reason = sight.held.rejected.partition(": ")
            parts.announcer.rejected(sight.change, sight.version, kind, reason)
        else:
            parts.announcer.indexed(sight.change, sight.version, "", sight.held.segments, unchanged=True)

    return announce


def _decode(parts: IngestParts) -> Callable[[Sight], _Work]:
    """Fetch and decode in one step, object by object: the bytes of a whole batch could be gigabytes.

    A recording is listened to meanwhile, and a video watched, for they are decoded as a stream.
    """

    def decode(sight: Sight) -> _Work:
        if sight.info is not None and sight.info.size > parts.max_object_bytes:
            raise MediaTooLarge(
                f"{sight.ref.key} has {sight.info.size} bytes; at most {parts.max_object_bytes} are read"
            )
        try:
            data = parts.bucket.read(sight.ref, limit=parts.max_object_bytes)
        except ObjectGone as error:
            raise ObjectChanged(f"{sight.ref.name} was removed while it was being indexed") from error
        hearing = parts.hearing
        if hearing is None and parts.decoder.is_heavy(data):
            raise HandedOver("it is left to a worker for recordings and videos")
        decoded = parts.decoder.decode(data, key=sight.ref.key)
        if not isinstance(decoded, Recording | Video):
            return _Work(sight, decoded)
        if hearing is None:
            raise HandedOver("it turned out to be a recording or a video")
        digest = sha256(data).hexdigest()
        del data  # the decoding process has them, and an hour of sound may be 64 MiB
        if isinstance(decoded, Video):
            return _Work(sight, hearing.watch(sight, decoded, digest))
        return _Work(sight, hearing.hear(sight, decoded, digest))

    return decode


def _segment(parts: IngestParts) -> Callable[[_Work], _Work]:
    def segment(work: _Work) -> _Work:
        ref = work.sight.ref
        if isinstance(work.decoded, Heard):
            segments = recording_segments(ref, work.decoded, parts.sound_space)
            return replace(work, segmented=Segmented(segments))
        if isinstance(work.decoded, Watched):
            spaces = parts.embedder.image.space.id, parts.sound_space
            return replace(work, segmented=Segmented(video_segments(ref, work.decoded, *spaces)))
        return replace(work, segmented=segments_of(ref, work.decoded, parts.splitter))

    return segment


def _read(parts: IngestParts) -> Callable[[_Work], _Work]:
    """Beside the segment of a picture, or of a page without text, come those of the words in it."""

    def read(work: _Work) -> _Work:
        ref, segments = work.sight.ref, work.segments
        match work.decoded:
            case DecodedImage() as image if parts.reader is not None:
                segments = (*segments, *parts.reader.segments(ref, segments[0], image))
            case DecodedDocument() as document if parts.reader is not None:
                segments = parts.reader.with_scanned_pages(ref, segments, document)
        return replace(work, segmented=replace(work.segmented, segments=segments))

    return read


def _embed(parts: IngestParts) -> Callable[[Sequence[_Work]], list[_Work]]:
    def embed(works: Sequence[_Work]) -> list[_Work]:
        # Before they are kept: what is kept without a note would outlive the object.
        parts.eraser.note({work.sight.ref: [parts.embedder.kept_under(s) for s in work.segments] for work in works})
        embedded = parts.embedder.embed([work.segmented for work in works])
        done = zip(works, embedded, strict=True)
        return [replace(w, decoded=_unpictured(w.decoded), segmented=Segmented(segments)) for w, segments in done]

    return embed


def _unpictured(decoded: Decoded | Heard | Watched) -> Decoded | Heard | Watched:
    """What the steps after embedding need to know: pictures are let go of as soon as there are vectors of them."""
    match decoded:
        case DecodedImage():
            return without_pixels(decoded)
        case DecodedDocument():
            return without_pictures(decoded)
        case _:
            return decoded


def _confirm(parts: IngestParts) -> Callable[[_Work], _Work]:
    def confirm(work: _Work) -> _Work:
        look_again(parts.bucket, work.sight)
        return work

    return confirm


def _write(parts: IngestParts) -> Callable[[Sequence[_Work]], list[tuple[_Work, bool]]]:
    def write(works: Sequence[_Work]) -> list[tuple[_Work, bool]]:
        return list(zip(works, parts.index.write([_indexed(parts, work) for work in works]), strict=True))

    return write


def _indexed(parts: IngestParts, work: _Work) -> IndexedObject:
    decoded = work.decoded
    taken = decoded.taken if parts.keep_taken and isinstance(decoded, DecodedImage) else UNKNOWN
    return IndexedObject(work.sight.ref, work.sight.version, decoded.media_type, work.segments, taken=taken)


def _announce(parts: IngestParts) -> Callable[[tuple[_Work, bool]], None]:
    def announce(written: tuple[_Work, bool]) -> None:
        work, accepted = written
        if not accepted:
            raise ObjectChanged(f"the index holds a newer version of {work.sight.ref.name}")
        parts.announcer.indexed(
            work.sight.change,
            work.sight.version,
            work.decoded.media_type,
            len(work.segments),
            skipped=_lost_pages(work.decoded),
        )

    return announce


def _lost_pages(decoded: Decoded | Heard | Watched) -> Sequence[tuple[int, str]]:
    """The pages of a document that could not be read whole, each with the reason."""
    return (
        [(page.number, page.lost) for page in decoded.pages if page.lost]
        if isinstance(decoded, DecodedDocument)
        else []
    )


def _record_rejections(parts: IngestParts, batch: Batch, seen: Sequence[tuple[Change, Sight]]) -> None:
    """The index remembers what was refused, so that it is not taken for missing; the sender is told why."""
    rejected = [(c, (s, batch.outcomes[c])) for c, s in seen if batch.outcomes[c].status is Status.REJECTED]

    def record(refused: tuple[Sight, Outcome]) -> None:
        sight, outcome = refused
        note = f"{outcome.kind}: {outcome.reason}"
        parts.index.write([IndexedObject(sight.ref, sight.version, "", rejected=note)])
        parts.announcer.rejected(sight.change, sight.version, outcome.kind, outcome.reason)

    batch.each("reject", rejected, record)
