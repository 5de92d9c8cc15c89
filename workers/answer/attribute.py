"""Attribution: each sentence of an answer leads to the source that bears it out.

After the fact, by meaning and by shared new words: asked to cite by itself, a small model is right too rarely
(docs/decisions/005-citations-after-the-fact.md has the comparison).
"""

import re
from collections.abc import Sequence

from workers.answer.words import new_words, sentences, share_found
from workers.domain.answer import Answer, Citation, Source
from workers.domain.segment import MOVING_PICTURE, SCENE
from workers.ports.encoders import TextEncoder

PARAGRAPH_END = re.compile(r"\n\s*\n")
SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？")


def attribute(answer: Answer, question: str, sources: Sequence[Source], encoder: TextEncoder) -> Answer:
    """The answer with a marker after each sentence, and the citations that the markers lead to, in order of first use.

    A refusal comes back as it is.
    """
    if answer.text is None or not sources:
        return answer
    parts = sentences(answer.text)
    cited = [_best_source(part, question, sources, encoder) for part in parts]
    by_first_use = list(dict.fromkeys(cited))
    markers = {source: number for number, source in enumerate(by_first_use, start=1)}
    text = " ".join(f"{part} [{markers[source]}]" for part, source in zip(parts, cited, strict=True))
    return Answer(text, tuple(_citation(markers[source], source, answer.text) for source in by_first_use))


def _best_source(sentence: str, question: str, sources: Sequence[Source], encoder: TextEncoder) -> Source:
    vectors = encoder.encode([f"{question} {sentence}", *(source.segment.text for source in sources)])
    meaning = vectors[1:] @ vectors[0]
    words = new_words(sentence, question)
    scores = [
        float(cosine) + share_found(words, [source.segment.text])
        for cosine, source in zip(meaning, sources, strict=True)
    ]
    return sources[scores.index(max(scores))]


def _citation(marker: int, source: Source, answer: str) -> Citation:
    """The quote is the source's sentence with most of the answer's words; None where a model wrote the source."""
    segment = source.segment
    if segment.derived or segment.modality == "image":
        return Citation(marker, segment, None)
    words = new_words(answer, "")
    # By paragraph: a heading has no full stop, and is no part of the sentence after it.
    paragraphs = PARAGRAPH_END.split(segment.text)
    if segment.modality == "video":
        paragraphs = [each for each in paragraphs if not each.startswith((SCENE, MOVING_PICTURE))] or paragraphs
    elif len(paragraphs) > 1 and not paragraphs[0].endswith(SENTENCE_ENDS):
        # The headings above a passage may stand on another page.
        paragraphs = paragraphs[1:]
    parts = [part for paragraph in paragraphs for part in sentences(paragraph)]
    quote = max(parts, key=lambda part: len(words & new_words(part, "")))
    return Citation(marker, segment, quote)
