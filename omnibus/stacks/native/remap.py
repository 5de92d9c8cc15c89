"""Container addresses and paths in the settings of a service, replaced by those that it has on this machine."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from omnibus.stacks.errors import StackFailed
from omnibus.stacks.native.compose import Service
from omnibus.stacks.ports import HOST

_ADDRESS = re.compile(r"(?<![\w.-])(?P<host>[\w.-]*):(?P<port>\d{2,5})(?![\w.:])")
_OWN_HOSTS = {"", "localhost", "0.0.0.0", HOST}  # noqa: S104 - it is replaced
_UNSAFE = set(",;'\"{}\\\n")

Port = tuple[str, int]
"""A service, and a port inside its container."""


@dataclass(frozen=True, slots=True)
class Remap:
    """Where things are: `ports` of all services, `folders` (path in the container -> here) of this one."""

    service: str
    ports: Mapping[Port, int]
    folders: Mapping[str, Path]

    def environment(self, service: Service) -> dict[str, str]:
        """The service's environment."""
        return {name: self.value(text, label=name) for name, text in service.environment.items()}

    def command(self, service: Service) -> list[str]:
        """The service's command."""
        labels = ("", *service.command)
        return [self.value(word, label=label) for label, word in zip(labels, service.command, strict=False)]

    def config(self, text: str) -> str:
        """A configuration file with a name and a value in each line."""
        pairs = (line.partition(" ") for line in text.splitlines())
        return "".join(f"{name}{gap}{_quoted(self.value(value, label=name))}\n" for name, gap, value in pairs)

    def value(self, text: str, label: str) -> str:
        """One value. `label` is the variable, option or setting that it belongs to: only a "…port" is a bare number.

        Raises `StackFailed` for a port that its service does not declare.
        """
        if text.isdigit() and label.lower().endswith("port"):
            return str(self._port(self.service, int(text)))
        if text in _OWN_HOSTS - {""}:
            return HOST
        for folder, here in self.folders.items():
            if text == folder or text.startswith(folder + "/"):
                return f"{here}{text[len(folder) :]}"
        return _ADDRESS.sub(self._address, text)

    def _address(self, found: re.Match[str]) -> str:
        host, port = found["host"], int(found["port"])
        if host in _OWN_HOSTS:
            return f"{HOST}:{self._port(self.service, port)}"
        if any(host == service for service, _ in self.ports):
            return f"{HOST}:{self._port(host, port)}"
        return found[0]

    def _port(self, service: str, port: int) -> int:
        try:
            return self.ports[service, port]
        except KeyError:
            raise StackFailed(
                f"docker-compose.yml: port {port} of {service} is neither under `ports` nor under `expose`"
            ) from None


def demand_plain(folder: Path) -> None:
    """Raise `StackFailed` for a path that one of the servers would take for something else, such as two paths."""
    if found := sorted(_UNSAFE & set(str(folder))):
        raise StackFailed(f"the folder {str(folder)!r} has {found[0]!r} in its name; choose another one with --data")


def _quoted(value: str) -> str:
    """As Redis reads it: a path with a space needs quotes, several words need none."""
    return f'"{value}"' if " " in value and value.startswith("/") else value
