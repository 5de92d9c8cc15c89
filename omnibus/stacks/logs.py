"""The log file of a part: this run's, and the one before it."""

from pathlib import Path

TAIL_BYTES = 8192


def rotate(log: Path) -> None:
    """Keep the log of the run before this one as `<name>.1`, and drop the one before that."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        log.replace(previous(log))


def previous(log: Path) -> Path:
    """Where the log of the run before is."""
    return log.with_name(log.name + ".1")


def last_lines(log: Path, count: int = 3, width: int = 200) -> list[str]:
    """The last lines that are not empty, at most `width` characters each."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return []
    return [line.strip()[:width] for line in text.splitlines() if line.strip()][-count:]
