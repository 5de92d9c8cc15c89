"""What the demo takes for a right reply."""

import pytest

from omnibus.demo import DemoQuestion, examples, flaws, questions
from schemas.answers import AnswerCompleted, Citation, Locator, Refusal


def reply(answer: str | None = "At 14:20.", key: str = "a.pdf", page: int | None = 2) -> AnswerCompleted:
    refused = None if answer else Refusal(reason="nothing says so")
    cited = [Citation(marker=1, key=key, modality="text", locator=Locator(page=page))] if answer else []
    return AnswerCompleted(request_id="1", answer=answer, citations=cited, hits=[], refused=refused)


@pytest.mark.parametrize(
    ("question", "given", "found"),
    [
        (DemoQuestion(expect=("a.pdf",), place="page", answer_contains=("14:20",)), reply(), []),
        (DemoQuestion(expect=("a.pdf",), place="page"), reply(page=None), ["cites no page"]),
        (DemoQuestion(place="page"), reply(), []),
        (DemoQuestion(place="page"), reply(page=None), ["cites no page"]),
        (DemoQuestion(expect=("b.pdf", "c.pdf")), reply(), ["cites none of b.pdf, c.pdf"]),
        (DemoQuestion(answer_contains=("noon",)), reply(), ["says none of noon"]),
        (DemoQuestion(expect=("a.pdf",)), reply(None), ["was refused"]),
        (DemoQuestion(refused=True), reply(None), []),
        (DemoQuestion(refused=True), reply(), ["should have been refused: nothing in the bucket answers it"]),
    ],
)
def test_a_reply_is_held_against_its_question(question: DemoQuestion, given: AnswerCompleted, found: list[str]) -> None:
    assert flaws(question, given) == found


def test_every_file_that_a_question_names_is_there() -> None:
    folder = examples()
    for question in questions(folder):
        assert all((folder / "media" / key).is_file() for key in question.expect)
        assert not question.image or (folder / question.image).is_file()
