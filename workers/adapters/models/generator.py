"""The generator: a causal language model through transformers, in bfloat16, greedy, one question at a time."""

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workers.adapters.models.loading import LoadOnce
from workers.adapters.models.prompt import build_prompt
from workers.adapters.models.stream import Stream
from workers.ports.generator import Generation, Passage

PROMPT_TOKENS = 2_048
"""Two cores read 300 to 400 tokens a second with 1.5 billion parameters: at most six seconds to the first word."""
STRIDE = 512
"""Tokens of the prompt that are read between two looks at whether the answer is still wanted."""
ASK_EVERY_S = 0.1
"""How often a question that waits for its turn is asked whether it is still wanted."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    model: Any
    tokenizer: Any
    context: int
    ends: frozenset[int]


class TransformersGenerator:
    """`ports.generator.Generator`. `directory` is what `convert_gguf` writes, or any checkpoint with a chat template.

    `model` is its name and version. A prompt has at most `prompt_tokens`, and fits the context with the answer;
    passages that are too long for that are cut, the longest first. A refusal's text is `NOT_FOUND`.
    """

    def __init__(self, directory: Path, model: str, *, prompt_tokens: int = PROMPT_TOKENS) -> None:
        self._name = model
        self._prompt_tokens = prompt_tokens
        self._loaded = LoadOnce(model, lambda: _load(directory))
        self._turn = threading.Lock()  # two at once would each take twice as long, and twice the memory

    @property
    def model(self) -> str:
        """See `ports.generator.Generator`."""
        return self._name

    def generate(
        self,
        question: str,
        passages: Sequence[Passage],
        *,
        max_tokens: int,
        on_text: Callable[[str], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Generation:
        """See `ports.generator.Generator`."""
        loaded = self._loaded.get()
        stop = should_stop or (lambda: False)
        stream = Stream(on_text)
        answer = min(max_tokens, loaded.context // 2)
        budget = min(self._prompt_tokens, loaded.context - answer)
        with self._my_turn(stop) as mine:
            texts = [passage.text for passage in passages]
            finished = mine and _write(
                loaded, build_prompt(loaded.tokenizer, question, texts, budget), answer, stream, stop
            )
            return Generation(stream.close(), finished)

    @contextmanager
    def _my_turn(self, stop: Callable[[], bool]) -> Iterator[bool]:
        """Wait for the model; False when `stop` said so meanwhile."""
        while not (mine := self._turn.acquire(timeout=ASK_EVERY_S)) and not stop():
            pass
        try:
            yield mine
        finally:
            if mine:
                self._turn.release()


def _load(directory: Path) -> _Loaded:
    import torch  # noqa: PLC0415 - takes a second
    from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: PLC0415 - takes seconds
    from transformers.utils import logging  # noqa: PLC0415 - brings torch

    logging.disable_progress_bar()  # a worker's log is no terminal
    tokenizer = AutoTokenizer.from_pretrained(directory, local_files_only=True)
    model = AutoModelForCausalLM.from_pretrained(
        directory, dtype=torch.bfloat16, attn_implementation="sdpa", local_files_only=True
    ).eval()
    ends = model.generation_config.eos_token_id
    return _Loaded(
        model,
        tokenizer,
        model.config.max_position_embeddings,
        frozenset(ends if isinstance(ends, list) else [ends]),
    )


def _write(loaded: _Loaded, prompt: list[int], max_tokens: int, stream: Stream, stop: Callable[[], bool]) -> bool:
    """Write until the model ends its turn (True), is told to stop, or has no tokens left."""
    from tokenizers.decoders import DecodeStream  # noqa: PLC0415 - with its model only

    decoder = DecodeStream(skip_special_tokens=True)
    for token in itertools.islice(_likeliest(loaded.model, prompt, stop), max_tokens):
        if token in loaded.ends:
            return True
        if piece := decoder.step(loaded.tokenizer.backend_tokenizer, token):
            stream.push(piece)
        if stream.refused:
            return True
    return False


def _likeliest(model: Any, prompt: list[int], stop: Callable[[], bool]) -> Iterator[int]:
    """The likeliest next token, and the next after that, until `stop` says so."""
    import torch  # noqa: PLC0415 - takes a second

    cache, unread = None, prompt
    while not stop():
        with torch.inference_mode():
            ids, unread = torch.tensor([unread[:STRIDE]]), unread[STRIDE:]
            step = model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
        cache = step.past_key_values
        if not unread:
            token = int(step.logits[0, -1].argmax())
            yield token
            unread = [token]
