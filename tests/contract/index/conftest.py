"""Every test of the contract runs on every adapter. A new adapter is an entry in `index_adapters.ADAPTERS`."""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
from index_adapters import ADAPTERS, Home
from weaviate_server import KEY, WeaviateServer

from workers.adapters.index.weaviate_collection import connect
from workers.ports.index import Index

Homes = Callable[[str], AbstractContextManager[Home]]


@pytest.fixture(scope="session")
def new_home(request: pytest.FixtureRequest) -> Homes:
    """Where an index of this adapter may live; what it leaves there is removed afterwards."""

    @contextmanager
    def made(adapter: str) -> Iterator[Home]:
        if adapter == "lancedb":
            with TemporaryDirectory(prefix="omnibus-") as folder:
                yield Home(adapter, str(Path(folder) / "index"))
            return
        server: WeaviateServer = request.getfixturevalue("weaviate")
        alias = f"Tests{uuid4().hex}"
        yield Home(
            adapter, f"{server.url} {server.grpc} {KEY} {request.getfixturevalue('embedded_servers').redis} {alias}"
        )
        with connect(server.url, server.grpc, KEY) as client:
            client.alias.delete(alias_name=alias)
            client.collections.delete(f"{alias}_1")

    return made


@pytest.fixture(params=sorted(ADAPTERS))
def home(request: pytest.FixtureRequest, new_home: Homes) -> Iterator[Home]:
    """Where the test's index lives."""
    with new_home(request.param) as home:
        yield home


@pytest.fixture
def index(home: Home) -> Index:
    """An empty index."""
    return home.open()


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[ProcessPoolExecutor]:
    """Two other processes, which share nothing with this one."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        yield processes
