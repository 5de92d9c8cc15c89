"""The bucket's notifications: which changes MinIO reports, and through which of its Kafka targets.

Two targets carry the same events to the same topic: `fast` delivers in milliseconds and loses them while Kafka is away,
`durable` keeps them on disk and delivers within seconds. What comes twice is dropped by the dispatcher.
Source: MinIO, "Publish Events to Kafka"; measured in docs/decisions/008-two-notification-targets.md.
"""

from minio import Minio
from minio.error import MinioException, S3Error
from minio.notificationconfig import NotificationConfig, QueueConfig
from urllib3.exceptions import HTTPError

from producers.errors import BucketUnavailable
from schemas.notification import CONTENT_EVENTS

TARGETS = ("fast", "durable")
EVENTS = tuple(f"s3:Object{'Removed' if name.startswith('Delete') else 'Created'}:{name}" for name in CONTENT_EVENTS)
"""By name: `s3:ObjectCreated:*` would report tagging too, which changes nothing that is indexed."""


def set_up_notifications(client: Minio, bucket: str) -> list[str]:
    """Have the bucket report changes to both targets; a line for each that had to be set.

    Other notifications of the bucket stay as they are. Raises `BucketUnavailable`, with the remedy where the server has
    no such target.
    """
    missing = missing_targets(client, bucket)
    if missing:
        try:
            client.set_bucket_notification(bucket, _with_ours(client.get_bucket_notification(bucket)))
        except (MinioException, HTTPError) as error:
            raise BucketUnavailable(f"cannot set the notifications of bucket {bucket}: {_reason(error)}") from error
    return [f"bucket {bucket} reports its changes to target {target}" for target in missing]


def missing_targets(client: Minio, bucket: str) -> list[str]:
    """Those of our targets that the bucket does not report all its changes to. Raises `BucketUnavailable`."""
    try:
        found = client.get_bucket_notification(bucket)
    except (MinioException, HTTPError) as error:
        raise BucketUnavailable(f"cannot read the notifications of bucket {bucket}: {_reason(error)}") from error
    complete = {queue.queue for queue in found.queue_config_list or () if _is_complete(queue)}
    return [target for target in TARGETS if _arn(target) not in complete]


def _with_ours(found: NotificationConfig) -> NotificationConfig:
    ours = {_arn(target) for target in TARGETS}
    others = [queue for queue in found.queue_config_list or () if queue.queue not in ours]
    return NotificationConfig(
        cloud_func_config_list=found.cloud_func_config_list,
        queue_config_list=[*others, *(QueueConfig(queue=arn, events=list(EVENTS)) for arn in sorted(ours))],
        topic_config_list=found.topic_config_list,
    )


def _is_complete(queue: QueueConfig) -> bool:
    unfiltered = not (queue.prefix_filter_rule or queue.suffix_filter_rule)
    return unfiltered and set(EVENTS) <= set(queue.events)


def _arn(target: str) -> str:
    return f"arn:minio:sqs::{target}:kafka"


def _reason(error: Exception) -> str:
    if isinstance(error, S3Error) and "destination ARN" in (error.message or ""):
        return (
            "the server has no Kafka targets `fast` and `durable`; set MINIO_NOTIFY_KAFKA_ENABLE_fast=on and its like, "
            "as docker-compose.yml does, and restart it"
        )
    return str(error)
