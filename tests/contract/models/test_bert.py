"""The text encoder's network, against the implementation that its checkpoints are made for."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from omnibus.profiles import Models
from workers.adapters.models.bert import Bert, Shape
from workers.adapters.models.minilm import MiniLmEncoder
from workers.errors import ModelUnavailable

CONFIG = {
    "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 50,
    "max_position_embeddings": 16, "hidden_act": "gelu", "layer_norm_eps": 1e-12, "initializer_range": 0.4,
}  # fmt: skip


def test_the_states_are_those_of_transformers() -> None:
    import torch  # noqa: PLC0415 - collecting tests should not take seconds
    from transformers import BertConfig, BertModel  # noqa: PLC0415 - the same

    torch.manual_seed(1)
    theirs = BertModel(BertConfig(**CONFIG), add_pooling_layer=False).eval()
    ours = Bert(Shape.of(CONFIG), theirs.state_dict())
    ids, mask = torch.randint(0, 50, (3, 16)), torch.ones((3, 16), dtype=torch.bool)
    mask[1, 5:] = False
    with torch.inference_mode():
        for rows in (slice(0, 1), slice(0, 3)):  # nothing is filled up, and one row is
            expected = theirs(input_ids=ids[rows], attention_mask=mask[rows].long()).last_hidden_state
            found = ours.states(ids[rows], mask[rows])
            np.testing.assert_allclose(found[mask[rows]].numpy(), expected[mask[rows]].numpy(), atol=1e-5)


@pytest.mark.parametrize("other", [{"hidden_act": "relu"}, {"position_embedding_type": "relative_key"}])
def test_another_kind_of_bert_is_refused(other: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="is not known"):
        Shape.of({**CONFIG, **other})


@pytest.mark.usefixtures("models")
def test_a_process_that_embeds_passages_holds_no_compiler() -> None:
    check = """
import sys
from omnibus.profiles import Models, profile_named, store_of
from omnibus.settings import load
encoder = Models(store_of(load()), profile_named("offline-small")).text()
assert encoder.encode(["Low water is at noon."]).shape == (1, 384)
print({"transformers", "torch._dynamo", "triton", "torchvision"} & set(sys.modules))
"""
    printed = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "set()"


@pytest.mark.parametrize("lacks", ["embeddings.LayerNorm.bias", "encoder.layer.0.output.dense.weight"])
def test_a_checkpoint_that_lacks_a_tensor_does_not_load(models: Models, tmp_path: Path, lacks: str) -> None:
    from safetensors.torch import load_file, save_file  # noqa: PLC0415 - collecting tests should not take seconds

    whole = models.tokenizer().parent
    for name in ("config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes((whole / name).read_bytes())
    tensors = load_file(whole / "model.safetensors")
    del tensors[lacks]
    save_file(tensors, tmp_path / "model.safetensors")
    with pytest.raises(ModelUnavailable, match=f"does not load .*{lacks}"):
        MiniLmEncoder(tmp_path).encode(["a"])
