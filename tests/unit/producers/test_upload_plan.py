"""What is uploaded, under which keys."""

from pathlib import Path

import pytest

from producers.upload import KEY_LIMIT, plan


def make(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"content")


def test_a_file_goes_under_its_name(tmp_path: Path) -> None:
    make(tmp_path, "deep/down/a b.txt")
    (item,) = plan([tmp_path / "deep/down/a b.txt"])
    assert (item.key, item.path) == ("a b.txt", tmp_path / "deep/down/a b.txt")


def test_the_files_of_a_folder_go_under_their_paths_below_it_sorted_by_key(tmp_path: Path) -> None:
    make(tmp_path, "notes/z.md", "notes/a/ünï 🎉.md", "notes/a/100%.md")
    assert [item.key for item in plan([tmp_path / "notes"])] == ["a/100%.md", "a/ünï 🎉.md", "z.md"]


def test_a_prefix_comes_before_every_key(tmp_path: Path) -> None:
    make(tmp_path, "a.txt", "notes/b.txt")
    keys = [item.key for item in plan([tmp_path / "notes", tmp_path / "a.txt"], prefix="mine/")]
    assert keys == ["mine/a.txt", "mine/b.txt"]


def test_an_empty_folder_has_nothing_to_upload(tmp_path: Path) -> None:
    assert plan([tmp_path]) == []


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"missing\.txt does not exist"):
        plan([tmp_path / "missing.txt"])


@pytest.mark.parametrize(("letters", "allowed"), [(KEY_LIMIT - 5, True), (KEY_LIMIT - 4, False)])
def test_a_key_may_have_as_many_bytes_as_s3_allows(
    tmp_path: Path,
    letters: int,
    allowed: bool,  # noqa: FBT001 - a column of the table
) -> None:
    make(tmp_path, "a.txt")
    prefix = "x" * letters
    if allowed:
        assert len(plan([tmp_path / "a.txt"], prefix)[0].key) == KEY_LIMIT
    else:
        with pytest.raises(ValueError, match=r"a\.txt: the key would have 1025 bytes; S3 allows 1024"):
            plan([tmp_path / "a.txt"], prefix)


def test_the_limit_of_a_key_is_in_bytes(tmp_path: Path) -> None:
    make(tmp_path, "a.txt")
    with pytest.raises(ValueError, match="S3 allows"):
        plan([tmp_path / "a.txt"], "🎉" * 300)


def test_two_files_for_one_key_are_refused(tmp_path: Path) -> None:
    make(tmp_path, "one/a.txt", "two/a.txt")
    with pytest.raises(ValueError, match=r"one/a\.txt and .*two/a\.txt would both be uploaded as a\.txt"):
        plan([tmp_path / "one/a.txt", tmp_path / "two"])


def test_a_file_that_is_named_twice_is_uploaded_once(tmp_path: Path) -> None:
    make(tmp_path, "one/a.txt")
    assert len(plan([tmp_path / "one", tmp_path / "one/a.txt"])) == 1
