"""What the generator is told: a short instruction, the numbered sources and the question, within a token budget."""

from collections.abc import Iterable, Sequence

from workers.ports.generator import NOT_FOUND

SYSTEM = "You answer questions from the given sources only."
INSTRUCTION = f"Answer in one or two sentences from the sources only. If they do not say, reply exactly: {NOT_FOUND}"


def messages(question: str, passages: Sequence[str]) -> list[dict[str, str]]:
    """The conversation, in the form that chat templates take."""
    sources = "\n\n".join(f"Source {number}: {text}" for number, text in enumerate(passages, start=1))
    user = f"{sources or 'There are no sources.'}\n\nQuestion: {question}\n{INSTRUCTION}"
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": user}]


def fair_shares(lengths: Sequence[int], budget: int) -> list[int]:
    """How much of `budget` each length gets: all it needs, or an equal part of what the shorter ones leave.

    >>> fair_shares([10, 500, 900], 300)
    [10, 145, 145]
    """
    shares = [0] * len(lengths)
    waiting = len(lengths)
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        shares[place] = min(lengths[place], max(0, budget) // waiting)
        budget -= shares[place]
        waiting -= 1
    return shares


def without_control_tokens(text: str, control: Iterable[str]) -> str:
    """`text` with the model's control tokens spelt apart, so that no document can end its turn and begin another."""
    for token in control:
        text = text.replace(token, f"{token[:1]} {token[1:]}")
    return text
