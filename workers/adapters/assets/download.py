"""One file over HTTP that survives broken connections and killed processes. Which file and why is for the sources."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

_CHUNK_BYTES = 1 << 18
_TIMEOUT_S = (5.0, 30.0)
"""To connect, and between two pieces of an answer."""
_TRIES_WITHOUT_A_BYTE = 3


class SourceFailed(Exception):
    """This source cannot deliver; its text is a clause that fits into a sentence. The next source may be tried."""


def open_session() -> requests.Session:
    """A session that repeats requests which were not answered, or with 429 or 5xx, twice (after 0 and 0.4 s)."""
    retry = Retry(
        total=2,
        backoff_factor=0.2,
        status_forcelist=(429, 500, 502, 503, 504),
        raise_on_status=False,
        respect_retry_after_header=False,
    )
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    return session


def sha256_of(path: Path) -> str:
    """The file's sha256 in lower-case hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def download(
    session: requests.Session,
    url: str,
    target: Path,
    *,
    name: str,
    sha256: str | None,
    seen: Callable[[float], None],
    headers: Mapping[str, str] | None = None,
) -> None:
    """Put what `url` holds at `target`, going on where an earlier call for the same target stopped.

    `name` is what errors call it. `seen` hears the fraction that is there. What does not have the `sha256` (when one
    is known) is thrown away and fetched once more. Raises `SourceFailed`.
    """
    if target.exists():
        return
    partial = target.with_name(target.name + ".partial")
    for _ in range(2):
        _complete(session, url, partial, name=name, seen=seen, headers=dict(headers or {}))
        if sha256 is None or sha256_of(partial) == sha256:
            partial.replace(target)
            return
        partial.unlink()
    raise SourceFailed(f"{name} came with a wrong checksum, twice")


def _complete(
    session: requests.Session,
    url: str,
    partial: Path,
    *,
    name: str,
    seen: Callable[[float], None],
    headers: dict[str, str],
) -> None:
    """Append to `partial` until the server has no more, through broken connections as long as each brings a byte."""
    fruitless = 0
    while True:
        before = _size(partial)
        try:
            return _append(session, url, partial, name=name, seen=seen, headers=headers)
        except requests.RequestException as error:
            fruitless = 0 if _size(partial) > before else fruitless + 1
            if fruitless == _TRIES_WITHOUT_A_BYTE:
                raise SourceFailed(f"the connection for {name} breaks off") from error


def _append(
    session: requests.Session,
    url: str,
    partial: Path,
    *,
    name: str,
    seen: Callable[[float], None],
    headers: dict[str, str],
) -> None:
    """Ask for the rest (RFC 9110, 14.2 Range) and append it; a server that sends everything again starts it anew."""
    start = _size(partial)
    # Without "identity" a server may compress, and then the positions of Range mean something else.
    wanted = {**headers, "Accept-Encoding": "identity", **({"Range": f"bytes={start}-"} if start else {})}
    with session.get(url, headers=wanted, stream=True, timeout=_TIMEOUT_S) as response:
        if response.status_code == requests.codes.requested_range_not_satisfiable and start:
            return  # All of it was there already; the checksum tells.
        if response.status_code >= 400:
            raise SourceFailed(f"the server of {name} answered {response.status_code}")
        there = start if response.status_code == requests.codes.partial_content else 0
        total = there + int(response.headers.get("Content-Length", 0))
        with partial.open("ab" if there else "wb") as file:
            for chunk in response.iter_content(_CHUNK_BYTES):
                there += file.write(chunk)
                seen(there / total if total else 0.0)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
