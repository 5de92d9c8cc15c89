"""Writes out structured texts line by line, within the limit on characters.

The limit counts what is written: nested data repeats its paths and tables their headers, so that a small file can
become an endless text.
"""

from workers.errors import MediaTooLarge


class Lines:
    """Collects lines; `MediaTooLarge` as soon as there are more than `max_chars` characters of them."""

    def __init__(self, max_chars: int) -> None:
        self._left = self._max = max_chars
        self._lines: list[str] = []

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, line: str) -> None:
        """Append one line."""
        self._left -= len(line) + 1
        if self._left < 0:
            raise MediaTooLarge(f"the text has more than {self._max:,} characters")
        self._lines.append(line)

    def separate(self) -> None:
        """An empty line, unless nothing or an empty line stands before it: a place to cut."""
        if self._lines and self._lines[-1]:
            self.add("")

    def text(self) -> str:
        """All lines, without empty ones at the end."""
        return "\n".join(self._lines).rstrip("\n")


def one_line(text: str) -> str:
    """`text` with every run of white space as one space."""
    return " ".join(text.split())


def sentence(text: str, max_chars: int) -> str:
    """`text` as a person is told it: one line of at most `max_chars`, without what cannot be printed."""
    return one_line("".join(char if char.isprintable() else " " for char in text[: 2 * max_chars]))[:max_chars].strip()
