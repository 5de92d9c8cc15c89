"""The demo's questions, and what a right reply to each looks like."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from schemas.answers import AnswerCompleted

HERE = Path(__file__).parent
INSTALLED, CHECKOUT = HERE / "examples", HERE.parent / "examples"
"""Where the examples lie: in an installed package, and in a checkout."""


@dataclass(frozen=True, slots=True)
class DemoQuestion:
    """One question. `expect`: keys of which a right answer cites one; `answer_contains`: words of which it has one.

    `place`: a field of the locator that the citation of one of these keys has; without keys, any citation.
    """

    text: str = ""
    image: str = ""
    expect: tuple[str, ...] = ()
    refused: bool = False
    place: str = ""
    answer_contains: tuple[str, ...] = ()
    show: str = ""


def examples() -> Path:
    """The folder of the examples. Raises `FileNotFoundError`."""
    for folder in (INSTALLED, CHECKOUT):
        if folder.is_dir():
            return folder
    raise FileNotFoundError("the demo's examples are not here; run it in a checkout of the project")


def questions(folder: Path) -> list[DemoQuestion]:
    """The questions of `folder/questions.toml`."""
    table = tomllib.loads((folder / "questions.toml").read_text(encoding="utf-8"))
    return TypeAdapter(list[DemoQuestion]).validate_python(table["question"])


def flaws(question: DemoQuestion, reply: AnswerCompleted) -> Sequence[str]:
    """What is not as expected, a line each; empty for a right reply."""
    if question.refused:
        return [] if reply.refused else ["should have been refused: nothing in the bucket answers it"]
    if reply.refused or reply.answer is None:
        return ["was refused"]
    found = []
    cited = [citation for citation in reply.citations if not question.expect or citation.key in question.expect]
    if question.expect and not cited:
        found.append(f"cites none of {', '.join(question.expect)}")
    if question.place and all(getattr(citation.locator, question.place) is None for citation in cited):
        found.append(f"cites no {question.place}")
    if question.answer_contains and not any(word in reply.answer.lower() for word in question.answer_contains):
        found.append(f"says none of {', '.join(question.answer_contains)}")
    return found
