"""Whether an index holds vectors of the models that are in use."""

from collections.abc import Sequence

from omnibus.doctor.finding import Finding, error, ok
from omnibus.profiles import Models, profile_named, store_of
from omnibus.settings import Settings
from workers.adapters.index.spaces import IndexMismatch, check_spaces
from workers.domain.segment import Space


def spaces_in_use(settings: Settings) -> Sequence[Space]:
    """Those of the profile's models; none while the models are not here, because then nobody can tell."""
    models = Models(store_of(settings), profile_named(settings.profile))
    return [] if models.missing() else models.spaces()


def judge_spaces(held: Sequence[Space], in_use: Sequence[Space], index: str, remedy: str) -> list[Finding]:
    """`index` as the user knows it; `remedy` empties it. Nothing when one of the two is not known."""
    if not held or not in_use:
        return []
    try:
        check_spaces(held, in_use, index, remedy)
    except IndexMismatch as mismatch:
        found, _, advice = mismatch.message.partition("; ")
        return [error("index", found, advice)]
    return [ok("index", f"{index} holds vectors of the models in use")]
