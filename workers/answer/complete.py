"""The completed reply: what the steps found, in the words of the message."""

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.answers import AnswerCompleted, AnswerHit, Citation, Degradation, Locator, Refusal
from workers.answer.asked import Asked
from workers.domain.hit import FusedHit
from workers.domain.segment import StoredSegment


def completed(
    asked: Asked,
    state: Mapping[str, Any],
    hits: Sequence[FusedHit],
    segments: Mapping[str, StoredSegment],
    lineage: Mapping[str, str],
) -> AnswerCompleted:
    """The reply to `asked`. What was removed from the index since it was found is left out of hits and citations."""
    found = [(hit, segments[hit.segment_id]) for hit in hits if hit.segment_id in segments]
    cited = [
        _citation(marker, segments[segment_id], quote)
        for marker, segment_id, quote in state.get("citations", ())
        if segment_id in segments
    ]
    refused = state.get("refused")
    return AnswerCompleted(
        request_id=asked.request_id,
        answer=state.get("answer"),
        citations=cited,
        hits=[_hit(hit, segment) for hit, segment in found],
        refused=Refusal(reason=refused) if refused else None,
        degraded=[Degradation(**entry) for entry in state.get("degraded", ())],
        timings_ms=state.get("timings_ms", {}),
        lineage={
            "models": dict(lineage),
            "objects": {segment.ref.key: segment.version.etag for _, segment in found},
        },
    )


def _hit(hit: FusedHit, segment: StoredSegment) -> AnswerHit:
    return AnswerHit(
        key=segment.ref.key,
        modality=segment.modality,
        locator=_locator(segment),
        score=hit.score,
        scores=hit.scores,
        text=segment.text or None,
    )


def _citation(marker: int, segment: StoredSegment, quote: str | None) -> Citation:
    return Citation(
        marker=marker, key=segment.ref.key, modality=segment.modality, locator=_locator(segment), quote=quote
    )


def _locator(segment: StoredSegment) -> Locator:
    return Locator.model_validate(segment.locator.to_dict())
