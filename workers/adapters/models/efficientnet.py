"""EfficientNet-lite2: from pictures to probabilities of the 1,000 ImageNet classes.

The checkpoint is RangiLyu's port of Google's (`efficientnet-lite2-9656183e.pth`); timm's `tf_efficientnet_lite2`
has the same tensors in the same order under other names.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workers.adapters.models.loading import LoadOnce, encoder_dtype
from workers.domain.decoded import Pixels

MODEL = "efficientnet-lite2/9656183e+filled"
"""Name, the first digits of the sha256 of the weights, and how a picture gets into the square."""
SIDE = 260
"""Of the network's square input, in pixels."""
INNER = 234
"""Longest side of a drawing on it: 10% of the square are margin. Between 200 and 260 it makes no difference."""
BATCH = 8
"""Measured on two cores: 78, 123, 133, 111 and 95 pictures/s in batches of 1, 4, 8, 16 and 32."""
NEARLY_WHITE = 250
ON_WHITE = 0.5
"""Share of a picture's edge that is nearly white where something stands on white ground. Of GCompris' 82 photographs
none has more than 0.21, of its 116 drawings of words none less than 0.65."""

Probabilities = NDArray[np.float32]
"""`(n, 1000) float32`, each row sums to 1, in the order of ImageNet's classes."""


class EfficientNet:
    """Loads `weights` at first use; safe to call from threads."""

    def __init__(self, weights: Path) -> None:
        self._network = LoadOnce(MODEL, lambda: _load(weights))

    def classify(self, pictures: Sequence[Pixels]) -> Probabilities:
        """One row per picture, in order. Raises `ModelUnavailable` when the weights do not load."""
        if not pictures:
            return np.empty((0, 1000), dtype=np.float32)
        network = self._network.get()
        batches = [pictures[start : start + BATCH] for start in range(0, len(pictures), BATCH)]
        return np.concatenate([_run(network, np.stack([squared(one) for one in batch])) for batch in batches])


def squared(picture: Pixels) -> Pixels:
    """`(260, 260, 3) uint8`: a photograph fills the square, what stands on white ground is centred in it.

    A photograph is stretched: white strips beside it cost three of 82 photographs their place among the first ten
    (docs/quality.md). The network was trained with stretched pictures, not with strips.
    """
    from PIL import Image  # noqa: PLC0415 - with its model only

    image = Image.fromarray(picture)
    if _is_on_white(picture):
        return _letterboxed(image)
    # A gap of 1.5 halves the time of an exact resize, and changes no first class of our test pictures.
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BICUBIC, reducing_gap=1.5))


def _is_on_white(picture: Pixels) -> bool:
    edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    return bool((edge.min(axis=1) >= NEARLY_WHITE).mean() >= ON_WHITE)


def _letterboxed(image: Any) -> Pixels:
    """What is not white at the picture's edges, in the middle of a white square, never stretched.

    Cutting white edges off first makes a small drawing on a large page as big as it can be.
    """
    from PIL import Image  # noqa: PLC0415 - with its model only

    drawn = image.convert("L").point([255] * NEARLY_WHITE + [0] * (256 - NEARLY_WHITE)).getbbox()
    box = drawn or (0, 0, image.width, image.height)
    width, height = box[2] - box[0], box[3] - box[1]
    scale = INNER / max(width, height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    square = Image.new("RGB", (SIDE, SIDE), "white")
    resized = image.resize(size, Image.Resampling.BICUBIC, box=box, reducing_gap=1.5)
    square.paste(resized, ((SIDE - size[0]) // 2, (SIDE - size[1]) // 2))
    return np.asarray(square)


def _load(weights: Path) -> Any:
    import timm  # noqa: PLC0415 - brings torch
    import torch  # noqa: PLC0415 - takes a second

    network = timm.create_model("tf_efficientnet_lite2", pretrained=False)
    own, theirs = network.state_dict(), torch.load(weights, map_location="cpu", weights_only=True)
    shapes = [[tuple(tensor.shape) for tensor in state.values()] for state in (own, theirs)]
    if shapes[0] != shapes[1]:
        raise ValueError(f"{weights.name} does not hold the tensors of EfficientNet-lite2")
    network.load_state_dict(dict(zip(own, theirs.values(), strict=True)))
    _fold_batch_norms(network.eval())
    return network.to(encoder_dtype()).to(memory_format=torch.channels_last)


def _fold_batch_norms(network: Any) -> None:
    """Multiply each batch norm into the convolution before it: the same function, 1.3 times as fast.

    With bfloat16 and channels_last on top it is 2 to 3 times as fast as float32, and names the same first class.
    """
    import torch  # noqa: PLC0415 - takes a second
    from torch.nn.utils.fusion import fuse_conv_bn_weights  # noqa: PLC0415 - brings torch

    convolution: Any = None
    for name, module in list(network.named_modules()):
        if isinstance(module, torch.nn.Conv2d):
            convolution = module
        elif isinstance(module, torch.nn.BatchNorm2d):
            convolution.weight, convolution.bias = fuse_conv_bn_weights(
                convolution.weight,
                convolution.bias,
                module.running_mean,
                module.running_var,
                module.eps,
                module.weight,
                module.bias,
            )
            parent, _, leaf = name.rpartition(".")
            setattr(network.get_submodule(parent), leaf, module.act)  # timm's norm carries its activation


def _run(network: Any, squares: Pixels) -> Probabilities:
    import torch  # noqa: PLC0415 - takes a second

    pixels = (torch.from_numpy(squares).permute(0, 3, 1, 2).float() - 127) / 128
    dtype = next(network.parameters()).dtype
    with torch.inference_mode():
        scores = network(pixels.to(dtype).contiguous(memory_format=torch.channels_last))
        return scores.float().softmax(dim=1).numpy()
