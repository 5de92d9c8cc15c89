"""What others wrote, as a terminal only prints it: keys, reasons, and what objects say may hold what steers it."""

import json
from unicodedata import category

UNSEEN = "\u00ad\u200c\u200d\u200e\u200f\u2060\ufeff"
"""Steer nothing, and are part of ordinary text: hyphens that may be, joiners of letters and emoji, marks of direction
that turn no text but themselves."""


def shown(text: str) -> str:
    """`text` in one line: what is no letter, sign or space (Unicode's categories C and Z) is written as an escape.

    So are line breaks, the beginnings of a terminal's commands (ESC, and U+009B alone), and what turns the direction of
    writing (Unicode technical report 36, section 2.5).
    """
    return "".join(c if _prints(c) else c.encode("unicode_escape").decode() for c in text)


def shown_lines(text: str) -> str:
    """`text` in as many lines as it has, each as `shown`, with tabs as spaces."""
    return "\n".join(map(shown, text.expandtabs().replace("\r\n", "\n").split("\n")))


def json_line(value: object) -> str:
    """`value` as JSON in one line that a terminal only prints; what prints is not escaped."""
    return "".join(c if _prints(c) else json.dumps(c)[1:-1] for c in json.dumps(value, ensure_ascii=False))


def _prints(letter: str) -> bool:
    return letter.isprintable() or letter in UNSEEN or category(letter) == "Zs"
