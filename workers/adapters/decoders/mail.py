"""Mails (EML, RFC 5322) through the standard library: subject and addresses, the text, and the names of attachments.

A mail is recognised by its header. Attachments are named and not decoded: upload them to have them found by content.
"""

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, cast

from workers.adapters.decoders.encodings import LABELS, decode_bytes
from workers.adapters.decoders.lines import Lines, one_line
from workers.adapters.decoders.web_pages import write_chapter
from workers.errors import DamagedMedia, UnknownMediaType

if TYPE_CHECKING:
    from email.message import EmailMessage

MAIL = "message/rfc822"
EXTENSION = ".eml"
HEAD = 64 * 1024
"""Bytes in which the header is looked for; relays and filters add some ten thousand to it."""

FIELD = re.compile(rb"([!-9;-~]{1,100}):[ \t]?[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*(?:\r?\n|$)")
"""One field of a header with its folded lines (RFC 5322, 2.2)."""

SENDER = frozenset({b"from", b"sender", b"return-path"})
POSTMARKS = frozenset({b"message-id", b"received", b"mime-version", b"delivered-to", b"dkim-signature"})
"""Fields that programs write into mails, and hardly anybody into a text."""

TEXTS = ("text/plain", "text/html")
SHOWN = ("From", "To", "Cc", "Date")
MAX_FIELD_CHARS = 20_000
"""Of a field; parsing half a million of addresses takes half a minute, and of encoded words 2 GB."""

MAX_ATTACHMENTS = 100
"""Attachments that are named."""


def looks_like_mail(data: bytes, key: str) -> bool:
    """Whether `data` starts with the header of a mail; under the name of one, any header will do."""
    fields = {found[1].lower() for found in _header(data[:HEAD])}
    if PurePosixPath(key).suffix.lower() == EXTENSION:
        return bool(fields)
    return bool(fields & SENDER) and bool(fields & POSTMARKS)


def _header(head: bytes) -> Iterator[re.Match[bytes]]:
    at = 0
    while found := FIELD.match(head, at):
        yield found
        at = found.end()


def read_mail(data: bytes, max_chars: int) -> str:
    """The mail as Markdown source. Raises `DamagedMedia` (parts nested too deeply) and `MediaTooLarge`."""
    from email import message_from_bytes, policy  # noqa: PLC0415 - costs 40 ms, and most objects are no mails

    try:
        mail = message_from_bytes(data, policy=policy.default)
        lines = Lines(max_chars)
        _write_header(mail, lines, "#")
        names: list[str] = []
        _write_part(mail, lines, names)
        if names:
            lines.separate()
            lines.add(f"Attachments: {', '.join(names[:MAX_ATTACHMENTS])}")
    except RecursionError as error:
        raise DamagedMedia("a mail whose parts are nested too deeply") from error
    return lines.text()


def _write_header(mail: "EmailMessage", lines: Lines, mark: str) -> None:
    subject = _field(mail, "Subject")
    if subject:
        lines.add(f"{mark} {subject}")
        lines.separate()
    for name in SHOWN:
        value = _field(mail, name)
        if value:
            lines.add(f"{name}: {value}")
    lines.separate()


def _field(mail: "EmailMessage", name: str) -> str:
    """A field in one line, cut where it is absurd. The standard library fails on some in ways of its own."""
    raw = next((str(value) for known, value in mail.raw_items() if known.lower() == name.lower()), "")
    try:
        value = mail.policy.header_fetch_parse(name, raw[:MAX_FIELD_CHARS])
        return one_line(str(value)).encode("utf-8", "replace").decode()
    except Exception:  # noqa: BLE001 - a field that cannot be read costs that field
        return ""


def _write_part(part: "EmailMessage", lines: Lines, names: list[str]) -> None:
    """The texts of a part, in order, and of mails that were forwarded in it; the names of other parts go to `names`."""
    kind = part.get_content_type()
    if part.is_multipart():
        members = cast("list[EmailMessage]", part.get_payload())
        if kind == MAIL:
            _write_forwarded(members, lines, names)
        elif kind == "multipart/alternative":
            _write_alternative(members, lines, names)
        else:
            for member in members:
                _write_part(member, lines, names)
    elif kind in TEXTS and part.get_content_disposition() != "attachment":
        _write_text(part, lines)
    else:
        names.extend(filter(None, [one_line(part.get_filename() or "")]))


def _write_forwarded(mails: "list[EmailMessage]", lines: Lines, names: list[str]) -> None:
    for mail in mails:
        lines.separate()
        _write_header(mail, lines, "## Forwarded:")
        _write_part(mail, lines, names)


def _write_alternative(members: "list[EmailMessage]", lines: Lines, names: list[str]) -> None:
    """The plain text, else the first of the others that has any; the names of all other parts in them."""
    plain_first = sorted(members, key=lambda member: member.get_content_type() != TEXTS[0])
    written = False
    for member in plain_first:
        before = len(lines)
        if not written or member.get_content_type() not in (*TEXTS, "multipart/related"):
            _write_part(member, lines, names)
        else:
            names.extend(one_line(part.get_filename() or "") for part in member.walk() if part.get_filename())
        written = written or len(lines) > before


def _write_text(part: "EmailMessage", lines: Lines) -> None:
    text = _content(part)
    if part.get_content_type() == TEXTS[1]:
        if text.strip():
            write_chapter(text, lines)  # all of it: a mail has no menus, and its lists of links are what it is about
    elif text.strip():
        lines.separate()
        lines.add(text.strip("\n"))


def _content(part: "EmailMessage") -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    charset = part.get_content_charset()
    with suppress(LookupError, ValueError):
        if charset:
            name = codecs.lookup(charset).name
            return payload.decode(LABELS.get(name, name)).replace("\r\n", "\n")
    try:
        return decode_bytes(payload)
    except (DamagedMedia, UnknownMediaType):
        return payload.decode("utf-8", "replace")
