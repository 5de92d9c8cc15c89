"""Hostile records, as those see them who read a topic as a log: the dead letters, the backlog, the status."""

from producers.dead_letters.box import Selection, open_box
from producers.kafka import Publisher
from producers.log import TopicLog
from workers.adapters.bus.backlog import KafkaBacklog

FOREIGN = "n\udcff\udcc3me"
"""A header name of the bytes `n FF C3 me`."""


def test_a_dead_letter_with_a_header_name_that_is_not_utf_8_is_listed_like_those_behind_it(
    bootstrap: str, topic: str, publisher: Publisher
) -> None:
    publisher.publish_raw(f"{topic}.dlt", key=b"media/a", value=b"odd", headers=[(FOREIGN, b"2")])
    publisher.publish_raw(f"{topic}.dlt", key=b"media/b", value=b"even")
    with TopicLog(bootstrap) as log:
        found = [letter for letter, _ in open_box(log, f"{topic}.dlt").letters(Selection())]
    assert [letter.key for letter in found] == [b"media/a", b"media/b"]
    assert found[0].headers == ((FOREIGN, b"2"),)


def test_a_backlog_has_the_keys_of_such_a_record_and_of_those_behind_it(
    bootstrap: str, topic: str, publisher: Publisher
) -> None:
    publisher.publish_raw(topic, key=b"media/a", value=b"odd", headers=[(FOREIGN, b"2")])
    publisher.publish_raw(topic, key=b"media/b", value=b"even")
    waiting = KafkaBacklog(bootstrap, topic=topic, group=f"{topic}.group").waiting()
    assert [key for key, _ in waiting] == ["media/a", "media/b"]
