"""Clocks: the object store's against ours. Deadlines, and the sequencers that order events, are times."""

from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from time import time

from omnibus.doctor.finding import Finding, error, ok, warning
from omnibus.doctor.reach import CHECK_S
from omnibus.doctor.web import NoHttp, get
from omnibus.settings import Settings

SLIGHT_S, GRAVE_S = 5.0, 60.0


def check_clock(settings: Settings) -> Sequence[Finding]:
    """The difference, from the Date header of any answer; nothing when there is none."""
    before = time()
    try:
        date = get(settings.s3, CHECK_S).headers.get("date", "")
        told = parsedate_to_datetime(date).timestamp()
    except (NoHttp, ValueError):
        return []
    # The header counts whole seconds.
    return [judge_skew(told + 0.5 - (before + time()) / 2)]


def judge_skew(seconds: float) -> Finding:
    """`seconds` that the object store is ahead."""
    found = f"the object store's clock is {abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} this machine's"
    remedy = "set both by NTP: deadlines and the order of events depend on it"
    if abs(seconds) > GRAVE_S:
        return error("clock", found, remedy)
    if abs(seconds) > SLIGHT_S:
        return warning("clock", found, remedy)
    return ok("clock", "the object store's clock and this machine's agree")
