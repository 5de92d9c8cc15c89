"""docker-compose.yml itself: valid, pinned, closed to other machines, and complete with its .env.example."""

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from omnibus.settings import load
from omnibus.stacks.native.compose import Compose, fill

ROOT = Path(__file__).parents[3]
FILE = ROOT / "docker-compose.yml"
SCHEMA = Path(__file__).parent / "compose_spec" / "compose-spec.json"
SECRETS = dict.fromkeys(("MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD", "REDIS_PASSWORD", "WEAVIATE_API_KEY"), "0123456789")
CONTENT = yaml.safe_load(FILE.read_text())
SERVICES = CONTENT["services"]
SERVERS = ("kafka", "minio", "weaviate", "redis")
ONE_SHOT = ("setup", "models")
each_service = pytest.mark.parametrize("name", SERVICES)


def variables() -> set[str]:
    return set(re.findall(r"(?<!\$)\$\{?(\w+)", FILE.read_text()))


def docker_compose() -> list[str]:
    """The command, where it works; it needs no engine for this."""
    for command in (["docker", "compose"], ["docker-compose"]):
        found = shutil.which(command[0])
        if found and not subprocess.run([*command, "version"], capture_output=True, check=False).returncode:
            return command
    return []


def test_the_compose_specification_accepts_the_file(tmp_path: Path) -> None:
    jsonschema.validate(fill(CONTENT, SECRETS), json.loads(SCHEMA.read_text()))
    if command := docker_compose():
        env_file = tmp_path / ".env"
        env_file.write_text("".join(f"{name}={value}\n" for name, value in SECRETS.items()))
        options = ["--env-file", str(env_file), "-f", str(FILE), "config", "--quiet"]
        done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
        assert not done.returncode, done.stderr


def test_every_variable_is_in_the_example_and_nothing_else() -> None:
    named = set(re.findall(r"^(?:# )?([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert named == variables()


def test_a_secret_has_no_value_in_the_example_and_no_default() -> None:
    example = (ROOT / ".env.example").read_text().splitlines()
    assert {line for line in example if line and not line.startswith("#")} == {f"{name}=" for name in SECRETS}
    for name in SECRETS:
        assert set(re.findall(rf"\${{{name}(.*?)}}", FILE.read_text())) == {":?set it in .env, see .env.example"}


def test_git_ignores_the_secrets() -> None:
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()


@each_service
def test_an_image_is_pinned(name: str) -> None:
    assert re.fullmatch(r"[\w./-]+:\d[\w.-]*\d[\w-]*", SERVICES[name]["image"])


def test_the_image_of_our_processes_has_the_version_of_the_package() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert {SERVICES[name]["image"] for name in set(SERVICES) - set(SERVERS)} == {f"omnibus:{version}"}


@pytest.mark.parametrize("file", ["deploy/minio/Dockerfile", "deploy/omnibus/Dockerfile"])
def test_an_image_that_we_build_starts_from_pinned_ones(file: str) -> None:
    for image in re.findall(r"^FROM (\S+)", (ROOT / file).read_text(), re.MULTILINE):
        assert re.fullmatch(r"\w+:\d+\.\d+\.\d+[\w.-]*", image)


def test_the_image_of_our_processes_installs_with_the_uv_of_the_makefile() -> None:
    pin = re.search(r"UV_PIN := uv==(\S+)", (ROOT / "Makefile").read_text())
    assert pin
    assert f"ARG UV_VERSION={pin[1]}\n" in (ROOT / "deploy/omnibus/Dockerfile").read_text()


def test_the_version_of_a_server_is_in_this_file_alone() -> None:
    tags = [Compose(CONTENT).tag(name) for name in ("kafka", "weaviate", "redis")]
    tags.append(Compose(CONTENT).build_argument("minio", "MINIO_VERSION"))
    files = [ROOT / "Makefile", *(ROOT / "deploy").rglob("*"), *(ROOT / "omnibus").rglob("*.py")]
    texts = [file.read_text() for file in files if file.is_file()]
    assert not [tag for tag in tags if any(tag in text for text in texts)]


@each_service
def test_nothing_is_published_beyond_this_machine_unless_asked_for(name: str) -> None:
    published = [str(port) for port in SERVICES[name].get("ports", ())]
    assert all(port.startswith("${OMNIBUS_BIND:-127.0.0.1}:") for port in published)


@each_service
def test_a_service_has_limits_a_restart_policy_and_a_health_check(name: str) -> None:
    service = SERVICES[name]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert service["restart"] in ({"on-failure:5"} if name in ONE_SHOT else {"unless-stopped"})
    assert service["healthcheck"].get("disable", False) == (name in ONE_SHOT)


@each_service
def test_a_machine_with_two_cores_starts_every_service(name: str) -> None:
    limits = fill(SERVICES[name]["deploy"]["resources"]["limits"], SECRETS)
    assert float(limits["cpus"]) <= 2


@pytest.mark.parametrize("name", sorted(set(SERVICES) - set(SERVERS)))
def test_any_setting_of_our_processes_can_be_set_in_the_env_file(name: str) -> None:
    assert SERVICES[name]["env_file"] == [{"path": ".env", "required": False}]


def test_what_needs_the_models_waits_until_they_are_there() -> None:
    waiting = {name for name, service in SERVICES.items() if "models" in service.get("depends_on", {})}
    assert waiting == {"reconciler", "ingest-light", "ingest-heavy", "answer"}


@pytest.mark.parametrize("name", SERVERS)
def test_what_a_server_keeps_is_on_a_named_volume(name: str) -> None:
    volumes = Compose(CONTENT).service(name, SECRETS).volumes
    assert volumes
    assert set(volumes.values()) <= set(CONTENT["volumes"])


@each_service
def test_a_service_waits_until_what_it_needs_is_healthy_or_done(name: str) -> None:
    needs: dict[str, Any] = SERVICES[name].get("depends_on", {})
    for other, how in needs.items():
        done = other in ONE_SHOT
        assert how == {"condition": "service_completed_successfully" if done else "service_healthy"}


@pytest.mark.parametrize("name", sorted(set(SERVICES) - set(SERVERS)))
def test_the_environment_of_our_processes_is_made_of_settings(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = Compose(CONTENT).service(name, SECRETS).environment
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    settings = load()
    assert settings.stack == "services"
    assert settings.weaviate_key == SECRETS["WEAVIATE_API_KEY"]
    assert SECRETS["REDIS_PASSWORD"] in settings.redis


def test_a_process_beats_into_the_file_that_its_health_check_looks_at() -> None:
    for name in set(SERVICES) - set(SERVERS) - set(ONE_SHOT):
        service = SERVICES[name]
        assert service["healthcheck"]["test"][-1] == service["command"][service["command"].index("--heartbeat") + 1]
