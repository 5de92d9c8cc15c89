"""The offline models from the user's cache, and tiny checkpoints with random weights made on the spot."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from platformdirs import user_cache_path

from omnibus.profiles import Models, profile_named
from workers.adapters.assets.store import AssetStore
from workers.adapters.models.conse import EfficientNetConse
from workers.adapters.models.minilm import MiniLmEncoder
from workers.adapters.models.rapid import RapidReader
from workers.domain.decoded import Pixels
from workers.errors import ModelUnavailable

EXAMPLES = Path(__file__).parents[3] / "examples"
TEMPLATE = (
    "{% for message in messages %}<turn> {{ message['role'] }} {{ message['content'] }} </turn> {% endfor %}"
    "{% if add_generation_prompt %}<turn> assistant {% endif %}"
)
WORDS = 400


@pytest.fixture(scope="session")
def models() -> Models:
    profile = profile_named("offline-small")
    store = AssetStore(user_cache_path("omnibus") / "models")
    for asset in profile.assets:
        try:
            store.path(asset)
        except ModelUnavailable as missing:
            absent = pytest.fail if os.environ.get("CI") else pytest.skip
            absent(missing.message)
    return Models(store, profile)


@pytest.fixture(scope="session")
def text_encoder(models: Models) -> MiniLmEncoder:
    return models.text()


@pytest.fixture(scope="session")
def image_encoder(models: Models, text_encoder: MiniLmEncoder) -> EfficientNetConse:
    return models.image(text_encoder)


@pytest.fixture(scope="session")
def reader(models: Models) -> RapidReader:
    return models.reader(threads=1)


@pytest.fixture(scope="session")
def photo() -> Callable[[str], Pixels]:
    """A picture of examples/, by its path there."""
    return lambda path: np.asarray(Image.open(EXAMPLES / path).convert("RGB"))


@pytest.fixture(scope="session")
def babbler(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A language model that goes on for ever: every token is a word like `w17`, and it never ends its turn."""
    return _tiny_checkpoint(tmp_path_factory.mktemp("babbler"), silent=False)


@pytest.fixture(scope="session")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A language model that ends its turn at once."""
    return _tiny_checkpoint(tmp_path_factory.mktemp("silent"), silent=True)


def _tiny_checkpoint(directory: Path, *, silent: bool) -> Path:
    import torch  # noqa: PLC0415 - collecting tests should not take seconds
    from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: PLC0415 - the same
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast  # noqa: PLC0415 - the same

    vocabulary = {word: number for number, word in enumerate(["</turn>", "<turn>", "<unk>"])}
    vocabulary |= {f"w{number}": len(vocabulary) + number for number in range(WORDS)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="</turn>", bos_token="<turn>", unk_token="<unk>", chat_template=TEMPLATE
    )
    config = LlamaConfig(
        vocab_size=len(vocabulary), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=1024, bos_token_id=1, eos_token_id=0, tie_word_embeddings=False,
        initializer_range=0.4,
    )  # fmt: skip
    torch.manual_seed(1)
    model = LlamaForCausalLM(config)
    # A row of zeros never wins against random ones; if all are zeros, token 0, the end of the turn, wins.
    model.lm_head.weight.data[: None if silent else 3] = 0
    model.save_pretrained(directory)
    fast.save_pretrained(directory)
    return directory
