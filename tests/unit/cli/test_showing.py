"""`omnibus show` writes one file, under a name that says what is in it, and never over another."""

import subprocess
import sys
from pathlib import Path

import pytest

from omnibus.show import CONTEXT, Shown, file_name, in_context, save
from schemas.answers import Locator


@pytest.mark.parametrize(
    ("key", "place", "suffix", "name"),
    [
        ("photos/sign.jpg", Locator(), "", "sign.jpg"),
        ("photos/sign.jpg", Locator(box=(0.1, 0.2, 0.4, 0.25)), ".png", "sign-xywh-10-20-30-5.png"),
        ("guide.pdf", Locator(page=3), ".png", "guide-page-3.png"),
        ("guide.pdf", Locator(page=3, box=(0, 0, 0.5, 1)), ".png", "guide-page-3-xywh-0-0-50-100.png"),
        ("README", Locator(chars=(1, 20)), ".txt", "README-char-1-20.txt"),
        ("../../etc/..", Locator(), "", "object"),
        ("a/.profile", Locator(), "", "profile"),
        ("-rf", Locator(), "", "rf"),
        ("x/a b\n;$(c).pdf/", Locator(), "", "a_b_c_.pdf"),
        ("é" * 300 + ".txt", Locator(), "", "é" * 88 + ".txt"),
        ("漢" * 120 + ".txt", Locator(), "", "漢" * 58 + ".txt"),
        ("𠀀" * 120 + ".txt", Locator(), "", "𠀀" * 44 + ".txt"),
    ],
)
def test_the_file_is_named_after_the_object_and_the_place(key: str, place: Locator, suffix: str, name: str) -> None:
    assert file_name(key, place, suffix) == name


def test_cited_characters_stand_between_marks_with_whole_words_around_them() -> None:
    text = "before " * 100 + "THE QUOTE" + " after" * 100
    shown = in_context(text, 700, 709)
    assert shown.startswith("... before before")
    assert "before >>>THE QUOTE<<< after" in shown
    assert shown.endswith("after ...\n")
    assert len(shown) < 2 * CONTEXT + 40


def test_a_text_without_spaces_has_characters_around_what_is_cited() -> None:
    around = "漢" * CONTEXT
    assert in_context("漢" * 1000, 500, 510) == f"...{around}>>>{'漢' * 10}<<<{around}...\n"


def test_a_text_that_is_short_is_shown_as_a_whole() -> None:
    assert in_context("One. Two. Three.", 5, 9) == "One. >>>Two.<<< Three.\n"


def shown(data: bytes = b"new") -> Shown:
    return Shown("a.txt", Locator(), "a.txt", data)


def test_a_folder_gets_a_file_of_its_own_name(tmp_path: Path) -> None:
    assert save(shown(), str(tmp_path)) == tmp_path / "a.txt"
    assert (tmp_path / "a.txt").read_bytes() == b"new"


def test_what_ends_with_a_slash_is_a_folder(tmp_path: Path) -> None:
    assert save(shown(), f"{tmp_path}/new/one/") == tmp_path / "new" / "one" / "a.txt"


def test_no_part_of_a_file_is_left_behind(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        save(shown("no bytes"), str(tmp_path))  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_another_file_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"old")
    with pytest.raises(FileExistsError, match="is there already; name another file with --out"):
        save(shown(), str(tmp_path))
    assert (tmp_path / "a.txt").read_bytes() == b"old"


def test_the_same_file_may_be_there_already(tmp_path: Path) -> None:
    assert save(shown(), str(tmp_path)) == save(shown(), str(tmp_path))


LIGHT = """
import sys
sys.modules["numpy"] = None  # as where only the light client is installed
from omnibus.cli.app import main
from workers.adapters.bucket.s3 import S3Bucket
S3Bucket.read = lambda *_, **__: b"bytes"
sys.argv = ["omnibus", "show", *sys.argv[1:]]
main()
"""


def light(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-c", LIGHT, *arguments]
    return subprocess.run(program, capture_output=True, text=True, check=False)


def test_the_light_client_shows_whole_objects(tmp_path: Path) -> None:
    done = light("a.pdf", "--out", str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "a.pdf").read_bytes() == b"bytes"


@pytest.mark.parametrize("citation", ["a.pdf#page=1", "a.txt#char=1,2"])
def test_the_light_client_says_what_it_lacks_for_places(citation: str, tmp_path: Path) -> None:
    done = light(citation, "--out", str(tmp_path))
    assert done.returncode == 1
    assert done.stderr == (
        "omnibus: this command needs more than the light client (numpy): pip install 'omnibus[embedded]'\n"
    )
