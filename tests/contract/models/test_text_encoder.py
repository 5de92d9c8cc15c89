"""What every text encoder does; today there is one."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from omnibus.profiles import Models
from workers.adapters.models.minilm import MiniLmEncoder
from workers.errors import ModelUnavailable

TEXTS = ["Low water is at noon.", "", "Löwen fressen Fleisch 🦁", "word " * 3000, "x" * 500, "  \n "]


def test_every_text_becomes_a_vector_of_unit_length(text_encoder: MiniLmEncoder) -> None:
    vectors = text_encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), text_encoder.space.dimensions)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_text_gives_no_row(text_encoder: MiniLmEncoder) -> None:
    assert text_encoder.encode([]).shape == (0, text_encoder.space.dimensions)


def test_rows_come_in_the_order_of_the_texts(text_encoder: MiniLmEncoder) -> None:
    texts = [f"{'very ' * (number * 7 % 50)}number {number}" for number in range(50)]
    together = text_encoder.encode(texts)
    for number in (0, 17, 49):
        assert int((together @ text_encoder.encode([texts[number]])[0]).argmax()) == number


def test_a_text_has_the_same_vector_in_any_company(text_encoder: MiniLmEncoder) -> None:
    alone = text_encoder.encode(TEXTS[:1])[0]
    among_many = text_encoder.encode([*TEXTS, "filler " * 100, *(["short"] * 40)])[0]
    assert float(alone @ among_many) > 0.999


def test_what_exceeds_the_input_is_cut_off_at_its_end(text_encoder: MiniLmEncoder) -> None:
    beginning = "The lighthouse of Tidewell is green. " * 40
    first, second = text_encoder.encode([beginning + "A lion.", beginning + "Stock prices fell sharply."])
    assert float(first @ second) > 0.9999


def test_a_paraphrase_is_nearer_than_another_topic(text_encoder: MiniLmEncoder) -> None:
    question, answer, other = text_encoder.encode(
        ["When does the museum open?", "The museum's doors open at ten o'clock.", "Otters eat fish and crabs."]
    )
    assert float(question @ answer) > float(question @ other) + 0.3


def test_threads_may_share_an_encoder_from_its_first_use(models: Models, text_encoder: MiniLmEncoder) -> None:
    fresh = models.text()
    with ThreadPoolExecutor(4) as threads:
        for vectors in threads.map(lambda _: fresh.encode(TEXTS), range(8)):
            np.testing.assert_allclose(vectors, text_encoder.encode(TEXTS), atol=0.02)


def test_missing_weights_are_an_unavailable_model(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="does not load"):
        MiniLmEncoder(tmp_path).encode(["a"])


def test_importing_the_adapters_imports_no_heavy_vendor() -> None:
    adapters = ("minilm", "conse", "generator", "gguf")
    imports = "; ".join(f"import workers.adapters.models.{name}" for name in adapters)
    check = "import sys; print({'torch', 'transformers', 'timm', 'PIL', 'tokenizers'} & set(sys.modules))"
    printed = subprocess.run([sys.executable, "-c", f"{imports}; {check}"], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "set()"
