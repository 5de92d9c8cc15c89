"""The place inside an object that a segment comes from, and that a citation leads to."""

from dataclasses import dataclass

Box = tuple[float, float, float, float]
"""(x0, y0, x1, y1) as fractions of the width and height of a page or picture, from its top left corner."""


@dataclass(frozen=True, slots=True)
class Locator:
    """Where in the object; all fields empty: the whole of it.

    `chars` is a half-open span of characters in the decoded text; `page` counts from 1; `box` is a part of the
    page or picture; `start_s` and `end_s` are seconds, and `frame_s` is the second of the picture that stands for them.
    """

    chars: tuple[int, int] | None = None
    page: int | None = None
    box: Box | None = None
    start_s: float | None = None
    end_s: float | None = None
    frame_s: float | None = None

    def to_dict(self) -> dict[str, object]:
        """The fields that are set, in the shape of the message schema (`{}` for a whole object)."""
        fields: dict[str, object] = {}
        if self.chars is not None:
            fields["chars"] = list(self.chars)
        if self.page is not None:
            fields["page"] = self.page
        if self.box is not None:
            fields["box"] = list(self.box)
        if self.start_s is not None:
            fields["start_s"] = self.start_s
        if self.end_s is not None:
            fields["end_s"] = self.end_s
        if self.frame_s is not None:
            fields["frame_s"] = self.frame_s
        return fields
