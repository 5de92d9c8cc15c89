"""What the load writes and asks: small texts and pictures, made from a number, no two alike."""

import io
from random import Random

from PIL import Image

SUBJECTS = ("the harbour", "the lighthouse", "a grey seal", "the tide table", "the ferry", "the old chapel", "the pier")
DEEDS = ("was painted", "was repaired", "was counted", "was closed", "was seen from the cliff", "was drawn by a child")
TIMES = ("at dawn", "in the fog", "before the storm", "on market day", "last winter", "after the regatta")


def content(key: str, number: int) -> bytes:
    """The bytes of version `number` of the object under `key`: a picture for `.png`, else a text."""
    random = Random(f"content {key} {number}")
    return _picture(random, number) if key.endswith(".png") else _text(random, number).encode()


def question(number: int) -> str:
    """A question that some of the texts say something about."""
    random = Random(f"question {number}")
    return f"When was it that {random.choice(SUBJECTS)} {random.choice(DEEDS)}? ({number})"


def _text(random: Random, number: int) -> str:
    """One to four segments of a few sentences."""
    paragraphs = [" ".join(_sentence(random) for _ in range(random.randint(2, 9))) for _ in range(random.randint(1, 5))]
    return f"Entry {number} of the harbour register.\n\n" + "\n\n".join(paragraphs) + "\n"


def _sentence(random: Random) -> str:
    page = random.randint(1, 999)
    return f"{random.choice(SUBJECTS).capitalize()} {random.choice(DEEDS)} {random.choice(TIMES)} (page {page})."


def _picture(random: Random, number: int) -> bytes:
    picture = Image.new("RGB", (96, 96), (random.randrange(256), random.randrange(256), random.randrange(256)))
    # The number itself is in the pixels, so that no two versions have the same bytes.
    for place, byte in enumerate(number.to_bytes(4, "big")):
        picture.putpixel((place, 0), (byte, 255 - byte, byte))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
