"""A reader in the shape of its port, which reads what it was told is there."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from workers.domain.decoded import Pixels
from workers.ports.reader import ReadLine


@dataclass
class Prompted:
    """TextReader: every picture has `lines`. `read_sizes` has (width, height) of each that was read, in order."""

    lines: list[ReadLine] = field(default_factory=list)
    likely: bool = True
    model: str = "prompted 1"
    read_sizes: list[tuple[int, int]] = field(default_factory=list)

    def may_have_text(self, picture: Pixels) -> bool:
        del picture
        return self.likely

    def read(self, picture: Pixels) -> Sequence[ReadLine]:
        self.read_sizes.append((picture.shape[1], picture.shape[0]))
        return self.lines
