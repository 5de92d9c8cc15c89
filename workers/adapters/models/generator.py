"""The generator: a causal language model through transformers, in bfloat16, greedy, one question at a time."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workers.adapters.models.loading import LoadOnce
from workers.adapters.models.prompt import fair_shares, messages, without_control_tokens
from workers.adapters.models.stream import Stream
from workers.ports.generator import Generation, Passage

PROMPT_TOKENS = 2_048
"""Two cores read 300 to 400 tokens a second with 1.5 billion parameters: at most about six seconds to the first word."""
QUESTION_SHARE = 4
"""A question gets at most this part (a quarter) of the prompt."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    model: Any
    tokenizer: Any
    context: int
    control: tuple[str, ...]
    ends: frozenset[int]


class TransformersGenerator:
    """`ports.generator.Generator`. `directory` is what `convert_gguf` writes, or any such checkpoint with a chat template.

    `model` is its name and version. A prompt has at most `prompt_tokens`, and with the answer fits the context.
    """

    def __init__(self, directory: Path, model: str, *, prompt_tokens: int = PROMPT_TOKENS) -> None:
        self._name = model
        self._prompt_tokens = prompt_tokens
        self._loaded = LoadOnce(model, lambda: _load(directory))
        self._one_at_a_time = threading.Lock()

    @property
    def model(self) -> str:
        """See `ports.generator.Generator`."""
        return self._name
