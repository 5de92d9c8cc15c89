"""Setting up the servers of the services stack: topics, buckets, notifications."""

from omnibus.settings import Settings
from producers.s3 import s3_client
from producers.setup.buckets import set_up_buckets
from producers.setup.notifications import set_up_notifications
from producers.setup.topics import other_partitions, set_up_topics
from schemas.topics import TOPICS

PATIENCE_S = 5.0
"""How long the object store, which is known to answer, may refuse to make a bucket."""


def set_up(settings: Settings) -> tuple[list[str], list[str]]:
    """Make what is missing. What was changed, and what is not as it should be but was left alone: a line each.

    Raises `BusUnavailable` and `BucketUnavailable`.
    """
    client = s3_client(settings.s3, settings.access_key, settings.secret_key)
    topics = {topic.name: topic.partitions for topic in TOPICS}
    changed = [
        *set_up_topics(settings.kafka, topics),
        *set_up_buckets(client, (settings.bucket, settings.question_bucket), patience_s=PATIENCE_S),
        *set_up_notifications(client, settings.bucket),
    ]
    return changed, other_partitions(settings.kafka, topics)
