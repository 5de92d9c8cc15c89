"""ZIP archives, which are what most documents are inside: looked into with limits, and never unpacked to a file.

Everything that an archive says of itself may be a lie. Its directory is checked before anything is unpacked; what is
unpacked is counted as it comes out; archives inside it are never opened.
"""

import io
import zlib
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from workers.adapters.decoders.limits import DecodeLimits
from workers.errors import DamagedMedia, MediaTooLarge

DIRECTORY_ENTRY = b"PK\x01\x02"
"""What an entry's line in the directory starts with (APPNOTE.TXT, 4.3.12)."""

ENCRYPTED = 0x1
"""Bit of an entry's flags: its content needs a password (APPNOTE.TXT, 4.4.4)."""

RATIO_FROM = 16 * 2**20
"""Bytes; below this, repetition is no attack: the XML of an empty table shrinks to a hundredth."""


class Archive:
    """The entries of one ZIP archive by name. All reads together stay within `max_unpacked_bytes`."""

    def __init__(self, data: bytes, limits: DecodeLimits) -> None:
        """Raises `DamagedMedia` (no readable directory, odd names) and `MediaTooLarge` (too many entries)."""
        self._size = len(data)
        self._limits = limits
        self._unpacked = 0
        if data.count(DIRECTORY_ENTRY) > limits.max_archive_entries:  # before a record is made of each
            raise MediaTooLarge(f"the archive has more than {limits.max_archive_entries:,} entries")
        try:
            self._zip = ZipFile(io.BytesIO(data))
        except (BadZipFile, ValueError, NotImplementedError, UnicodeDecodeError) as error:
            raise DamagedMedia(f"a ZIP archive that is cut off or damaged: {error}") from error
        self._entries = {entry.filename: entry for entry in self._zip.infolist() if not entry.is_dir()}
        self.names = tuple(self._entries)
        self._check()

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def read(self, name: str) -> bytes:
        """The content of an entry. Raises `DamagedMedia` and `MediaTooLarge`; `KeyError` where there is none."""
        entry = self._entries[name]
        if entry.flag_bits & ENCRYPTED:
            raise DamagedMedia(f"an archive that is encrypted: {name} needs a password")
        if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):  # no document may be packed otherwise
            raise DamagedMedia(f"an archive whose {name} is packed by method {entry.compress_type}, not by Deflate")
        left = self._limits.max_unpacked_bytes - self._unpacked
        if entry.file_size > left:
            raise self._too_much()
        try:
            with self._zip.open(entry) as stream:
                content = stream.read(left + 1)  # an entry can hold more than it declares
        except (BadZipFile, EOFError, zlib.error, ValueError, NotImplementedError, RuntimeError) as error:
            raise DamagedMedia(f"an archive whose {name} is damaged: {error}") from error
        self._count(len(content))
        return content

    def _count(self, size: int) -> None:
        self._unpacked += size
        if self._unpacked > self._limits.max_unpacked_bytes:
            raise self._too_much()
        if self._unpacked > max(RATIO_FROM, self._limits.max_unpack_ratio * self._size):
            raise MediaTooLarge(f"the archive unpacks to more than {self._limits.max_unpack_ratio} times its size")

    def _too_much(self) -> MediaTooLarge:
        return MediaTooLarge(f"the archive unpacks to more than {self._limits.max_unpacked_bytes:,} bytes")

    def _check(self) -> None:
        for name in self.names:
            if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/"):
                raise DamagedMedia(f"an archive with an entry that points outside of it: {name!r}")


def stored(contents: dict[str, bytes]) -> io.BytesIO:
    """An archive of `contents` in which nothing is packed, for a library that opens its archives itself."""
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_STORED) as archive:
        for name, content in contents.items():
            archive.writestr(ZipInfo(name), content)
    buffer.seek(0)
    return buffer
