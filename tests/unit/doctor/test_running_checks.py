"""How the checks are run: side by side, with a limit, none of them able to spoil the report."""

from threading import Barrier, Event

from omnibus.doctor.checks import run
from omnibus.doctor.finding import Finding, Severity, healthy, ok, warning
from omnibus.settings import Settings

SETTINGS = Settings()


def test_findings_come_in_the_order_of_the_table_whichever_is_done_first() -> None:
    first_may_end = Event()

    def slow(_: Settings) -> list[Finding]:
        assert first_may_end.wait(10)
        return [ok("slow", "done")]

    def quick(_: Settings) -> list[Finding]:
        first_may_end.set()
        return [ok("quick", "done")]

    assert [each.name for each in run({"slow": slow, "quick": quick}, SETTINGS)] == ["slow", "quick"]


def test_checks_run_side_by_side() -> None:
    both_there = Barrier(2, timeout=10)

    def check(_: Settings) -> list[Finding]:
        both_there.wait()
        return []

    assert run({"one": check, "other": check}, SETTINGS) == []


def test_a_check_that_fails_is_a_line_of_the_report() -> None:
    def broken(_: Settings) -> list[Finding]:
        raise KeyError("some\nthing")

    (found,) = run({"kafka": broken}, SETTINGS)
    assert (found.name, found.severity) == ("kafka", Severity.ERROR)
    assert "KeyError" in found.found
    assert "\n" not in found.line


def test_a_check_that_hangs_is_a_line_of_the_report_beside_the_others() -> None:
    never = Event()

    def hanging(_: Settings) -> list[Finding]:
        never.wait(60)
        return []

    hung, well = run({"store": hanging, "other": lambda _: [ok("other", "well")]}, SETTINGS, limit_s=0.2)
    never.set()
    assert hung.severity is Severity.ERROR
    assert "no answer within" in hung.found
    assert well.severity is Severity.OK


def test_warnings_leave_a_stack_healthy() -> None:
    assert healthy([ok("a", "b"), warning("c", "d", "e")])
