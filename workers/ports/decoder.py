"""The decoder: from the bytes of an object, which are hostile until proven otherwise, to content."""

from typing import Protocol

from workers.domain.decoded import Decoded
from workers.domain.excerpt import Excerpt
from workers.domain.locator import Locator
from workers.domain.recording import Recording
from workers.domain.video import Video


class Decoder(Protocol):
    """Decodes outside this process, with limits on memory, time and output. Not safe to call from several threads."""

    def is_heavy(self, data: bytes) -> bool:
        """Whether the object is a recording, a video or an animation, whose models may take hours, by its bytes."""
        ...

    def decode(
        self, data: bytes, *, key: str, to_read: bool = False, page: int | None = None
    ) -> Decoded | Recording | Video:
        """What the object is, by its content; `key` only helps to tell kinds of text apart (`.md`, `.csv`, `.json`).

        With `to_read` a picture comes large enough for a `TextReader`, otherwise as large as encoders need it. With
        `page` (from 1) that page of a document is decoded as a picture: the same that the document has of it.
        An animation is a `Video` of its distinct frames, or a picture where there is only one.

        A recording or video is decoded while its chunks or parts are gone through, and ends with the next call. When
        its decoding process is killed meanwhile, it raises `ServiceUnavailable`.

        Raises `EmptyMedia`, `UnknownMediaType`, `DamagedMedia` or `MediaTooLarge` (also for memory and time), each
        with one sentence that says what was seen. Content that kills the decoding process is `DamagedMedia` too.
        Raises `NoSuchPlace` where there is no such page.
        """
        ...

    def close(self) -> None:
        """End the decoding process."""
        ...


class Excerpter(Protocol):
    """Cuts the place that a citation leads to out of an object, with the same limits, to be shown to somebody."""

    def excerpt(self, data: bytes, *, key: str, place: Locator) -> Excerpt:
        """What `place` names: seconds of a recording or video, a page, or a box in a page or picture with a margin.

        Of an animation, seconds name the frame that stands there. Pictures and pages come at the resolution of the
        object, recordings at their own rate. Raises `NoSuchPlace`, and what `Decoder.decode` raises.
        """
        ...
