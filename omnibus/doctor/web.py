"""One GET over HTTP, for servers that are asked without their client library."""

import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException

LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of whatever status. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class NoHttp(Exception):
    """Nothing answered, or not in HTTP."""


def get(url: str, timeout_s: float, headers: Mapping[str, str] | None = None) -> Reply:
    """The reply. Raises `NoHttp`, also for an address that is none."""
    try:
        request = urllib.request.Request(url, headers=dict(headers or {}))  # noqa: S310 - settings name the address
        try:
            reply = urllib.request.urlopen(request, timeout=timeout_s)  # noqa: S310 - the same
        except urllib.error.HTTPError as refused:
            reply = refused
        with reply:
            found = {name.lower(): value for name, value in reply.headers.items()}
            return Reply(reply.status or 0, found, reply.read(LARGEST))
    except (OSError, HTTPException, ValueError) as problem:
        raise NoHttp(str(problem)) from problem
