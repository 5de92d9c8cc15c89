"""BERT's encoder (Devlin et al., 2019, arXiv:1810.04805) from a checkpoint's tensors, in functions of torch alone.

transformers has it, too; but importing that brings torch's compiler, triton and torchvision: 200 MiB in every worker
that embeds a passage (docs/decisions/023-memory-of-a-recording.md). The names are those of Hugging Face's checkpoints.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Tensor: TypeAlias = Any
"""Of torch, which is imported with the first model only."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the tensors do not say."""

    layers: int
    heads: int
    epsilon: float
    """Of the layer norms."""

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> "Shape":
        """By the checkpoint's config.json; what that leaves out is as in the paper's.

        Raises `ValueError` where that is not what is computed here, and `KeyError` where it does not
        say how large it is.
        """
        kind = config.get("hidden_act", "gelu"), config.get("position_embedding_type", "absolute")
        if kind != ("gelu", "absolute"):
            raise ValueError(f"a BERT with {kind[0]} and {kind[1]} positions is not known")
        return cls(config["num_hidden_layers"], config["num_attention_heads"], config.get("layer_norm_eps", 1e-12))


@dataclass(frozen=True, slots=True)
class Bert:
    """`tensors`, all of one number format, are called as in the checkpoint."""

    shape: Shape
    tensors: Mapping[str, Tensor]

    def states(self, ids: Tensor, mask: Tensor) -> Tensor:
        """`(n, width, hidden)`: the last hidden state of every token.

        `ids` are `(n, width) int64` token ids, at most as many as there are positions; `mask` is `(n, width) bool`,
        False where a row is filled up.
        """
        states = self._embedded(ids)
        # Without a mask where nothing is filled up: it is faster then.
        attended = None if mask.all() else mask[:, None, None, :]
        for number in range(self.shape.layers):
            states = self._layer(f"encoder.layer.{number}", states, attended)
        return states

    def _embedded(self, ids: Tensor) -> Tensor:
        words, kinds, places = (
            self.tensors[f"embeddings.{name}_embeddings.weight"] for name in ("word", "token_type", "position")
        )
        # Every token is of the first sentence: there is no second one.
        return self._normed("embeddings", words[ids] + kinds[0] + places[: ids.shape[1]])

    def _layer(self, name: str, states: Tensor, mask: Tensor | None) -> Tensor:
        """One layer; each of its halves is added to what it began with, and normed."""
        from torch.nn.functional import gelu  # noqa: PLC0415 - takes a second

        mixed = self._dense(f"{name}.attention.output", self._attended(f"{name}.attention.self", states, mask))
        states = self._normed(f"{name}.attention.output", mixed + states)
        wide = gelu(self._dense(f"{name}.intermediate", states))
        return self._normed(f"{name}.output", self._dense(f"{name}.output", wide) + states)

    def _attended(self, name: str, states: Tensor, mask: Tensor | None) -> Tensor:
        from torch.nn.functional import scaled_dot_product_attention  # noqa: PLC0415 - takes a second

        def by_head(part: str) -> Tensor:
            projected = self._linear(f"{name}.{part}", states)
            return projected.unflatten(-1, (self.shape.heads, -1)).transpose(1, 2)

        query, key, value = by_head("query"), by_head("key"), by_head("value")
        return scaled_dot_product_attention(query, key, value, attn_mask=mask).transpose(1, 2).flatten(2)

    def _dense(self, name: str, states: Tensor) -> Tensor:
        return self._linear(f"{name}.dense", states)

    def _linear(self, name: str, states: Tensor) -> Tensor:
        from torch.nn.functional import linear  # noqa: PLC0415 - takes a second

        return linear(states, self.tensors[f"{name}.weight"], self.tensors[f"{name}.bias"])

    def _normed(self, name: str, states: Tensor) -> Tensor:
        from torch.nn.functional import layer_norm  # noqa: PLC0415 - takes a second

        weight, bias = self.tensors[f"{name}.LayerNorm.weight"], self.tensors[f"{name}.LayerNorm.bias"]
        return layer_norm(states, weight.shape, weight, bias, self.shape.epsilon)
