"""The rows of the table, and how it is printed."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """One figure against its bound. `at_most` False: the figure must reach the bound."""

    name: str
    figure: float
    bound: float
    unit: str
    how: str
    at_most: bool = True

    @property
    def ratio(self) -> float:
        """Figure over bound."""
        return self.figure / self.bound

    @property
    def holds(self) -> bool:
        """Whether the bound is kept."""
        return self.figure <= self.bound if self.at_most else self.figure >= self.bound


def print_table(rows: Sequence[Row]) -> None:
    """The table on standard output."""
    table = Table("what", "figure", "bound", "figure / bound", "", "how")
    for row in rows:
        sign = "<=" if row.at_most else ">="
        bound = f"{sign} {row.bound:.2f} {row.unit}"
        table.add_row(
            row.name,
            f"{row.figure:.2f} {row.unit}",
            bound,
            f"{row.ratio:.2f}",
            "ok" if row.holds else "MISSED",
            row.how,
        )
    Console(width=160).print(table)
