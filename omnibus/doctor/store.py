"""The object store: reachable, the right keys, the two buckets, and notifications where MinIO makes them."""

from collections.abc import Mapping, Sequence

from minio import Minio
from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from urllib3.exceptions import HTTPError

from omnibus.doctor.finding import Fault, Finding, Severity, error, fault, ok, warning
from omnibus.doctor.reach import CHECK_S, STORE, listens
from omnibus.doctor.web import NoHttp, get
from omnibus.settings import Settings
from producers.errors import BucketUnavailable
from producers.s3 import s3_client
from producers.setup.notifications import TARGETS, missing_targets

KEYS = "correct OMNIBUS_ACCESS_KEY and OMNIBUS_SECRET_KEY"
REFUSED = {
    "InvalidAccessKeyId": "does not know the access key",
    "SignatureDoesNotMatch": "refuses the secret key",
    "AccessDenied": "does not let this access key use the bucket",
}
"""What an object store says of credentials, as S3's error code -> in words."""


def reach_store(settings: Settings, timeout_s: float = CHECK_S) -> Mapping[str, bool]:
    """Bucket -> whether it is there. Raises `Fault`."""
    secure = settings.s3.startswith("https://")
    if not secure and not settings.s3.startswith("http://"):
        raise Fault(f"the object store: {settings.s3!r} is no address", f"correct {STORE.variable}: http://host:port")
    listens(STORE, settings.s3, STORE.advice(settings), timeout_s, default_port=443 if secure else 80)
    client = client_of(settings, timeout_s)
    try:
        return {bucket: client.bucket_exists(bucket) for bucket in (settings.bucket, settings.question_bucket)}
    except (MinioException, HTTPError, ValueError) as problem:
        raise explained(problem, settings.s3) from problem


def demand_buckets(settings: Settings, timeout_s: float = CHECK_S) -> None:
    """Raise `Fault` when the store cannot be used, or a bucket is missing."""
    for finding in judge_buckets(reach_store(settings, timeout_s), settings.stack):
        if finding.severity is Severity.ERROR:
            raise Fault(finding.found, finding.remedy)


def check_store(settings: Settings) -> Sequence[Finding]:
    """Whether it can be used."""
    try:
        reach_store(settings)
    except Fault as found:
        return [fault("object store", found)]
    return [ok("object store", f"{_named(settings)} at {settings.s3} takes the keys")]


def check_buckets(settings: Settings) -> Sequence[Finding]:
    """Whether the buckets are there; nothing when the store cannot be used."""
    try:
        return judge_buckets(reach_store(settings), settings.stack)
    except Fault:
        return []


def check_notifications(settings: Settings) -> Sequence[Finding]:
    """Whether the bucket reports its changes; nothing where it cannot be asked."""
    try:
        if not reach_store(settings)[settings.bucket]:
            return []
        missing = missing_targets(client_of(settings, CHECK_S), settings.bucket)
    except Fault:
        return []
    except BucketUnavailable as problem:
        return [warning("notifications", str(problem), "give this access key the right s3:GetBucketNotification")]
    return [judge_notifications(missing, settings.bucket)]


def client_of(settings: Settings, timeout_s: float) -> Minio:
    """A client that tries once."""
    return s3_client(settings.s3, settings.access_key, settings.secret_key, read_s=timeout_s, tries=1)


def judge_buckets(present: Mapping[str, bool], stack: str) -> list[Finding]:
    """A missing bucket is one that nobody made yet; the embedded stack makes both at its start."""
    remedy = "make it with: omnibus setup" if stack == "services" else "start the stack again: omnibus down, omnibus up"
    missing = [error("buckets", f"bucket {name} is missing", remedy) for name, there in present.items() if not there]
    return missing or [ok("buckets", f"buckets {' and '.join(present)} are there")]


def judge_notifications(missing: Sequence[str], bucket: str) -> Finding:
    """Without either target nothing is indexed by itself; with one of them, changes come late or may be lost."""
    if not missing:
        return ok("notifications", f"bucket {bucket} reports its changes to {' and '.join(TARGETS)}")
    found = f"bucket {bucket} does not report its changes to {' and '.join(missing)}"
    level = error if set(missing) == set(TARGETS) else warning
    return level("notifications", found, "set that with: omnibus setup")


def explained(problem: Exception, url: str) -> Fault:
    """What a store's refusal means."""
    if isinstance(problem, S3Error):
        return _refusal(problem, url)
    if isinstance(problem, InvalidResponseError | ServerError):
        return Fault(f"what answers at {url} is no object store", f"correct {STORE.variable}, http or https included")
    if "SSL" in str(problem):
        return STORE.no_tls(url, problem)
    return Fault(f"the object store at {url} does not answer", f"see its log, or correct {STORE.variable}")


def _refusal(problem: S3Error, url: str) -> Fault:
    if problem.code in REFUSED:
        return Fault(f"the object store at {url} {REFUSED[problem.code]} ({problem.code})", KEYS)
    if problem.code == "RequestTimeTooSkewed":
        return Fault(f"the object store at {url} says that the clock is wrong", "set both machines' clocks by NTP")
    if problem.code == "InvalidBucketName":
        return Fault(f"no bucket can be named as this one: {problem.message}", "correct OMNIBUS_BUCKET")
    return Fault(f"the object store at {url} says {problem.code}: {problem.message}", "see its log")


def _named(settings: Settings) -> str:
    try:
        return get(settings.s3, CHECK_S).headers.get("server", "the object store")
    except NoHttp:
        return "the object store"
