"""The corpus of hostile files, and mutants of every kind, through the real decoding process.

Each ends as segments or as one line that says why not. Nothing is lost but the object, and nothing is left behind.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing

import psutil
import pytest
from media.crafted import CRAFTED
from media.good import GOOD, good
from media.hostile import corpus, spoilt
from media.mutants import mutants
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.sandbox import SandboxedDecoder
from workers.adapters.text.splitter import SemanticSplitter
from workers.domain.decoded import DecodedText
from workers.domain.media import ObjectRef
from workers.domain.recording import Recording
from workers.domain.video import Video
from workers.errors import Permanent
from workers.ingest.segment import segments_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limits of the sandbox are Linux's")

MUTANTS = 80
"""Of each kind; a bound on their number, as time depends on the machine."""
HELLO = DecodedText("text/plain", "hello")


@pytest.fixture(scope="module")
def decoder() -> Iterator[SandboxedDecoder]:
    # Servers that other modules share are children of this process, too.
    before = psutil.Process().children()
    with closing(SandboxedDecoder(DecodeLimits())) as decoder:
        yield decoder
    assert set(psutil.Process().children()) <= set(before)


@pytest.fixture(scope="module")
def splitter(tmp_path_factory: pytest.TempPathFactory) -> SemanticSplitter:
    """The real one, over a tokenizer that counts words."""
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    file = tmp_path_factory.mktemp("splitter") / "tokenizer.json"
    tokenizer.save(str(file))
    return SemanticSplitter(file, max_tokens=100)


@pytest.fixture
def outcome(decoder: SandboxedDecoder, splitter: SemanticSplitter) -> Callable[[str, bytes], str]:
    def outcome(name: str, data: bytes) -> str:
        """Empty where the file becomes segments, else the line that is said of it."""
        try:
            decoded = decoder.decode(data, key=name)
            if isinstance(decoded, Recording):
                assert sum(len(chunk) for chunk in decoded.chunks)
            elif isinstance(decoded, Video):
                assert sum(1 for _ in decoded.parts)
            else:
                assert segments_of(ObjectRef("media", name), decoded, splitter).segments
        except Permanent as refusal:
            return refusal.message
        return ""

    return outcome


def is_one_line(reason: str) -> bool:
    return reason == " ".join(reason.split()) and reason.isprintable() and len(reason) <= 500


def test_the_corpus_has_hundreds_of_files_of_every_kind() -> None:
    names = [file.name for file in corpus()]
    assert len(names) == len(set(names)) >= 300
    assert {name.rpartition(".")[2] for name in names} >= set(GOOD)


@pytest.mark.parametrize("kind", GOOD)
def test_a_sound_file_of_every_kind_becomes_segments(outcome: Callable[[str, bytes], str], kind: str) -> None:
    assert outcome(f"a.{kind}", good(kind)) == ""


@pytest.mark.parametrize("kind", GOOD)
def test_spoilt_files_become_segments_or_one_line_in_the_same_process(
    decoder: SandboxedDecoder, outcome: Callable[[str, bytes], str], kind: str
) -> None:
    before = unchanged(decoder)
    reasons = [outcome(file.name, file.data) for file in spoilt(kind)]
    assert all(is_one_line(reason) for reason in reasons)
    assert unchanged(decoder) == before


@pytest.mark.parametrize("name", CRAFTED)
def test_crafted_files_become_segments_or_one_line_and_the_next_object_is_decoded(
    decoder: SandboxedDecoder, outcome: Callable[[str, bytes], str], name: str
) -> None:
    assert is_one_line(outcome(name, CRAFTED[name]()))
    assert decoder.decode(b"hello", key="b") == HELLO


@pytest.mark.parametrize("kind", GOOD)
def test_mutants_become_segments_or_one_line_in_the_same_process(
    decoder: SandboxedDecoder, outcome: Callable[[str, bytes], str], kind: str
) -> None:
    before = unchanged(decoder)
    reasons = [outcome("a", mutant) for mutant in mutants(good(kind), kind, MUTANTS)]
    assert all(is_one_line(reason) for reason in reasons)
    assert unchanged(decoder) == before


def unchanged(decoder: SandboxedDecoder) -> tuple[int | None, int, int]:
    """The decoding process, our processes, and our open files, after an object that is sound."""
    assert decoder.decode(b"hello", key="b") == HELLO
    return decoder.child_pid, len(psutil.Process().children()), psutil.Process().num_fds()
