"""What the doctor says of a Kafka that it cannot use: each kind of listener, and what is no Kafka at all."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from kafka_listeners import NOWHERE, kafka_listeners

from omnibus.doctor.finding import Fault
from omnibus.doctor.kafka import check_broker, reach_kafka
from omnibus.settings import Settings


@pytest.fixture(scope="module")
def listeners() -> Iterator[dict[str, str]]:
    with TemporaryDirectory(prefix="omnibus-") as folder, kafka_listeners(Path(folder)) as running:
        yield running


def reach(address: str) -> str:
    with pytest.raises(Fault) as fault:
        reach_kafka(Settings(stack="services", kafka=address))
    return str(fault.value)


def test_a_plain_listener_can_be_used(listeners: dict[str, str]) -> None:
    (finding,) = check_broker(Settings(stack="services", kafka=listeners["PLAIN"]))
    assert finding.line == f"the broker at {listeners['PLAIN']} answers as Kafka 4.1 does"


@pytest.mark.parametrize(("listener", "wanted"), [("SASL", "SASL"), ("TLS", "TLS"), ("BOTH", "TLS")])
def test_a_listener_that_wants_more_is_told_from_one_that_is_not_there(
    listeners: dict[str, str], listener: str, wanted: str
) -> None:
    told = reach(listeners[listener])
    assert f"{listeners[listener]} wants {wanted}" in told
    assert "name a PLAINTEXT listener in OMNIBUS_KAFKA" in told


def test_a_broker_that_sends_its_clients_to_another_address_is_found_out(listeners: dict[str, str]) -> None:
    told = reach(listeners["LOST"])
    assert f"sends its clients to {NOWHERE}" in told
    assert "port 29092" in told


def test_one_broker_of_a_list_that_answers_is_enough(listeners: dict[str, str]) -> None:
    assert reach_kafka(Settings(stack="services", kafka=f"{NOWHERE},{listeners['PLAIN']}")).versions
