"""What can go wrong on the way to the bus and the bucket, each with one line for the user."""


class BusUnavailable(Exception):
    """Kafka did not answer in time."""


class TooLargeForBus(Exception):
    """A record is larger than the broker takes; trying again does not help."""


class BucketUnavailable(Exception):
    """The object store did not answer, or refused."""


class NoReply(Exception):
    """No terminal reply came in time. The question may still be answered: its reply stays on the topic."""
