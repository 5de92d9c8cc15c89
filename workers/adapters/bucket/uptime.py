"""How long the object store has been running, as MinIO's admin API tells it (`mc admin info`)."""

import json

from minio import MinioAdmin
from minio.credentials import StaticProvider
from minio.error import MinioAdminException
from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from workers.errors import ServiceUnavailable

REACH_S = 2.0


class MinioUptime:
    """Asks the MinIO at `http://host:port` or `https://host:port`; the key needs the right `admin:ServerInfo`."""

    def __init__(self, endpoint: str, access_key: str, secret_key: str) -> None:
        scheme, _, host = endpoint.partition("://")
        self._endpoint = endpoint
        self._admin = MinioAdmin(
            endpoint=host,
            credentials=StaticProvider(access_key, secret_key),
            secure=scheme == "https",
            http_client=PoolManager(timeout=Timeout(connect=REACH_S, read=REACH_S), retries=Retry(total=0)),
        )

    def seconds(self) -> float | None:
        """Since its start, in whole seconds, of the server that was started last where there are several.

        None where the store does not tell. Raises `ServiceUnavailable` when it does not answer.
        """
        try:
            servers = json.loads(self._admin.info())["servers"]
            # In its first second, it leaves the number out.
            uptimes = [float(server.get("uptime", 0)) for server in servers if server["state"] == "online"]
        except (HTTPError, OSError) as error:
            raise ServiceUnavailable(f"the object store at {self._endpoint} does not answer: {error}") from error
        except (MinioAdminException, ValueError, KeyError, TypeError):
            return None
        return min(uptimes, default=None)
