"""The words of a text as keyword search compares them: lower case, no accents, no stop words, stems.

For stores that do not do this by themselves. A question goes through the same function as the texts, so that both
meet in the same words.
"""

import re
import unicodedata
from functools import lru_cache
from threading import Lock

from snowballstemmer import stemmer

WORD = re.compile(r"[^\W_]+")
LONGEST = 40
"""Letters of a word at most. What is longer is no word but data, such as base64."""
STOP_WORDS = frozenset(
    {
        *("a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is", "it", "no", "not"),
        *("of", "on", "or", "such", "that", "the", "their", "then", "there", "these", "they", "this", "to", "was"),
        *("will", "with"),
    }
)
"""Words too common to find anything by: Lucene's English list (EnglishAnalyzer.ENGLISH_STOP_WORDS_SET)."""
LETTERS = str.maketrans({"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})
"""Latin letters that Unicode does not take for a letter and an accent."""

_english = stemmer("english")
_stemming = Lock()
"""A stemmer keeps the word that it is at."""


def words_of(text: str) -> list[str]:
    """The words of `text` in order, as stems (Porter2, snowballstem.org); words without a letter or digit are none."""
    plain = text.casefold()
    if not plain.isascii():
        apart = unicodedata.normalize("NFKD", plain.translate(LETTERS))
        plain = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return [_stem(word) for word in WORD.findall(plain) if word not in STOP_WORDS and len(word) <= LONGEST]


@lru_cache(maxsize=2**16)
def _stem(word: str) -> str:
    # Some 20 us a word; a text's words are mostly ones that came before.
    with _stemming:
        return str(_english.stemWord(word))
