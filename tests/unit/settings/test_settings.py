"""Settings: where they come from, and what is said of a bad one."""

import json
import os
import stat
from pathlib import Path

import pytest

from omnibus.settings import PREFIX, load, write_endpoints


@pytest.fixture(autouse=True)
def _clean_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty working directory, and an environment without our variables."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def toml(text: str) -> None:
    Path("omnibus.toml").write_text(text)


def running(values: object, data: str = ".omnibus") -> None:
    """A stack that runs in this folder has written down where it is."""
    Path(data).mkdir(exist_ok=True)
    (Path(data) / "endpoints.json").write_text(json.dumps(values))


def test_without_anything_the_defaults_hold() -> None:
    settings = load()
    assert (settings.data, settings.profile, settings.kafka) == (Path(".omnibus"), "offline", "127.0.0.1:9092")


def test_what_is_given_wins_over_the_environment_over_the_file_over_the_running_stack(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    running({"kafka": "running", "s3": "running", "bucket": "running", "redis": "running"})
    assert load().kafka == "running"
    toml('kafka = "file"\ns3 = "file"\nbucket = "file"')
    monkeypatch.setenv("OMNIBUS_KAFKA", "variable")
    monkeypatch.setenv("OMNIBUS_S3", "variable")
    settings = load(kafka="given")
    assert (settings.kafka, settings.s3, settings.bucket, settings.redis) == ("given", "variable", "file", "running")


def test_what_is_given_as_none_is_not_given() -> None:
    toml('profile = "offline-small"')
    assert load(profile=None).profile == "offline-small"


def test_the_running_stack_is_looked_for_in_the_folder_that_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    running({"kafka": "by default"})
    running({"kafka": "by file"}, "one")
    running({"kafka": "by variable"}, "two")
    running({"kafka": "by option"}, "three")
    assert load().kafka == "by default"
    toml('data = "one"')
    assert load().kafka == "by file"
    monkeypatch.setenv("OMNIBUS_DATA", "two")
    assert load().kafka == "by variable"
    assert load(data=Path("three")).kafka == "by option"


def test_a_list_in_the_environment_is_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNIBUS_REPLY_TOPICS", '["a", "b.*"]')
    assert load().reply_topics == ["a", "b.*"]
    monkeypatch.setenv("OMNIBUS_REPLY_TOPICS", "a,b")
    with pytest.raises(ValueError, match=r'"reply_topics".*a list is written as JSON'):
        load()


def test_the_case_of_a_variable_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNIBUS_Batch", "7")
    assert load().batch == 7


def one_line(message: str) -> None:
    with pytest.raises(ValueError, match=message) as bad:
        load()
    assert len(str(bad.value).splitlines()) == 1


def test_an_unknown_variable_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNIBUS_KAFKAA", "x")
    one_line(r"^unknown setting OMNIBUS_KAFKAA; docs/settings\.md lists them all$")


def test_the_variable_that_shows_the_whole_error_is_no_unknown_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNIBUS_DEBUG", "1")
    assert load().kafka


def test_an_unknown_key_of_the_file_is_one_clear_line() -> None:
    toml("colour = 1")
    one_line(r"^omnibus\.toml: unknown setting colour; docs/settings\.md lists them all$")


def test_an_unknown_key_of_the_running_stack_is_one_clear_line() -> None:
    running({"colour": 1})
    one_line(r"endpoints\.json: unknown setting colour; docs/settings\.md lists them all$")


@pytest.mark.parametrize("text", ["a = = 1", "batch", "\0"])
def test_a_file_that_is_no_toml_is_one_clear_line(text: str) -> None:
    toml(text)
    one_line(r"^omnibus\.toml cannot be read: ")


@pytest.mark.parametrize("text", ["", "{", "[1]", "null"])
def test_a_state_file_that_is_broken_is_one_clear_line(text: str) -> None:
    running({})
    Path(".omnibus/endpoints.json").write_text(text)
    one_line(r"endpoints\.json cannot be read: ")


def test_each_value_of_the_wrong_kind_is_a_line() -> None:
    toml('batch = 0\ntries = "many"\nstack = "cloud"')
    with pytest.raises(ValueError, match="setting batch: ") as bad:
        load()
    assert sorted(line.partition(": ")[0] for line in str(bad.value).splitlines()) == [
        "setting batch",
        "setting stack",
        "setting tries",
    ]


def test_a_bad_value_is_not_repeated_in_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """It might be a secret that was put in the wrong place."""
    monkeypatch.setenv("OMNIBUS_BATCH", "hunter2")
    with pytest.raises(ValueError, match="setting batch") as bad:
        load()
    assert "hunter2" not in str(bad.value)


def test_secrets_are_not_shown() -> None:
    shown = repr(load(secret_key="hunter2", redis="redis://:hunter2@127.0.0.1/0"))
    assert "hunter2" not in shown


def test_the_endpoints_are_for_the_owner_s_eyes_only(tmp_path: Path) -> None:
    write_endpoints(tmp_path, {"kafka": "127.0.0.1:1", "secret_key": "hunter2"})
    file = tmp_path / "endpoints.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert load(data=tmp_path).secret_key == "hunter2"
    assert list(tmp_path.iterdir()) == [file]


def test_new_endpoints_take_the_place_of_old_ones(tmp_path: Path) -> None:
    write_endpoints(tmp_path, {"kafka": "127.0.0.1:1", "s3": "http://127.0.0.1:1"})
    write_endpoints(tmp_path, {"kafka": "127.0.0.1:2"})
    assert json.loads((tmp_path / "endpoints.json").read_text()) == {"kafka": "127.0.0.1:2"}
