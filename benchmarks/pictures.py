"""Pictures for measuring: 640x480 JPEGs that differ from one another and compress like photographs."""

import io
from pathlib import Path

import numpy as np
from PIL import Image


def write_pictures(folder: Path, count: int, seed: int = 1) -> list[Path]:
    """`count` files in `folder`, the same ones for the same seed."""
    random = np.random.default_rng(seed)
    paths = []
    for number in range(count):
        # Coarse noise, enlarged: smooth areas with some detail, about 60 KB a file as a camera would write it.
        coarse = random.integers(0, 256, (60, 80, 3), dtype=np.uint8)
        fine = random.normal(0, 6, (480, 640, 3))
        large = np.asarray(Image.fromarray(coarse).resize((640, 480), Image.Resampling.BICUBIC)) + fine
        out = io.BytesIO()
        Image.fromarray(large.clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=85)
        path = folder / f"{number:04}.jpg"
        path.write_bytes(out.getvalue())
        paths.append(path)
    return paths
