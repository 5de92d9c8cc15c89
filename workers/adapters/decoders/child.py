"""The decoding process: one request after another from standard input, until that closes.

It is started as `python -m workers.adapters.decoders.child LIMITS PARENT`, with the limits as JSON and the process id
of its parent. It answers with frames on standard output; the first one, empty, says that it is ready. A request is
answered with one frame, or with several, of which all but the last say `more`.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO

from workers.adapters.decoders.confinement import allow_processor_time, confine, die_with_parent
from workers.adapters.decoders.content import decode
from workers.adapters.decoders.excerpts import excerpt
from workers.adapters.decoders.frames import read_frame, write_frame
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.packing import Packed, pack, pack_part
from workers.adapters.decoders.pdf import whole_page
from workers.adapters.decoders.pictures import load_codecs
from workers.adapters.decoders.results import Clip, Part, Reel, Result
from workers.adapters.decoders.scans import is_tiff, tiff_page
from workers.errors import DamagedMedia, MediaTooLarge, NoSuchPlace, OmnibusError, Permanent

MESSAGE_CHARS = 500
"""A message is one sentence; content can make a codec's message longer than that."""


def main(arguments: list[str]) -> None:
    """Confine this process, say so, and serve."""
    limits, parent = DecodeLimits.from_json(arguments[0]), int(arguments[1])
    die_with_parent(parent)
    load_codecs()
    confine(limits)
    requests, replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    write_frame(replies, {})
    _silence()
    serve(requests, replies, limits)


def serve(requests: BinaryIO, replies: BinaryIO, limits: DecodeLimits) -> None:
    """Answer every request with a result or an error, until the stream of requests ends."""
    while (frame := read_frame(requests, max_payload=limits.max_bytes)) is not None:
        header, data = frame
        allow_processor_time(limits.timeout_s)
        for reply, parts in _answer(data, header, limits):
            write_frame(replies, reply, *parts)
            allow_processor_time(limits.timeout_s)


def _answer(data: bytes, request: dict[str, Any], limits: DecodeLimits) -> Iterator[Packed]:
    """The frames of a reply: one, or for a recording or video one for each part of it and an empty one at its end."""
    side = limits.reading_side if request.get("to_read") else limits.picture_side
    sized = replace(limits, picture_side=side)
    try:
        result = _result(data, request, sized)
        if isinstance(result, Iterator):
            for part in result:
                yield pack_part(part)
            yield {}, ()
        else:
            yield pack(result, sized)
    except (Permanent, NoSuchPlace) as error:
        yield _refusal(error)
    except MemoryError:
        yield _refusal(MediaTooLarge(f"decoding needs more than {limits.memory_bytes // 2**20} MiB of memory"))
    except Exception as error:  # noqa: BLE001 - damaged content makes codecs raise anything; the sender is told
        yield _refusal(DamagedMedia(f"cannot be decoded: {type(error).__name__}: {error}"))


def _result(data: bytes, request: dict[str, Any], limits: DecodeLimits) -> Result | Clip | Reel | Iterator[Part]:
    """What is asked for: the place of a citation, a page, or the object."""
    if "place" in request:
        return excerpt(data, request["key"], request["place"], limits)
    if request["page"] is not None:
        page = tiff_page if is_tiff(data) else whole_page
        return page(data, request["page"], limits)
    return decode(data, request["key"], limits)


def _refusal(error: OmnibusError) -> Packed:
    return {"error": error.kind, "message": error.message[:MESSAGE_CHARS]}, ()


def _silence() -> None:
    """Send what C libraries print nowhere: standard output carries frames, and nobody reads standard error any more."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)


if __name__ == "__main__":
    main(sys.argv[1:])
