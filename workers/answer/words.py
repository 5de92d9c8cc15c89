"""Words and sentences: what an answer says that its question did not, and where a source says it."""

import re
from collections.abc import Sequence

WORD = re.compile(r"\w+(?:[.,:]\d+)*")
SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s+")
UNSAID = re.compile(
    r"\b(?:not|no|neither|nor)\b[^.]{0,40}"
    r"\b(?:mention|specif|stat(?:e|ed)\b|provid|inform|given|say\b|found\b|contain)",
    re.IGNORECASE,
)
"""How a model words it that the sources do not say, when it does not use the words that it was told to use."""
STEM = 5
"""Letters that two forms of a word share; longer words are compared by these alone ("opened", "opening")."""
COMMON_WORDS = (
    "a about according after all also an and any are as at be been being but by can could did do does for from "
    "had has have he her his how i if in into is it its may more most no not of on one only or other our out "
    "photo picture shown shows she so some source sources such than that the their them then there these they "
    "this those to was we were what when where which who will with would yes you your"
)
COMMON = frozenset(COMMON_WORDS.split())


def sentences(text: str) -> list[str]:
    """The sentences of `text`, without the white space between them."""
    return [part.strip() for part in SENTENCE_END.split(text.strip()) if part.strip()]


def telling_words(text: str) -> set[str]:
    """The words of `text` that say something, in lower case and cut to their stem; numbers whole."""
    words = (match.group().lower() for match in WORD.finditer(text))
    return {word if word[0].isdigit() else word[:STEM] for word in words if word not in COMMON}


def new_words(answer: str, question: str) -> set[str]:
    """What the answer says that the question did not."""
    return telling_words(answer) - telling_words(question)


def numbers(words: set[str]) -> set[str]:
    """Those of the words that are numbers, dates or times."""
    return {word for word in words if word[0].isdigit()}


def says_nothing(text: str) -> bool:
    """Whether a sentence only says that the sources do not say."""
    return UNSAID.search(text) is not None


def share_found(words: set[str], sources: Sequence[str]) -> float:
    """The share of `words` that the sources have, in [0, 1]; 1.0 for no words."""
    if not words:
        return 1.0
    known = set[str]().union(*(telling_words(source) for source in sources))
    return len(words & known) / len(words)
