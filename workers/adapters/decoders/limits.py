"""How much one object may cost while it is decoded."""

import json
from dataclasses import asdict, dataclass
from typing import Self

OBJECT_SHARE = 8
"""An object may hold one part in this many of the memory limit: its decoded form and the work on it need the rest."""


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """Limits of the decoding process; what passes one of them is `MediaTooLarge`."""

    max_pixels: int = 100_000_000
    """Width times height of a picture, checked on its header, before anything is allocated.

    Frames of an animation for which more pixels in all would have to be decoded are not waited for.
    """

    picture_side: int = 640
    """Longest side, in pixels, of the picture that is returned; larger ones are scaled down, smaller ones stay."""

    reading_side: int = 1600
    """The same of a picture that is to be read: a page of A4 has 137 dots an inch then (docs/decisions/014)."""

    excerpt_side: int = 8_000
    """The same of a picture or page that is shown to somebody, before the part that matters is cut out."""

    max_clip_s: float = 600.0
    """Seconds of a recording or video that are cut out to be heard or seen: 115 MB of sound."""

    max_text_chars: int = 20_000_000
    """Characters of a text, both as it is read and after its structure was written out in lines."""

    max_pages: int = 5_000
    """Pages of a document."""

    max_pictures: int = 100
    """Pictures of one document, pages and figures together: 64 MB of pixels for A4. The pages after that have none."""

    page_figures: int = 6
    """Figures of one page; the largest are taken."""

    max_archive_entries: int = 10_000
    """Files in an archive (DOCX, PPTX, XLSX, EPUB, ODF)."""

    max_unpacked_bytes: int = 128 * 2**20
    """Bytes that are unpacked from one archive in all; pictures and embedded files in it are not unpacked."""

    max_unpack_ratio: int = 200
    """How many times its own size an archive may unpack to, from 16 MiB on: documents reach about 50, bombs 1,000."""
    max_recording_s: int = 6 * 3600
    """Seconds of a recording or a video, counted in what was decoded. An animation ends there."""

    max_frame_pixels: int = 36_000_000
    """Width times height of a video, as it declares it and of every frame: a decoder keeps a dozen and more of them."""

    max_frames: int = 2_000_000
    """Frames of a video that are decoded: 6 hours of 60 a second have 1.3 million."""

    max_sample_rate: int = 384_000
    """Samples a second of a recording, as it declares them."""

    max_streams: int = 32
    """Streams (pictures, sound, covers, subtitles) of a recording or a video."""

    timeout_s: float = 30.0
    """Seconds that one object, or ten of a recording or video, may take, by the clock and of processor time."""

    memory_bytes: int = 2 * 1024**3
    """Address space of the decoding process (RLIMIT_AS). A picture of `max_pixels` with transparency needs 1.2 GB."""

    @property
    def max_reply(self) -> int:
        """The largest decoded object, in bytes: the pixels of all its pictures, and its text in UTF-8."""
        shown = self.picture_side**2 * max(1, self.max_pictures) + self.reading_side**2
        return max(3 * shown + 4 * self.max_text_chars, 3 * self.excerpt_side**2)

    @property
    def max_part(self) -> int:
        """The largest part of a recording or video, in bytes: a shot with both its pictures."""
        return 3 * (self.picture_side**2 + self.reading_side**2)

    @property
    def max_parts(self) -> int:
        """Parts of one recording or video: a sign of life each 50 frames, and four for every second."""
        return self.max_frames // 50 + 4 * self.max_recording_s

    @property
    def max_bytes(self) -> int:
        """The largest object that is handed to the decoding process at all, in bytes."""
        return self.memory_bytes // OBJECT_SHARE

    def to_json(self) -> str:
        """As one argument of a command line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The inverse of `to_json`."""
        return cls(**json.loads(text))
