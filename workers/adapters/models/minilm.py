"""The text encoder of the offline profiles: all-MiniLM-L6-v2, from its directory of files.

Mean pooling over the attention mask, unit length, 256 tokens: as sentence-transformers runs this checkpoint (its
`modules.json` and `sentence_bert_config.json`), without importing it.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from workers.adapters.models.bert import Bert, Shape
from workers.adapters.models.loading import LoadOnce, encoder_dtype
from workers.domain.segment import Space
from workers.ports.encoders import Embeddings

MODEL = "all-MiniLM-L6-v2/53aa5117"
"""Name, and the first digits of the sha256 of the weights."""
DIMENSIONS = 384
MAX_TOKENS = 256
MAX_CHARS = 32_768
"""Far more than 256 tokens of any script; saves tokenising the rest of a book."""
BATCH_TOKENS = 1_536
"""Measured on two cores: 8 passages of 175 tokens take 19 ms each, 64 of them in one batch 25 ms each."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    bert: Bert
    tokenizer: Any


class MiniLmEncoder:
    """`ports.encoders.TextEncoder`. `directory` holds model.safetensors, config.json and tokenizer.json.

    In bfloat16 the vectors have a cosine of at least 0.9999 with those of float32, and cost 0.55 to 0.7 of the time.
    """

    def __init__(self, directory: Path, *, model: str = MODEL) -> None:
        self._space = Space("minilm", DIMENSIONS, model)
        self._loaded = LoadOnce(model, lambda: _load(directory))

    @property
    def space(self) -> Space:
        """See `ports.encoders.TextEncoder`."""
        return self._space

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """See `ports.encoders.TextEncoder`. `(n, 384) float32`, unit length."""
        vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        if not texts:
            return vectors
        loaded = self._loaded.get()
        encodings = loaded.tokenizer.encode_batch([text[:MAX_CHARS] for text in texts])
        tokens = [encoding.ids for encoding in encodings]
        for rows in _batches([len(ids) for ids in tokens]):
            vectors[rows] = _embed(loaded.bert, [tokens[row] for row in rows])
        return vectors


def _load(directory: Path) -> _Loaded:
    from safetensors import safe_open  # noqa: PLC0415 - with its model only
    from tokenizers import Tokenizer  # noqa: PLC0415 - with its model only

    tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.no_padding()  # rows are padded in batches of like length, below
    shape = Shape.of(json.loads((directory / "config.json").read_text()))
    with safe_open(directory / "model.safetensors", "pt") as file:
        tensors = {name: file.get_tensor(name).to(encoder_dtype()) for name in file.keys() if _is_used(name)}  # noqa: SIM118 - it is no mapping
    bert = Bert(shape, tensors)
    _embed(bert, [[0, 0]])  # tensors that are missing are noticed here, not at the first text
    return _Loaded(bert, tokenizer)


def _is_used(name: str) -> bool:
    """The pooler is not, and positions are counted."""
    return name.startswith(("embeddings.", "encoder.")) and not name.endswith("position_ids")


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Row numbers in groups of like length, at most `BATCH_TOKENS` a group with padding (or a single row)."""
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[row] > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(row)
    yield batch


def _embed(bert: Bert, rows: Sequence[Sequence[int]]) -> Embeddings:
    import torch  # noqa: PLC0415 - takes a second

    width = max(len(row) for row in rows)
    ids = torch.zeros((len(rows), width), dtype=torch.long)
    mask = torch.zeros((len(rows), width), dtype=torch.bool)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = torch.tensor(row)
        mask[number, : len(row)] = True
    with torch.inference_mode():
        states = bert.states(ids, mask).float()
        # Mean over the tokens; its length does not matter, for the vector is scaled to 1 next.
        vectors = torch.nn.functional.normalize((states * mask[..., None]).sum(dim=1))
    return vectors.numpy()
