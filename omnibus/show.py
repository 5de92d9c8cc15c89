"""What a citation leads to, as a file: the object itself, or the place in it that the citation names."""

import re
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from omnibus.citation import read, written
from omnibus.settings import Settings
from producers.s3 import s3_client
from schemas.answers import Locator
from workers.adapters.bucket.s3 import S3Bucket
from workers.domain.media import ObjectRef
from workers.errors import NoSuchPlace, ObjectGone

CONTEXT = 400
"""Characters of a text that are shown before and after those that are cited."""
BROKEN_WORD = 30
"""Characters of a word cut in two that are left out; where text is longer without a space, it has no such words."""
NAME_BYTES = 180
"""Of the object's name, in that of the file: most file systems take 255 bytes, and the place takes some of them."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The content of the file to be written, a name for it, and of a text the characters that are cited."""

    key: str
    place: Locator
    name: str
    data: bytes = field(repr=False)
    quote: str | None = None


def show(settings: Settings, citation: str) -> Shown:
    """Fetch the object, and cut out of it what the citation names.

    Raises `ValueError` for a place that there cannot be, `ObjectGone`, `NoSuchPlace`, what decoding raises,
    `ServiceUnavailable`, and `ModuleNotFoundError` where a place is to be decoded without the packages for that.
    """
    key, place = read(citation)
    bucket = S3Bucket(s3_client(settings.s3, settings.access_key, settings.secret_key))
    try:
        data = bucket.read(ObjectRef(settings.bucket, key), limit=settings.max_object_bytes)
    except ObjectGone as error:
        hint = "it was removed, or the citation is not whole: put it between single quotes"
        raise ObjectGone(f"there is no {key} in the bucket {settings.bucket} ({hint})") from error
    if place == Locator():
        return Shown(key, place, file_name(key, place, ""), data)
    if place.chars is not None:
        return _text(key, place, data)
    return _part(key, place, data)


def _part(key: str, place: Locator, data: bytes) -> Shown:
    from workers.adapters.decoders.files import file_of  # noqa: PLC0415 - the light client has no numpy
    from workers.adapters.decoders.limits import DecodeLimits  # noqa: PLC0415 - the same
    from workers.adapters.decoders.sandbox import SandboxedDecoder  # noqa: PLC0415 - the same
    from workers.domain.locator import Locator as Place  # noqa: PLC0415 - the same

    with closing(SandboxedDecoder(DecodeLimits())) as decoder:
        excerpt = decoder.excerpt(data, key=key, place=Place(**place.model_dump()))
    suffix, content = file_of(excerpt)
    return Shown(key, place, file_name(key, place, suffix), content)


def _text(key: str, place: Locator, data: bytes) -> Shown:
    from workers.adapters.decoders.limits import DecodeLimits  # noqa: PLC0415 - as above
    from workers.adapters.decoders.sandbox import SandboxedDecoder  # noqa: PLC0415 - as above
    from workers.domain.decoded import DecodedText  # noqa: PLC0415 - as above

    with closing(SandboxedDecoder(DecodeLimits())) as decoder:
        decoded = decoder.decode(data, key=key)
    if not isinstance(decoded, DecodedText):
        raise NoSuchPlace(f"{key} is no text, so there are no characters {written('', place)} in it")
    assert place.chars is not None
    start, end = place.chars
    if end > len(decoded.text):
        raise NoSuchPlace(f"{key} has {len(decoded.text):,} characters; it was changed since it was cited")
    content = in_context(decoded.text, start, end)
    return Shown(key, place, file_name(key, place, ".txt"), content.encode(), decoded.text[start:end])


def in_context(text: str, start: int, end: int) -> str:
    """The characters from `start` to `end` between `>>>` and `<<<`, with what is around them: whole words, if any."""
    first, last = max(0, start - CONTEXT), min(len(text), end + CONTEXT)
    before, after = text[first:start], text[end:last]
    if first > 0:
        before = "..." + re.sub(rf"\A\S{{0,{BROKEN_WORD}}}(?=\s)", "", before)
    if last < len(text):
        after = re.sub(rf"(?<=\s)\S{{0,{BROKEN_WORD}}}\Z", "", after) + "..."
    return f"{before}>>>{text[start:end]}<<<{after}\n"


def file_name(key: str, place: Locator, suffix: str) -> str:
    """A name made of the last part of the key and the place, of letters that any file system takes."""
    letters = re.sub(r"[^\w.-]+", "_", PurePosixPath(key).name)
    plain = letters.encode()[-NAME_BYTES:].decode(errors="ignore").lstrip(".-") or "object"
    if place == Locator():
        return plain
    at = re.sub(r"[^\w.]+", "-", written("", place).replace("percent:", ""))
    return (plain.rpartition(".")[0] or plain) + at + suffix


def save(shown: Shown, out: str | None) -> Path:
    """Write the file: into `out`, or where that is a folder, or None for the working directory, under its own name.

    What ends with a slash is a folder, and made. Nothing is written over: raises `FileExistsError` where there is
    another file of that name. Raises `OSError`, and leaves no part of a file behind.
    """
    path = Path(out or ".")
    if out and out.endswith("/"):
        path.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        path /= shown.name
    try:
        file = path.open("xb")
    except FileExistsError:
        if path.is_file() and path.read_bytes() == shown.data:
            return path
        raise FileExistsError(f"{path} is there already; name another file with --out") from None
    try:
        with file:
            file.write(shown.data)
    except BaseException:
        path.unlink()
        raise
    return path
