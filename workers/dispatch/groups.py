"""The consumer groups: whose committed offsets are the ledger."""

from schemas.topics import Topic


def group_of(topic: Topic) -> str:
    """The group of the dispatchers that read `topic`."""
    return f"omnibus.{topic.name}"
