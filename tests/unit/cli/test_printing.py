"""Nothing that an object or a model wrote can steer the terminal that a reply is printed on."""

from io import StringIO

from rich.console import Console

from omnibus.cli.questions import print_answer, print_hits
from schemas.answers import AnswerCompleted, AnswerHit, Citation

HOSTILE = "a\x1b[2J\u202eb"


def test_what_is_printed_of_a_reply_has_no_control_characters() -> None:
    reply = AnswerCompleted(
        request_id="1",
        answer=f"One.\n{HOSTILE}",
        citations=[Citation(marker=1, key=HOSTILE, modality="text", quote=HOSTILE)],
        hits=[AnswerHit(key=HOSTILE, modality="text", score=1, text=HOSTILE)],
    )
    written = StringIO()
    out = Console(file=written, width=200)
    print_answer(out, reply)
    print_hits(out, reply)
    printed = written.getvalue()
    assert "One.\n" in printed
    assert all(letter.isprintable() or letter == "\n" for letter in printed)
