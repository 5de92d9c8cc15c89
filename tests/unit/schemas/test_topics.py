"""Topics: each dead-letter topic belongs to one that is read."""

from schemas.topics import MEDIA_EVENTS, QUERIES, TOPICS


def test_dead_letters_of_a_topic_are_next_to_it_and_keyed_alike() -> None:
    assert MEDIA_EVENTS.dead_letters.name == "media.events.dlt"
    assert MEDIA_EVENTS.dead_letters.keyed_by == MEDIA_EVENTS.keyed_by


def test_a_stack_makes_the_dead_letter_topics_of_all_that_dispatchers_read() -> None:
    names = [topic.name for topic in TOPICS]
    assert len(set(names)) == len(names)
    assert {MEDIA_EVENTS.dead_letters.name, QUERIES.dead_letters.name} <= set(names)
