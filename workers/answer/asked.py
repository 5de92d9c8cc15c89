"""A question on its way: what was asked, by whom, until when; kept in the cache while tasks carry only its id."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from schemas.questions import QueryRequested
from workers.answer.once import reply_key, whose
from workers.errors import WorkLost
from workers.ports.cache import Cache

MARGIN_S = 60
"""How much longer than its deadline a question is kept, for the reply that says that it passed."""


@dataclass(frozen=True, slots=True)
class ReplyTo:
    """Whose question it is, and where the replies go."""

    request_id: str
    topic: str
    tenant: str
    traceparent: str = ""
    asked_at: str = ""
    """The record that asked: `topic:partition:offset`."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question with its envelope. `deadline` is in UTC."""

    reply_to: ReplyTo
    query: QueryRequested
    deadline: datetime

    @property
    def request_id(self) -> str:
        """The id that its replies carry."""
        return self.reply_to.request_id


class Questions:
    """Questions by request id, in the shared cache."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def put(self, asked: Asked) -> None:
        """Keep the question until a little after its deadline."""
        left = asked.deadline - datetime.now(UTC) + timedelta(seconds=MARGIN_S)
        body = {
            "query": asked.query.model_dump(mode="json"),
            "reply_to": asdict(asked.reply_to),
            "deadline": asked.deadline.isoformat(),
        }
        ttl_s = max(MARGIN_S, int(left.total_seconds()))
        self._cache.put_many({_key(asked.request_id): json.dumps(body).encode()}, ttl_s=ttl_s)

    def get(self, request_id: str) -> Asked:
        """The question. Raises `WorkLost` when the cache has lost it: the dispatcher will put it there again."""
        return self.look(request_id)[0]

    def look(self, request_id: str) -> tuple[Asked, bool]:
        """The question, and whether it has its terminal reply, in one round trip. Raises as `get`."""
        found, reply = self._cache.get_many([_key(request_id), reply_key(request_id)])
        if found is None:
            raise WorkLost(f"question {request_id} is no longer in the cache")
        body = json.loads(found)
        asked = Asked(
            reply_to=ReplyTo(**body["reply_to"]),
            query=QueryRequested.model_validate(body["query"]),
            deadline=datetime.fromisoformat(body["deadline"]),
        )
        return asked, whose(reply) is not None


def _key(request_id: str) -> str:
    return f"question:{request_id}"
