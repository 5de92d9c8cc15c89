"""Generation: an answer from the retrieved sources, or the reason why there is none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from schemas.questions import QueryRequested
from workers.answer.fuse import evidence
from workers.answer.words import new_words, numbers, says_nothing, share_found
from workers.domain.answer import Answer, Source
from workers.domain.hit import FusedHit
from workers.domain.segment import StoredSegment
from workers.ports.generator import NOT_FOUND, Generator, Passage

SOURCES = 3
"""Segments that the model is shown at most: reading them is most of an answer's time on a CPU."""
SUPPORTED = 0.5
"""Least share of the answer's new words that the sources must have; see docs/decisions/004-refusal.md."""

NOTHING_FOUND = "nothing in the index is close enough to the question"
NOT_SAID = "the sources that were found do not say"
NOT_BORNE_OUT = "the sources that were found do not bear out what the model wrote"


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes answers. `floors`: retriever -> score below which a hit is no evidence; `max_tokens` of an answer."""

    generator: Generator
    floors: Mapping[str, float]
    max_tokens: int

    def warm(self) -> None:
        """Load the model. Raises `ModelUnavailable`."""
        self.generator.generate("Are you there?", [Passage("Yes.")], max_tokens=1)

    def sources(self, hits: Sequence[FusedHit], segments: Mapping[str, StoredSegment]) -> list[Source]:
        """The segments that the model is shown, best first: evidence only, with words in it."""
        chosen = [segments[hit.segment_id] for hit in evidence(hits, self.floors) if hit.segment_id in segments]
        return [Source(number, segment) for number, segment in enumerate((s for s in chosen if s.text), start=1)][
            :SOURCES
        ]

    def write(
        self,
        query: QueryRequested,
        seen: str,
        sources: Sequence[Source],
        *,
        on_text: Callable[[str], None] | None,
        should_stop: Callable[[], bool],
    ) -> Answer:
        """An answer without citations yet, or a refusal. `seen` is what the question's own picture shows."""
        if not sources:
            return Answer(None, refused=NOTHING_FOUND)
        question = wording(query.text, seen)
        texts = [source.segment.text for source in sources]
        written = self.generator.generate(
            question,
            [Passage(text) for text in texts],
            max_tokens=self.max_tokens,
            on_text=on_text,
            should_stop=should_stop,
        ).text.strip()
        if not written or written == NOT_FOUND or says_nothing(written):
            return Answer(None, refused=NOT_SAID)
        return Answer(written) if _borne_out(written, question, texts) else Answer(None, refused=NOT_BORNE_OUT)


def _borne_out(written: str, question: str, texts: Sequence[str]) -> bool:
    """Whether the sources have what the answer says anew: most of its words, and every number."""
    new = new_words(written, question)
    return share_found(new, texts) >= SUPPORTED and share_found(numbers(new), texts) == 1.0


def wording(text: str | None, seen: str) -> str:
    """The question as the model reads it: in words also where it was asked with a picture."""
    if not seen:
        return text or ""
    return f"{text or 'What is this?'} (The picture that comes with the question shows: {seen}.)"
