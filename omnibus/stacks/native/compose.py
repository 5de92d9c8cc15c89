"""What `docker-compose.yml` says of the servers: their versions, environment, command, ports, volumes.

Reads the part of the Compose specification that the file uses (https://github.com/compose-spec/compose-spec, chapters
05 services, 06 interpolation and 08 configs), and refuses what it does not know.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import yaml

from omnibus.stacks.errors import StackFailed

HERE = Path(__file__).parent
INSTALLED, CHECKOUT = HERE / "files", HERE.parents[2]
"""The folder of `docker-compose.yml` and `deploy`: in an installed package, and in a checkout."""
_VARIABLE = re.compile(r"\$(?:(?P<escaped>\$)|(?P<bare>\w+)|\{(?P<name>\w+)(?:(?P<how>:?[-?])(?P<text>[^{}]*))?\})?")


def project_files() -> Path:
    """The folder with `docker-compose.yml` and `deploy/`. Raises `StackFailed`."""
    for folder in (INSTALLED, CHECKOUT):
        if (folder / "docker-compose.yml").is_file():
            return folder
    raise StackFailed("docker-compose.yml is not here; run this in a checkout of the project")


@dataclass(frozen=True, slots=True)
class Service:
    """One entry of `services`, its variables filled in. Paths are those inside the container."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    ports: tuple[int, ...]
    """What it listens on, whether published or not."""
    volumes: Mapping[str, str]
    """Path -> name of the volume."""
    configs: Mapping[str, str]
    """Path -> content of the file."""
    needs: tuple[str, ...]


class Compose:
    """The file's content as it is written; `service` fills in the variables of one entry."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._services: Mapping[str, Any] = content.get("services") or {}
        self._configs: Mapping[str, Any] = content.get("configs") or {}

    @classmethod
    def read(cls, file: Path) -> Self:
        """Raises `StackFailed` when the file is not there or is no YAML mapping."""
        try:
            content = yaml.safe_load(file.read_text())
        except (OSError, yaml.YAMLError) as error:
            raise StackFailed(f"{file} cannot be read: {' '.join(str(error).split())}") from error
        if not isinstance(content, dict):
            raise StackFailed(f"{file} cannot be read: it holds no services")
        return cls(content)

    def tag(self, name: str) -> str:
        """What follows the colon in the service's image."""
        tag: str = self._entry(name)["image"].rpartition(":")[2]
        return tag

    def build_argument(self, name: str, argument: str) -> str:
        """An argument that the service's image is built with."""
        return _mapping(self._entry(name)["build"]["args"])[argument]

    def service(self, name: str, variables: Mapping[str, str]) -> Service:
        """One entry with `variables` filled in. Raises `StackFailed` for one that is missing and has no default."""
        entry = fill(self._entry(name), variables)
        files = {config["target"]: self._configs[config["source"]]["content"] for config in entry.get("configs", ())}
        volumes = (text.partition(":") for text in entry.get("volumes", ()))
        declared = [*entry.get("ports", ()), *entry.get("expose", ())]
        return Service(
            name=name,
            command=tuple(map(str, entry.get("command", ()))),
            environment=_mapping(entry.get("environment") or {}),
            ports=tuple(int(str(port).rpartition(":")[2]) for port in declared),
            volumes={target: volume for volume, _, target in volumes},
            configs={target: fill(content, variables) for target, content in files.items()},
            needs=tuple(entry.get("depends_on", ())),
        )

    def _entry(self, name: str) -> Mapping[str, Any]:
        try:
            entry: Mapping[str, Any] = self._services[name]
        except KeyError:
            raise StackFailed(f"docker-compose.yml has no service {name}") from None
        return entry


def fill(value: Any, variables: Mapping[str, str]) -> Any:
    """`value`, and whatever it holds, with `$VAR`, `${VAR}`, `${VAR:-default}`, `${VAR:?message}` and `$$` replaced.

    Without the colon, a variable that is empty counts as given. Keys stay as they are. Raises `StackFailed`.
    """
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: _replacement(found, variables), value)
    if isinstance(value, dict):
        return {key: fill(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, variables) for item in value]
    return value


def _replacement(found: re.Match[str], variables: Mapping[str, str]) -> str:
    if found["escaped"]:
        return "$"
    name = found["name"] or found["bare"]
    if not name:
        raise StackFailed(f"docker-compose.yml: a $ that is no variable, near {found.string[found.start() :][:30]!r}")
    value, how = variables.get(name), found["how"] or ""
    if value or (value is not None and ":" not in how):
        return value
    if how.endswith("-"):
        return str(found["text"])
    raise StackFailed(f"docker-compose.yml: {name} is not set: {found['text'] or 'it has no default'}")


def _mapping(given: Mapping[str, Any] | list[str]) -> dict[str, str]:
    """A mapping that may be written as a list of `NAME=value`; all values as text."""
    if isinstance(given, list):
        return dict(text.split("=", 1) for text in given)
    return {name: "" if value is None else str(value) for name, value in given.items()}
