"""What a reconciliation found, as it is noted, printed for programs, and said in one line."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class Found(BaseModel):
    """The counts of one run.

    Of the differences, `on_the_way` have an event that is not done, `given_up` a dead letter, and `missed` neither;
    `published` are the events that were sent.
    """

    model_config = ConfigDict(frozen=True)

    at: datetime
    seconds: float
    missing: int = 0
    stale: int = 0
    orphaned: int = 0
    on_the_way: int = 0
    given_up: int = 0
    missed: int = 0
    published: int = 0


class Report(Found):
    """A run, and the one before it, where that is known."""

    last_run: Found | None = None

    @property
    def line(self) -> str:
        """In words."""
        last = self.last_run
        since = f"since {last.at:%Y-%m-%d %H:%M:%S} UTC (then {last.missed})" if last else "(no last run is known)"
        found = f"{self.missing} missing, {self.stale} stale, {self.orphaned} orphaned"
        mended = f"; {self.published} events published" if self.published else ""
        dead = f"{self.given_up} dead letters, " if self.given_up else ""
        return f"{found}: {self.on_the_way} on the way, {dead}{self.missed} missed {since}{mended}"
