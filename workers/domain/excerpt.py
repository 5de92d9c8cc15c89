"""What is cut out of an object to show somebody the place that a citation leads to."""

from workers.domain.decoded import DecodedImage

Excerpt = DecodedImage
