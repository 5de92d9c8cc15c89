"""What the generator is told: a short instruction, the numbered sources and the question, within a token budget."""

from collections.abc import Iterable, Sequence
from typing import Any

from workers.ports.generator import NOT_FOUND

SYSTEM = 'You answer questions about a collection of texts and photos. A source "Photo of: x" is a photo that shows x.'
INSTRUCTION = (
    "Answer the question in one or two full sentences, using the sources above. "
    f"If the sources have nothing about it, reply {NOT_FOUND}."
)
"""The mildest of a dozen wordings, and before the question: "reply exactly NOT FOUND" at the very end made
Qwen2.5-Coder-1.5B refuse 10 of 13 questions that the sources answer; this one, 3."""
LEAST_PASSAGE = 32
"""Tokens. A prompt takes no more passages than could have this many each; the last ones, the worst, are left out."""


def build_prompt(tokenizer: Any, question: str, passages: Sequence[str], budget: int) -> list[int]:
    """Token ids in the model's chat format, at most `budget` (as long as that leaves room for the instruction).

    `tokenizer` is transformers' fast one, with a chat template. The question gets a quarter of the room at most, the
    passages share the rest fairly; what is too long is cut at its end, at a word.
    """
    control = [token.content for token in tokenizer.added_tokens_decoder.values() if token.special]
    question = without_control_tokens(question, control)
    texts = [without_control_tokens(text, control) for text in passages[: budget // LEAST_PASSAGE]]
    lengths = [len(_tokens(tokenizer, text)) for text in texts]
    room = budget - len(_render(tokenizer, "", [""] * len(texts)))
    while True:
        asked = _cut(tokenizer, question, room // 4)
        shares = fair_shares(lengths, room - len(_tokens(tokenizer, asked)))
        shown = [_cut(tokenizer, text, share) for text, share in zip(texts, shares, strict=True)]
        ids = _render(tokenizer, asked, shown)
        # Tokens differ at the seams between the parts, so the sum may be a few tokens off.
        if len(ids) <= budget or room <= 0:
            return ids
        room -= len(ids) - budget


def fair_shares(lengths: Sequence[int], budget: int) -> list[int]:
    """How much of `budget` each length gets: all it needs, or an equal part of what the shorter ones leave.

    `[10, 500, 900]` with a budget of 300 gives `[10, 145, 145]`.
    """
    shares = [0] * len(lengths)
    left, waiting = max(0, budget), len(lengths)
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        shares[place] = min(lengths[place], left // waiting)
        left -= shares[place]
        waiting -= 1
    return shares


def without_control_tokens(text: str, control: Iterable[str]) -> str:
    """`text` with the model's control tokens spelt apart, so that no document can end its turn and begin another."""
    for token in control:
        text = text.replace(token, f"{token[:1]} {token[1:]}")
    return text


def messages(question: str, passages: Sequence[str]) -> list[dict[str, str]]:
    """The conversation, in the form that chat templates take."""
    sources = "\n\n".join(f"[{number}] {text}" for number, text in enumerate(passages, start=1))
    user = f"{sources or 'There are no sources.'}\n\n{INSTRUCTION}\n\nQuestion: {question}"
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": user}]


def _render(tokenizer: Any, question: str, passages: Sequence[str]) -> list[int]:
    conversation = messages(question, passages)
    return _tokens(tokenizer, tokenizer.apply_chat_template(conversation, add_generation_prompt=True, tokenize=False))


def _tokens(tokenizer: Any, text: str) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def _cut(tokenizer: Any, text: str, limit: int) -> str:
    """`text`, or its longest beginning of whole words within `limit` tokens."""
    spans = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
    if len(spans) <= limit:
        return text
    # The last word goes, for the limit may be inside it.
    words = text[: spans[limit - 1][1]].rsplit(maxsplit=1) if limit > 0 else []
    return words[0] if words else ""
