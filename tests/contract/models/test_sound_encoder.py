"""What every sound encoder does; today there is one, whose sounds live in the text encoder's space."""

from pathlib import Path

import numpy as np
import pytest

from omnibus.profiles import Models
from tests.recordings import AMIABLE_WOMAN, noise, silence, speech, tone
from workers.adapters.models.minilm import MiniLmEncoder
from workers.adapters.models.sound_conse import YamNetConse, build_sound_class_table
from workers.domain.recording import Samples
from workers.errors import ModelUnavailable
from workers.ports.encoders import SoundReading


@pytest.fixture(scope="module")
def sound_encoder(models: Models, text_encoder: MiniLmEncoder) -> YamNetConse:
    return models.sound(text_encoder)


def read(encoder: YamNetConse, samples: Samples) -> SoundReading:
    (reading,) = encoder.read([samples])
    assert reading is not None
    return reading


def test_a_question_in_words_finds_the_right_sound(sound_encoder: YamNetConse) -> None:
    sounds = np.stack([read(sound_encoder, samples).vector for samples in (noise(5), tone(5), speech(AMIABLE_WOMAN))])
    questions = ["white noise, static", "a telephone's dial tone", "somebody is talking"]
    found = (sound_encoder.encode_texts(questions) @ sounds.T).argmax(axis=1)
    assert found.tolist() == [0, 1, 2]


def test_the_first_tag_names_the_sound(sound_encoder: YamNetConse) -> None:
    assert "noise" in read(sound_encoder, noise(5)).tags[0].name
    assert read(sound_encoder, speech(AMIABLE_WOMAN)).tags[0].name == "Speech"


def test_tags_are_few_and_the_likeliest_comes_first(sound_encoder: YamNetConse) -> None:
    for samples in (noise(1), tone(10), speech(AMIABLE_WOMAN)):
        probabilities = [tag.probability for tag in read(sound_encoder, samples).tags]
        assert 1 <= len(probabilities) <= 5
        assert probabilities == sorted(probabilities, reverse=True)
        assert all(0 < probability <= 1 for probability in probabilities)


@pytest.mark.parametrize("samples", [silence(5), noise(5, level=1e-5), silence(0.001)], ids=["zeros", "hiss", "dot"])
def test_silence_gives_no_reading(sound_encoder: YamNetConse, samples: Samples) -> None:
    assert list(sound_encoder.read([samples])) == [None]


@pytest.mark.parametrize("seconds", [0.4, 0.96, 1.0, 1.5, 30])
def test_every_sound_becomes_a_vector_of_unit_length(sound_encoder: YamNetConse, seconds: float) -> None:
    vector = read(sound_encoder, noise(seconds)).vector
    assert vector.shape == (sound_encoder.space.dimensions,)
    assert vector.dtype == np.float32
    assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-5)


def test_readings_come_in_the_order_of_the_windows(sound_encoder: YamNetConse) -> None:
    windows = [noise(2), silence(2), tone(3), speech(AMIABLE_WOMAN), silence(1), noise(2)]
    names = [reading and reading.tags[0].name for reading in sound_encoder.read(windows)]
    assert names[1] is names[4] is None
    assert names[0] == names[5]
    assert len({names[0], names[2], names[3]}) == 3


def test_no_window_gives_no_reading(sound_encoder: YamNetConse) -> None:
    assert list(sound_encoder.read([])) == []


def test_sounds_share_the_space_of_passages(sound_encoder: YamNetConse, text_encoder: MiniLmEncoder) -> None:
    assert sound_encoder.text_space == text_encoder.space.id
    texts = ["a barking dog", "rain"]
    np.testing.assert_allclose(sound_encoder.encode_texts(texts), text_encoder.encode(texts), atol=1e-5)


def test_damaged_weights_are_an_unavailable_sound_model(tmp_path: Path, text_encoder: MiniLmEncoder) -> None:
    table = tmp_path / "classes.npz"
    build_sound_class_table(text_encoder, ["Silence", "Dog"], table)
    (tmp_path / "model.onnx").write_bytes(b"not weights")
    with pytest.raises(ModelUnavailable, match="does not load"):
        YamNetConse(lambda: tmp_path, lambda: table, text_encoder).read([noise(1)])


def test_a_table_of_sounds_of_another_text_encoder_is_refused(
    tmp_path: Path, models: Models, text_encoder: MiniLmEncoder
) -> None:
    another = MiniLmEncoder(models.tokenizer().parent, model="another model")
    build_sound_class_table(another, ["Silence", "Dog"], tmp_path / "classes.npz")
    encoder = YamNetConse(lambda: tmp_path, lambda: tmp_path / "classes.npz", text_encoder)
    with pytest.raises(ModelUnavailable, match="another model"):
        encoder.read([noise(1)])


def test_a_class_is_known_by_its_first_name(tmp_path: Path, text_encoder: MiniLmEncoder) -> None:
    names = ["Cattle, bovinae", "Roaring cats (lions, tigers)", "Ambulance (siren)"]
    build_sound_class_table(text_encoder, names, tmp_path / "classes.npz")
    with np.load(tmp_path / "classes.npz") as table:
        assert table["names"].tolist() == names
        first = text_encoder.encode(["Cattle", "Roaring cats (lions, tigers)", "Ambulance (siren)"])
        np.testing.assert_allclose(table["embeddings"], first, atol=1e-3)
