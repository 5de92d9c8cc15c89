"""Profiles: which models take which role, made from the assets in the user's cache.

A profile never appears in a flow: the flows see encoders and a generator.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from omnibus.settings import Settings
from workers.adapters.assets.catalog import PROFILES, Asset
from workers.adapters.assets.progress import Progress
from workers.adapters.assets.store import AssetStore
from workers.adapters.models.conse import EfficientNetConse, build_class_table
from workers.adapters.models.generator import TransformersGenerator
from workers.adapters.models.gguf import convert_gguf
from workers.adapters.models.minilm import MiniLmEncoder
from workers.adapters.models.rapid import RapidReader
from workers.adapters.models.sound_conse import YamNetConse, build_sound_class_table, sound_class_names
from workers.adapters.models.whisper import WhisperTranscriber
from workers.domain.segment import Space

FLOORS = {"text": 0.30, "image": 0.30, "sound": 0.38}
"""Retriever -> cosine below which a hit is no evidence, for MiniLM's space (docs/decisions/004-refusal.md).

That of sounds was measured by itself (docs/decisions/015-recordings.md).
"""


@dataclass(frozen=True, slots=True)
class Profile:
    """The assets of each role."""

    name: str
    text: Asset
    image: Asset
    generator: Asset
    speech: Asset
    sound: Asset
    reader: Asset

    @property
    def assets(self) -> tuple[Asset, ...]:
        """All of them, in the order in which they are fetched."""
        return self.text, self.image, self.generator, self.speech, self.sound, self.reader


def profile_named(name: str) -> Profile:
    """The profile of this name. Raises `ValueError` with the names that there are."""
    if name not in PROFILES:
        raise ValueError(f"there is no profile {name!r}; there are {', '.join(sorted(PROFILES))}")
    return Profile(name, *PROFILES[name])


def store_of(settings: Settings, progress: Progress | None = None) -> AssetStore:
    """The asset store of this user."""
    return AssetStore(cache_of(settings), progress)


def cache_of(settings: Settings) -> Path:
    """The folder of the models."""
    return settings.model_cache or user_cache_path("omnibus") / "models"


class Models:
    """A profile's models. Nothing is loaded before it is used."""

    def __init__(self, store: AssetStore, profile: Profile) -> None:
        self._store = store
        self._profile = profile

    def prepare(self) -> None:
        """Fetch what is missing and derive what is derived, so that no later step has to wait for it.

        Raises `ModelUnavailable`.
        """
        for asset in self._profile.assets:
            self._store.fetch(asset)
        text = self.text()
        self._class_table(text)
        self._sound_class_table(text)
        self._converted()

    def missing(self) -> Sequence[str]:
        """What `prepare` would have to do, a few words each; nothing when all is here and complete."""
        absent = [f"{asset.name} {defect}" for asset in self._profile.assets if (defect := self._store.defect(asset))]
        derived = {
            "table of picture classes": self._table_name,
            "table of sound classes": self._sound_table_name,
            "converted generator": self._converted_name,
        }
        return absent or [
            f"the {what} is not made yet" for what, name in derived.items() if not self._store.has_derived(name)
        ]

    def text(self) -> MiniLmEncoder:
        """The text encoder."""
        return MiniLmEncoder(self._store.path(self._profile.text))

    def tokenizer(self) -> Path:
        """The file of the text encoder's tokenizer, which the splitter counts with."""
        return self._store.path(self._profile.text) / "tokenizer.json"

    def image(self, text: MiniLmEncoder) -> EfficientNetConse:
        """The image encoder, which shares the text encoder's space."""
        weights = _only_file(self._store.path(self._profile.image), "*.pth")
        return EfficientNetConse(weights, self._class_table(text), text)

    def reader(self, threads: int) -> RapidReader:
        """The reader of text in pictures; a pass of it uses so many threads."""
        return RapidReader(self._store.path(self._profile.reader), threads=threads)

    def speech(self) -> Path:
        """The folder of the model of speech."""
        return self._store.path(self._profile.speech)

    def transcriber(self) -> WhisperTranscriber:
        """The model of speech. Whether it is there is seen at the first recording: others are indexed without it."""
        return WhisperTranscriber(self.speech, self._profile.speech.version)

    def sound(self, text: MiniLmEncoder) -> YamNetConse:
        """The sound encoder, which shares the text encoder's space. It is looked for as the model of speech is."""
        return YamNetConse(lambda: self._store.path(self._profile.sound), lambda: self._sound_class_table(text), text)

    def spaces(self) -> Sequence[Space]:
        """The spaces of all encoders, for an index of the profile. Nothing is loaded."""
        text = self.text()
        return [text.space, self.image(text).space, self.sound(text).space]

    def generator(self) -> TransformersGenerator:
        """The language model."""
        return TransformersGenerator(self._converted(), self._profile.generator.version)

    def lineage(self) -> Mapping[str, str]:
        """Role -> the model's name and version."""
        profile = self._profile
        roles = {
            "text": profile.text,
            "image": profile.image,
            "generator": profile.generator,
            "speech": profile.speech,
            "sound": profile.sound,
            "reader": profile.reader,
        }
        return {role: asset.version for role, asset in roles.items()}

    def _class_table(self, text: MiniLmEncoder) -> Path:
        table = self._store.derived(self._table_name, lambda out: build_class_table(text, out / "classes.npz"))
        return table / "classes.npz"

    def _sound_class_table(self, text: MiniLmEncoder) -> Path:
        def build(out: Path) -> None:
            names = sound_class_names(self._store.path(self._profile.sound))
            build_sound_class_table(text, names, out / "classes.npz")

        return self._store.derived(self._sound_table_name, build) / "classes.npz"

    def _converted(self) -> Path:
        source = _only_file(self._store.path(self._profile.generator), "*.gguf")
        return self._store.derived(self._converted_name, lambda out: convert_gguf(source, out))

    @property
    def _table_name(self) -> str:
        return f"{self._profile.image.id}-classes-{self._profile.text.id}"

    @property
    def _sound_table_name(self) -> str:
        return f"{self._profile.sound.id}-first-names-{self._profile.text.id}"

    @property
    def _converted_name(self) -> str:
        return f"{self._profile.generator.id}-bf16"


def _only_file(directory: Path, pattern: str) -> Path:
    (found,) = directory.glob(pattern)
    return found
