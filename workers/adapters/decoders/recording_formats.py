"""What a recording is by its first bytes, and which of FFmpeg's demuxers and codecs it is given to.

Sources: RFC 3533 (Ogg), RFC 9639 (FLAC), ISO/IEC 14496-12 (`ftyp`), ISO/IEC 11172-3, 2.4.1.3 (frame header of MP3),
https://id3.org/id3v2.4.0-structure (the tag before it), Microsoft's RIFF (WAV).
"""

from dataclasses import dataclass

ID3_HEADER = 10
LAST_ID3 = 4
"""Major version of ID3v2, which stands behind the letters."""
_PCM = "pcm_s16le,pcm_s24le,pcm_s32le,pcm_u8,pcm_f32le,pcm_f64le,pcm_alaw,pcm_mulaw,adpcm_ms,adpcm_ima_wav"


@dataclass(frozen=True, slots=True)
class RecordingFormat:
    """A container: FFmpeg's names of its demuxer and of the codecs that it may hold, and its media type."""

    name: str
    demuxer: str
    codecs: str
    media_type: str


WAV = RecordingFormat("WAV", "wav", _PCM, "audio/wav")
MP3 = RecordingFormat("MP3", "mp3", "mp3,mp3float,mp2,mp2float,mp1,mp1float", "audio/mpeg")
FLAC = RecordingFormat("FLAC", "flac", "flac", "audio/flac")
OGG = RecordingFormat("Ogg", "ogg", "opus,vorbis,flac", "audio/ogg")
MP4 = RecordingFormat("MP4", "mp4", "aac,alac,mp3,mp3float,opus,flac", "audio/mp4")


def recording_format(data: bytes) -> RecordingFormat | None:
    """The format of the recording that `data` starts like, or None. An MP4 or Ogg file may still turn out a video.

    Pictures are told apart before: HEIC and AVIF are in the container of MP4 too.
    """
    if data.startswith(b"RIFF") and data[8:12] == b"WAVE":
        return WAV
    if data.startswith(b"OggS"):
        return OGG
    if data[4:8] == b"ftyp":
        return MP4
    start = _after_id3(data)
    if data[start : start + 4] == b"fLaC":
        return FLAC
    return MP3 if start or _is_mp3_frame(data[:4]) else None


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
