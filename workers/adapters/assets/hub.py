"""Model files from the hub, for machines that can reach it. Elsewhere it costs a few seconds once, then nothing."""

from collections.abc import Mapping
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from huggingface_hub import HfFileMetadata, get_hf_file_metadata, get_token, hf_hub_url
from huggingface_hub.errors import HfHubHTTPError

from workers.adapters.assets.download import SourceFailed, download, open_session

if TYPE_CHECKING:
    from workers.adapters.assets.catalog import AssetFile, HubFile
    from workers.adapters.assets.progress import Meter

_ASK_TIMEOUT_S = 3.0
_ANSWER_WITHIN_S = 5.0
"""In all: looking up a name has no timeout of its own, and takes tens of seconds where a firewall drops DNS."""
_TRUE = {"1", "ON", "YES", "TRUE"}
_UNREACHABLE = "the hub cannot be reached"


class HubSource:
    """Asks the hub for a file's checksum first, and downloads only what is the expected file.

    The library's own download neither resumes after a killed process nor gives up before five tries (measured: 23 s),
    so it gives the address, the token and the checksum, and the bytes come through `download`.
    Honours HF_ENDPOINT, HF_HUB_OFFLINE and TRANSFORMERS_OFFLINE as the library does.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        offline = environ.get("HF_HUB_OFFLINE") or environ.get("TRANSFORMERS_OFFLINE") or ""
        self._endpoint = environ.get("HF_ENDPOINT") or None
        self._refusal = "the hub is switched off by HF_HUB_OFFLINE" if offline.upper() in _TRUE else ""
        self._session = open_session()

    def fetch(self, file: "AssetFile", source: "HubFile", work: Path, meter: "Meter") -> Path:
        """The file, checked, in the work directory. Raises `SourceFailed`, at once after the hub was out of reach."""
        if self._refusal:
            raise SourceFailed(self._refusal)
        url = hf_hub_url(source.repo, source.path, revision=source.revision, endpoint=self._endpoint)
        etag = self._ask(url).etag or ""
        # Large files are named by their sha256, small ones by git's own hash (40 digits), which says nothing here.
        if len(etag) == len(file.sha256) and etag != file.sha256:
            raise SourceFailed(f"the hub's {source.repo} holds another {source.path} than expected")
        target = work / ("hub--" + file.name.replace("/", "--"))
        token = get_token()  # Raises rate limits; requests does not carry it on to the host that the hub points at.
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        name = f"{source.repo} on the hub"
        download(self._session, url, target, name=name, sha256=file.sha256, seen=meter.reached, headers=headers)
        return target

    def _ask(self, url: str) -> HfFileMetadata:
        """What the hub says about the file, or `SourceFailed` within a few seconds."""
        outcome: SimpleQueue[HfFileMetadata | Exception] = SimpleQueue()

        def ask() -> None:
            try:
                outcome.put(get_hf_file_metadata(url, timeout=_ASK_TIMEOUT_S, endpoint=self._endpoint))
            except Exception as error:  # noqa: BLE001 - carried to the thread that waits, which decides
                outcome.put(error)

        Thread(target=ask, name="ask-hub", daemon=True).start()
        try:
            answer = outcome.get(timeout=_ANSWER_WITHIN_S)
        except Empty:
            answer = TimeoutError(_UNREACHABLE)
        if isinstance(answer, HfHubHTTPError):
            raise SourceFailed(f"the hub answered {answer.response.status_code} for {url}") from answer
        if isinstance(answer, Exception):
            self._refusal = _UNREACHABLE
            raise SourceFailed(_UNREACHABLE) from answer
        return answer
