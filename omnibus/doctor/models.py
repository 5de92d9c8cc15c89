"""The profile's models: on this machine, and complete."""

from collections.abc import Sequence

from omnibus.doctor.finding import Finding, error, ok, warning
from omnibus.profiles import Models, profile_named, store_of
from omnibus.settings import Settings
from omnibus.stacks.state import read_state


def check_models(settings: Settings) -> Sequence[Finding]:
    """Whether nothing has to be fetched or derived before the first answer."""
    missing = Models(store_of(settings), profile_named(settings.profile)).missing()
    here = settings.stack == "embedded" or read_state(settings.data) is not None
    return [judge_models(missing, settings.profile, workers_here=here)]


def judge_models(missing: Sequence[str], profile: str, *, workers_here: bool) -> Finding:
    """`workers_here`: whether the workers are on this machine. Elsewhere, what they have is not seen from here."""
    if not missing:
        return ok("models", f"all models of profile {profile} are here")
    remedy = f"fetch what is missing with: omnibus models fetch --profile {profile}"
    found = f"profile {profile}: {'; '.join(missing)}"
    if workers_here:
        return error("models", found, remedy)
    return warning("models", found, f"if the workers run on this machine, {remedy}")
