"""What every image encoder does; today there is one, whose pictures live in the text encoder's space."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from omnibus.profiles import Models
from workers.adapters.models.conse import EfficientNetConse, build_class_table
from workers.adapters.models.efficientnet import EfficientNet, squared
from workers.adapters.models.minilm import MiniLmEncoder
from workers.domain.decoded import Pixels
from workers.errors import ModelUnavailable

Photo = Callable[[str], Pixels]
PHOTOS = ("media/photos/IMG_0412.jpg", "media/photos/IMG_0419.webp", "media/photos/DSC_0093.jpg", "queries/panda.jpg")
SUBJECTS = ("lemur", "jaguar", "macaw", "panda")


def test_a_question_in_words_finds_the_right_photo(image_encoder: EfficientNetConse, photo: Photo) -> None:
    pictures = np.stack([reading.vector for reading in image_encoder.read([photo(path) for path in PHOTOS])])
    questions = ["a furry primate of Madagascar", "a wild spotted cat", "a colourful parrot", "a bear that eats bamboo"]
    found = (image_encoder.encode_texts(questions) @ pictures.T).argmax(axis=1)
    assert found.tolist() == [0, 1, 2, 3]


def test_the_first_tag_names_the_subject(image_encoder: EfficientNetConse, photo: Photo) -> None:
    for path, subject in zip(PHOTOS, SUBJECTS, strict=True):
        (reading,) = image_encoder.read([photo(path)])
        assert subject in reading.tags[0].name


def test_tags_are_few_and_the_likeliest_comes_first(image_encoder: EfficientNetConse, photo: Photo) -> None:
    for reading in image_encoder.read([photo(path) for path in PHOTOS]):
        probabilities = [tag.probability for tag in reading.tags]
        assert 1 <= len(probabilities) <= 5
        assert probabilities == sorted(probabilities, reverse=True)
        assert all(0 < probability <= 1 for probability in probabilities)


def test_two_photos_of_one_kind_of_animal_are_near(image_encoder: EfficientNetConse, photo: Photo) -> None:
    lemur, other_lemur, macaw = (
        reading.vector
        for reading in image_encoder.read([photo(PHOTOS[0]), photo("queries/lemur.jpg"), photo(PHOTOS[2])])
    )
    assert float(lemur @ other_lemur) > float(lemur @ macaw) + 0.2


@pytest.mark.parametrize(
    "shape", [(1, 1, 3), (1, 3000, 3), (3000, 2, 3), (48, 64, 3)], ids=["dot", "line", "pole", "thumbnail"]
)
@pytest.mark.parametrize("shade", [0, 128, 255])
def test_every_picture_becomes_a_vector_of_unit_length(
    image_encoder: EfficientNetConse, shape: tuple[int, ...], shade: int
) -> None:
    (reading,) = image_encoder.read([np.full(shape, shade, dtype=np.uint8)])
    assert reading.vector.shape == (image_encoder.space.dimensions,)
    assert reading.vector.dtype == np.float32
    assert float(np.linalg.norm(reading.vector)) == pytest.approx(1, abs=1e-5)


def test_readings_come_in_the_order_of_the_pictures(image_encoder: EfficientNetConse, photo: Photo) -> None:
    pictures = [photo(PHOTOS[number % len(PHOTOS)]) for number in range(19)]
    names = [reading.tags[0].name for reading in image_encoder.read(pictures)]
    assert names == [names[number % len(PHOTOS)] for number in range(19)]
    assert len(set(names)) == len(PHOTOS)


def test_no_picture_gives_no_reading(image_encoder: EfficientNetConse) -> None:
    assert list(image_encoder.read([])) == []


def test_texts_are_encoded_as_the_text_encoder_does(
    image_encoder: EfficientNetConse, text_encoder: MiniLmEncoder
) -> None:
    assert image_encoder.text_space == text_encoder.space.id
    texts = ["a lion", "a lighthouse"]
    np.testing.assert_allclose(image_encoder.encode_texts(texts), text_encoder.encode(texts), atol=1e-5)


def test_white_edges_do_not_make_the_subject_smaller() -> None:
    pages = [np.full(shape, 255, dtype=np.uint8) for shape in ((1000, 700, 3), (70, 100, 3))]
    for page in pages:
        page[10:60, 10:90] = 0
    dark = [np.count_nonzero(squared(page) < 128) for page in pages]
    assert dark[0] == pytest.approx(dark[1], rel=0.02)


def test_what_stands_on_white_ground_is_never_stretched() -> None:
    page = np.full((100, 400, 3), 255, dtype=np.uint8)
    page[20:60, 30:190] = 0
    dark = (squared(page) < 128).any(axis=2)
    height, width = (np.count_nonzero(dark.any(axis=axis)) for axis in (1, 0))
    assert width / height == pytest.approx(4, rel=0.05)


def test_a_photo_fills_the_square_with_all_of_it() -> None:
    photo = np.zeros((40, 160, 3), dtype=np.uint8)
    photo[:, :80] = 200
    photo[:8] = 255  # an overexposed sky is no white ground
    square = squared(photo)
    assert (square.max(axis=2) < 128).mean() == pytest.approx(0.4, rel=0.05)
    assert (square[-1, :120] == 200).all()
    assert (square[-1, 140:] == 0).all()


def test_damaged_weights_are_an_unavailable_model(tmp_path: Path) -> None:
    weights = tmp_path / "weights.pth"
    weights.write_bytes(b"not weights")
    with pytest.raises(ModelUnavailable, match="does not load"):
        EfficientNet(weights).classify([np.zeros((8, 8, 3), dtype=np.uint8)])


def test_a_class_table_of_another_text_encoder_is_refused(
    tmp_path: Path, models: Models, text_encoder: MiniLmEncoder
) -> None:
    another = MiniLmEncoder(models.tokenizer().parent, model="another model")
    build_class_table(another, tmp_path / "classes.npz")
    encoder = EfficientNetConse(tmp_path / "none.pth", tmp_path / "classes.npz", text_encoder)
    with pytest.raises(ModelUnavailable, match="another model"):
        encoder.read([np.zeros((8, 8, 3), dtype=np.uint8)])
