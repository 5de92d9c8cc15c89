"""Installing servers: complete or not there, once however many ask, and a line when a tool is missing."""

from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from omnibus.stacks.credentials import Credentials
from omnibus.stacks.errors import StackFailed
from omnibus.stacks.native.cache import filled_once
from omnibus.stacks.native.compose import Compose, project_files
from omnibus.stacks.native.install import Program, Server, all_servers, demand, install_all
from omnibus.stacks.native.tools import Tool, run, version_of


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a program in the PATH from lines of shell."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")

    def make(name: str, lines: str) -> Path:
        file = programs / name
        file.write_text(f"#!/bin/sh\n{lines}\n")
        file.chmod(0o755)
        return file

    return make


def test_a_server_is_installed_once(tmp_path: Path) -> None:
    folder = tmp_path / "server-1"
    assert filled_once(folder, lambda partial: (partial / "program").touch())
    assert not filled_once(folder, lambda _: pytest.fail("it is there"))
    assert (folder / "program").exists()


def test_an_install_that_failed_leaves_nothing_and_may_be_tried_again(tmp_path: Path) -> None:
    folder = tmp_path / "server-1"

    def half(partial: Path) -> None:
        (partial / "half").touch()
        raise StackFailed("the network is away")

    with pytest.raises(StackFailed):
        filled_once(folder, half)
    assert [path.name for path in tmp_path.iterdir()] == ["locks"]
    filled_once(folder, lambda partial: (partial / "program").touch())
    assert [path.name for path in folder.iterdir()] == ["program"]


def test_what_a_killed_install_left_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / ".partial-server-1").mkdir()
    (tmp_path / ".partial-server-1" / "half").touch()
    filled_once(tmp_path / "server-1", lambda partial: (partial / "program").touch())
    assert [path.name for path in (tmp_path / "server-1").iterdir()] == ["program"]


def test_of_two_installs_at_once_one_does_the_work(tmp_path: Path) -> None:
    fills: list[Path] = []
    threads = [Thread(target=filled_once, args=(tmp_path / "server-1", fills.append)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fills) == 1


def test_a_tool_that_is_missing_is_named_with_its_remedy(script: Any) -> None:
    del script
    with pytest.raises(StackFailed, match=r"nonesuch 1\.2 or newer is needed and not installed; get it there"):
        Tool("nonesuch", (1, 2), ("version",), "get it there").path()


def test_a_missing_tool_is_told_before_anything_is_installed(script: Any, tmp_path: Path) -> None:
    script("go", "test $1 = version && echo 'go version go1.26.8'")
    script("java", "echo 'openjdk version \"17.0.1\"'")
    script("mvn", "echo 'Apache Maven 3.1.0'")
    said: list[str] = []
    with pytest.raises(StackFailed, match=r"mvn 3\.6 or newer is needed, and .* is 3\.1; .*apt-get install maven"):
        install_all(Compose.read(project_files() / "docker-compose.yml"), said.append, tmp_path / "servers")
    assert not said


def test_a_tool_that_is_too_old_is_named_with_the_version_that_it_has(script: Any) -> None:
    script("gone", "echo gone version 1.25.9 linux")
    with pytest.raises(StackFailed, match=r"gone 1\.26 or newer is needed, and .*gone is 1\.25; get it there"):
        Tool("gone", (1, 26), ("version",), "get it there").path()


@pytest.mark.parametrize(
    ("says", "version"),
    [
        ("echo 'go version go1.26.8 linux/amd64'", (1, 26)),
        ("echo 'openjdk version \"21\" 2023-09-19' >&2", (21, 0)),
        ("printf '\\033[1mApache Maven 3.8.7\\033[m\\n'", (3, 8)),
        ("echo 'Redis server v=7.0.15 sha=00000000:0'", (7, 0)),
        ("echo no idea", None),
    ],
)
def test_a_tool_s_version_is_read_from_what_it_says(script: Any, says: str, version: tuple[int, int] | None) -> None:
    assert version_of(str(script("tool", says)), ()) == version


def test_a_tool_that_fails_is_one_line_with_its_complaint(script: Any, tmp_path: Path) -> None:
    tool = script("tool", "echo trying; echo 'cannot reach the proxy' >&2; echo >&2; exit 1")
    with pytest.raises(StackFailed, match=r"^tool failed: cannot reach the proxy; check the network, .*$"):
        run([tool], cwd=tmp_path)


def test_a_server_that_is_not_installed_says_how_to_get_it(tmp_path: Path) -> None:
    server = Server("server", "1", (), "by hand", lambda _: None, lambda folder: Program((str(folder),)))
    with pytest.raises(StackFailed, match=r"server 1 is not on this machine; install it with `make servers`"):
        demand(server, tmp_path)


def test_the_servers_have_the_versions_of_the_compose_file() -> None:
    compose = Compose.read(project_files() / "docker-compose.yml")
    versions = {server.name: server.version for server in all_servers(compose)}
    assert versions == {
        "kafka": compose.tag("kafka"),
        "weaviate": compose.tag("weaviate"),
        "minio": compose.build_argument("minio", "MINIO_VERSION"),
        # The system's Redis may be of another minor version.
        "redis": compose.tag("redis").partition(".")[0],
    }


def test_credentials_that_an_earlier_version_wrote_are_kept_and_completed(tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    file.write_text('{"access_key": "a", "secret_key": "b", "redis_password": "c", "bridge_token": "d"}')
    completed = Credentials.of(file)
    assert (completed.access_key, completed.redis_password) == ("a", "c")
    assert len(completed.weaviate_key) == 40
    assert Credentials.of(file) == completed
