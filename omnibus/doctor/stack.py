"""The supervisor on the data directory, if there is one: whether it runs, and what it waits for."""

from collections.abc import Sequence

from omnibus.doctor.finding import Finding, error, ok, warning
from omnibus.settings import Settings
from omnibus.stacks.state import Phase, StackState, read_state


def check_stack(settings: Settings) -> Sequence[Finding]:
    """The embedded stack cannot do without; on the services stack, the processes may be anywhere."""
    state = read_state(settings.data)
    if state is not None:
        return judge_state(state)
    if settings.stack == "embedded":
        return [error("stack", f"no stack runs on {settings.data}", "start one with: omnibus up")]
    return []


def judge_state(state: StackState) -> list[Finding]:
    """Of what the supervisor says of its parts."""
    away = [part for part in state.parts if part.phase is not Phase.READY]
    if not away:
        return [ok("stack", f"all {len(state.parts)} parts are ready")]
    return [
        warning(
            "stack", f"{part.name} is {part.phase.value}, waits for {part.waits_for or 'nothing'}", f"see {part.log}"
        )
        for part in away
    ]
