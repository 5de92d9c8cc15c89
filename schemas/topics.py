"""The topics: what each carries, and what its records are keyed by. The only place where a topic's name is written."""

from dataclasses import dataclass

DEAD_LETTER_SUFFIX = ".dlt"


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. `keyed_by` says what orders its records: those of one key share a partition."""

    name: str
    keyed_by: str
    carries: str
    partitions: int = 4

    @property
    def dead_letters(self) -> "Topic":
        """Where records go that cannot be processed: the original key, bytes and headers, and the reason."""
        return Topic(self.name + DEAD_LETTER_SUFFIX, self.keyed_by, f"dead letters of {self.name}", partitions=1)


MEDIA_EVENTS = Topic("media.events", "bucket/key", "the bucket's notifications, as MinIO writes them")
QUERIES = Topic("rag.queries", "request id", "QueryRequested, QueryCancelled")
REPLIES = Topic("rag.replies", "request id", "AnswerDelta, AnswerCompleted, AnswerFailed")
INDEX_EVENTS = Topic("rag.index-events", "bucket/key", "MediaIndexed, MediaRemoved, MediaRejected, MediaProgressed")

READ_BY_DISPATCHERS = (MEDIA_EVENTS, QUERIES)
"""The topics that have dead letters."""

TOPICS = (MEDIA_EVENTS, QUERIES, REPLIES, INDEX_EVENTS, MEDIA_EVENTS.dead_letters, QUERIES.dead_letters)
"""Every topic that a stack needs before it can work."""
