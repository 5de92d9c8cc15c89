"""What a recording or video is by its first bytes, and which of FFmpeg's demuxers and codecs it is given to.

Sources: RFC 3533 (Ogg), RFC 9639 (FLAC), ISO/IEC 14496-12 (`ftyp`), ISO/IEC 11172-3, 2.4.1.3 (frame header of MP3),
https://id3.org/id3v2.4.0-structure (the tag before it), Microsoft's RIFF (WAV, AVI), RFC 8794 and 9559 (Matroska),
Apple's QuickTime File Format.
"""

from dataclasses import dataclass

from workers.adapters.decoders.signatures import is_animated, picture_format

ID3_HEADER = 10
LAST_ID3 = 4
"""Major version of ID3v2, which stands behind the letters."""
EBML, DOC_TYPE, HEAD = b"\x1aE\xdf\xa3", b"\x42\x82", 128
"""The element that a Matroska file starts with, the one in it that says which, and where that stands at the latest."""
ATOMS = (b"ftyp", b"moov", b"mdat", b"wide", b"pnot")
"""What a QuickTime file starts with, the old ones without `ftyp`, behind a size that no text starts with."""
_PCM = "pcm_s16le,pcm_s24le,pcm_s32le,pcm_u8,pcm_f32le,pcm_f64le,pcm_alaw,pcm_mulaw,adpcm_ms,adpcm_ima_wav"


@dataclass(frozen=True, slots=True)
class RecordingFormat:
    """A container: FFmpeg's names of its demuxer and of the codecs that it may hold, and its media type."""

    name: str
    demuxer: str
    codecs: str
    media_type: str

    pictures: str = ""
    """The same of the codecs that its pictures may be in; empty where it has none."""
    video_type: str = ""
    """Its media type when it is a video."""


_MOVING = "h264,hevc,libdav1d,vp9,mpeg4,mpeg2video,mpeg1video,mjpeg"
_SPOKEN = "aac,alac,mp3,mp3float,mp2,mp2float,opus,vorbis,flac,ac3,eac3"

WAV = RecordingFormat("WAV", "wav", _PCM, "audio/wav")
MP3 = RecordingFormat("MP3", "mp3", "mp3,mp3float,mp2,mp2float,mp1,mp1float", "audio/mpeg")
FLAC = RecordingFormat("FLAC", "flac", "flac", "audio/flac")
OGG = RecordingFormat("Ogg", "ogg", "opus,vorbis,flac", "audio/ogg", "theora", "video/ogg")
MP4 = RecordingFormat("MP4", "mp4", f"{_SPOKEN},amrnb,amrwb", "audio/mp4", f"{_MOVING},h263", "video/mp4")
MOV = RecordingFormat(
    "MOV", "mov", f"{_SPOKEN},{_PCM},pcm_s16be,pcm_s24be", "audio/mp4", f"{_MOVING},prores", "video/quicktime"
)
MATROSKA = RecordingFormat(
    "Matroska",
    "matroska",
    f"{_SPOKEN},{_PCM}",
    "audio/x-matroska",
    f"{_MOVING},vp8,msmpeg4v3,theora,ffv1",
    "video/x-matroska",
)
WEBM = RecordingFormat("WebM", "webm", "opus,vorbis", "audio/webm", "vp8,vp9,libdav1d", "video/webm")
AVI = RecordingFormat(
    "AVI", "avi", f"{_SPOKEN},{_PCM}", "audio/x-avi", f"{_MOVING},msmpeg4v2,msmpeg4v3,rawvideo", "video/x-msvideo"
)


def recording_format(data: bytes) -> RecordingFormat | None:
    """The format of the recording or video that `data` starts like, or None. Which of both, its streams tell.

    Pictures are told apart before: HEIC and AVIF are in the container of MP4 too.
    """
    if data.startswith(b"RIFF"):
        return {b"WAVE": WAV, b"AVI ": AVI}.get(data[8:12])
    if data.startswith(EBML):
        return _matroska(data[:HEAD])
    if data.startswith(b"OggS"):
        return OGG
    if data[4:8] in ATOMS and data[:1] < b"\x09":
        return MP4 if data[4:8] == b"ftyp" and data[8:12] != b"qt  " else MOV
    start = _after_id3(data)
    if data[start : start + 4] == b"fLaC":
        return FLAC
    return MP3 if start or _is_mp3_frame(data[:4]) else None


def _matroska(head: bytes) -> RecordingFormat | None:
    at = head.find(DOC_TYPE) + len(DOC_TYPE) + 1  # behind its length, of one byte
    return next((kind for name, kind in ((b"webm", WEBM), (b"matroska", MATROSKA)) if head[at:].startswith(name)), None)


def is_heavy(data: bytes) -> bool:
    """Whether `data` is a recording, a video or an animation by its bytes."""
    return is_animated(data) if picture_format(data) is not None else recording_format(data) is not None


def _after_id3(data: bytes) -> int:
    """Where the content begins behind an ID3v2 tag, whose size has seven bits a byte; 0 without one."""
    if not data.startswith(b"ID3") or len(data) < ID3_HEADER or data[3] > LAST_ID3 or max(data[6:10]) > 0x7F:
        return 0
    size = sum((byte & 0x7F) << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))
    return ID3_HEADER + size


def _is_mp3_frame(head: bytes) -> bool:
    """Whether a frame of layer III starts here: sync, a version, a bit rate and a sample rate that exist."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2 or head[1] & 0x18 == 0x08:
        return False
    return head[2] & 0xF0 not in (0x00, 0xF0) and head[2] & 0x0C != 0x0C
