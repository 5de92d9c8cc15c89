"""From bytes to characters: which encoding a text is in, or that it is no text at all.

In this order: a byte-order mark; the zero bytes of UTF-16 and UTF-32; UTF-8, which other encodings hardly ever fit by
accident; what the text itself declares (HTML); and a guess among the legacy code pages that are still met.
"""

import codecs
import re
import unicodedata

from workers.adapters.decoders.signatures import INDEXABLE
from workers.errors import DamagedMedia, UnknownMediaType

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# fmt: off
LEGACY = [
    "cp1252", "cp1250", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp874",
    "cp932", "euc_jp", "gb18030", "big5", "cp949",
    "iso8859_2", "iso8859_5", "iso8859_7", "iso8859_15", "cp437", "cp850", "cp866", "mac_roman",
]
# fmt: on
"""The code pages that are tried, the more common one first: it wins where the evidence is equal."""

CHAOS_SLACK, COHERENCE_SLACK = 0.02, 0.15
"""How much worse a more common code page may score and still win; set on the samples of the tests."""

LABELS = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932"}
"""What a declared encoding means in practice (WHATWG Encoding Standard, section 4.2)."""

CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
CONTROL_BYTES = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
MAX_CONTROL_SHARE = 0.1
"""Above this share of control characters, bytes are not text that someone wrote."""

MAX_CONTROL_BYTE_SHARE = 0.02
"""The same for bytes that are not UTF-8 either: legacy texts have none; random bytes have 11%."""

MAX_ODD_SHARE = 0.1
"""Above this share of unassigned and private characters, the encoding was not the right one."""

TYPOGRAPHY = frozenset("\xa0‘’‚“”„–—…•·€£¥§©®™«»‹›°±²³µ×÷¼½¾¡¿†‰ªº、。，：；！？「」『』（）《》〈〉・ー　")
"""Characters besides letters that people do write."""

NEVER_MEANT = frozenset("ÿˆˇ˘˙˚˛˜˝")
"""Letters to Unicode, but what a wrong code page shows: 255 as ÿ, and accents that stand alone."""

MIN_SOUND_SHARE = 0.75
"""Below this share of letters and typography among its foreign characters, a text was not read in its encoding."""

LATIN_END = "\u0250"
"""The Latin alphabet and its extensions A and B end here."""

SAMPLE = 100_000
"""Characters that are looked at for the shares."""


def decode_bytes(data: bytes, declared: str | None = None) -> str:
    """The text of `data`, without byte-order mark, all line ends as line feeds, control characters as spaces.

    `declared` is the encoding that the content names for itself; it is asked only when `data` is not UTF-8. Raises
    `UnknownMediaType` for binary data, and `DamagedMedia` for bytes that no encoding explains.
    """
    text = _decode(data, declared)
    if _share(CONTROLS.findall(text[:SAMPLE]), text) > MAX_CONTROL_SHARE:
        raise UnknownMediaType(f"this is binary data of no known kind; {INDEXABLE}")
    if _share([c for c in text[:SAMPLE] if unicodedata.category(c) in ("Cn", "Co", "Cs")], text) > MAX_ODD_SHARE:
        raise DamagedMedia("a text of bytes that no encoding explains")
    return without_controls(text.replace("\r\n", "\n").replace("\r", "\n"))


def without_controls(text: str) -> str:
    """`text` with control characters and stray byte-order marks as spaces: indexes and models stumble over them."""
    return CONTROLS.sub(" ", text).replace("\ufeff", " ")


def _decode(data: bytes, declared: str | None) -> str:
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return _marked(data[len(mark) :], encoding)
    text = _wide(data, least=0.25)
    if text is None:
        text = _utf8(data)
    if text is None:
        text = _wide(data, least=0.0)
    return text if text is not None else _legacy(data, declared)


def _marked(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise DamagedMedia(
            f"a text with the byte-order mark of {encoding.upper()} that is not in it: byte {error.start} is invalid"
        ) from error


def _wide(data: bytes, *, least: float) -> str | None:
    """UTF-16 or UTF-32 without a mark: more than `least` of the units have a zero byte, always on the same side."""
    if not data.count(0, 0, SAMPLE) or len(data) % 2:
        return None
    even, odd = data[0:SAMPLE:2].count(0), data[1:SAMPLE:2].count(0)
    units = min(len(data), SAMPLE) // 2
    candidates = ["utf-32-le", "utf-32-be"] if min(even, odd) >= units / 3 else []
    if not even and odd > least * units:
        candidates.append("utf-16-le")
    if not odd and even > least * units:
        candidates.append("utf-16-be")
    for encoding in candidates:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _utf8(data: bytes) -> str | None:
    """`data` as UTF-8; None if it is something else. Raises `DamagedMedia` for UTF-8 with a few broken bytes."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        lenient = data.decode(errors="replace")
        broken = lenient.count("\ufffd")
        sound = sum(1 for c in lenient[:SAMPLE] if c > "\x7f" and c != "\ufffd")
        if sound > 4 * broken:
            raise DamagedMedia(f"a text in UTF-8 with invalid bytes, the first at byte {error.start}") from error
        return None
    if b"\x1b$" in data or b"\x1b(J" in data:  # ISO-2022-JP hides in seven bits
        try:
            return data.decode("iso2022_jp")
        except UnicodeDecodeError:
            return text
    return text


def _legacy(data: bytes, declared: str | None) -> str:
    if _share(CONTROL_BYTES.findall(data[:SAMPLE]), data) > MAX_CONTROL_BYTE_SHARE:
        raise UnknownMediaType(f"this is binary data of no known kind; {INDEXABLE}")
    text = _declared(data, declared) if declared else None
    return text if text is not None else _guess(data)


def _declared(data: bytes, label: str) -> str | None:
    try:
        name = codecs.lookup(label).name
        name = LABELS.get(name, name)
        return data.decode(name) if re.match("iso8859|cp|koi8|gb|big5|euc|mac|tis", name) else None
    except (LookupError, UnicodeDecodeError):
        return None


def _guess(data: bytes) -> str:
    from charset_normalizer import from_bytes  # noqa: PLC0415 - most texts are UTF-8, and never need its 20 ms

    matches = [match for match in from_bytes(data, cp_isolation=LEGACY) if _is_plausible(str(match)[:SAMPLE])]
    if not matches:
        raise DamagedMedia("a text of bytes that no encoding explains")
    best = matches[0]
    near = {
        encoding: match
        for match in matches
        if match.chaos <= best.chaos + CHAOS_SLACK and match.coherence >= best.coherence - COHERENCE_SLACK
        for encoding in match.could_be_from_charset
    }
    return str(near[min(near, key=LEGACY.index)])


def _is_plausible(text: str) -> bool:
    """Whether someone would write the characters of `text` that are not ASCII.

    Most of them are letters within words, or signs of typography; and letters of the Latin alphabet with accents are
    fewer than those without.
    """
    sound = foreign = accented = plain = 0
    for before, character, after in zip(" " + text, text, text[1:] + " ", strict=False):
        if character.isascii():
            plain += character.isalpha()
            continue
        foreign += 1
        in_word = before.isalpha() or after.isalpha() or (before + after).isspace()
        sound += character in TYPOGRAPHY or (in_word and character.isalpha() and character not in NEVER_MEANT)
        accented += character.isalpha() and character < LATIN_END
    return sound >= MIN_SOUND_SHARE * foreign and accented <= plain and not text.isspace()


def _share(found: list[str] | list[bytes], whole: str | bytes) -> float:
    return len(found) / max(1, min(len(whole), SAMPLE))
