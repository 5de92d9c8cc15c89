"""How the runner reads docker-compose.yml."""

from pathlib import Path
from typing import Any

import pytest

from omnibus.stacks.errors import StackFailed
from omnibus.stacks.native.compose import Compose, fill

ONE = {"services": {"server": {"image": "registry:5000/vendor/server:1.2.3", "environment": {"A": "a"}}}}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("$GIVEN and ${GIVEN}", "here and here"),
        ("${ABSENT:-default}", "default"),
        ("${EMPTY:-default}", "default"),
        ("${EMPTY-default}", ""),
        ("${ABSENT-}", ""),
        ("${GIVEN:-default}", "here"),
        ("${GIVEN:?message}", "here"),
        ("${EMPTY?message}", ""),
        ("a price of $$5", "a price of $5"),
        ("$${GIVEN}", "${GIVEN}"),
        ("${GIVEN:-127.0.0.1}:9000:9000", "here:9000:9000"),
    ],
)
def test_variables_are_filled_in_as_compose_does(text: str, filled: str) -> None:
    assert fill(text, {"GIVEN": "here", "EMPTY": ""}) == filled


@pytest.mark.parametrize("text", ["${ABSENT:?set it in .env}", "${ABSENT?set it in .env}", "${EMPTY:?set it in .env}"])
def test_a_variable_that_must_be_set_is_named_with_its_message(text: str) -> None:
    with pytest.raises(StackFailed, match=r"(ABSENT|EMPTY) is not set: set it in \.env"):
        fill(text, {"EMPTY": ""})


@pytest.mark.parametrize("text", ["cost: $", "${A:+other}", "${A:-${B}}", "$-x"])
def test_what_the_file_does_not_use_is_refused(text: str) -> None:
    with pytest.raises(StackFailed, match="no variable"):
        fill(text, {"A": "a"})


def test_variables_are_filled_in_below_lists_and_mappings_but_not_in_names() -> None:
    assert fill({"$A": ["$A", {"b": "$A"}, 1, None]}, {"A": "a"}) == {"$A": ["a", {"b": "a"}, 1, None]}


@pytest.mark.parametrize("environment", [{"A": "a=b", "PORT": 8080, "NONE": None}, ["A=a=b", "PORT=8080", "NONE="]])
def test_an_environment_may_be_a_mapping_or_a_list(environment: Any) -> None:
    compose = Compose({"services": {"server": {"environment": environment}}})
    assert compose.service("server", {}).environment == {"A": "a=b", "PORT": "8080", "NONE": ""}


def test_a_version_is_read_from_the_tag_without_any_variable_being_set() -> None:
    compose = Compose({"services": {"server": {**ONE["services"]["server"], "command": ["${SECRET:?}"]}}})
    assert compose.tag("server") == "1.2.3"


def test_ports_are_those_inside_the_container_published_or_not() -> None:
    entry = {"ports": ["${BIND:-127.0.0.1}:80:8080", "9000"], "expose": ["7000"]}
    assert Compose({"services": {"server": entry}}).service("server", {}).ports == (8080, 9000, 7000)


def test_a_configuration_file_has_its_variables_filled_in() -> None:
    entry = {"configs": [{"source": "one", "target": "/etc/one.conf"}]}
    compose = Compose({"services": {"server": entry}, "configs": {"one": {"content": "password $SECRET\n"}}})
    assert compose.service("server", {"SECRET": "x"}).configs == {"/etc/one.conf": "password x\n"}


def test_a_service_that_is_not_there_is_named() -> None:
    with pytest.raises(StackFailed, match="no service other"):
        Compose(ONE).tag("other")


@pytest.mark.parametrize("content", ["services: [", "just text", ""])
def test_a_file_that_is_no_compose_file_is_one_line(tmp_path: Path, content: str) -> None:
    file = tmp_path / "docker-compose.yml"
    file.write_text(content)
    with pytest.raises(StackFailed, match=r"cannot be read: [^\n]+$"):
        Compose.read(file)
