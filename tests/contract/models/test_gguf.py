"""A quantised file becomes a directory that the generator loads; shown on a tiny Qwen2 made here."""

from pathlib import Path

import gguf
import numpy as np
import pytest

from workers.adapters.models.generator import TransformersGenerator
from workers.adapters.models.gguf import convert_gguf

TOKENS = ["<|endoftext|>", "<|im_end|>", *"abcdefghijklmnopqrstuvwxyzĠ", "ab"]
"""`Ġ` is the space, as byte-level vocabularies write it."""
WIDTH, INNER, LAYERS, HEADS = 32, 64, 2, 4
TEMPLATE = "{% for message in messages %}{{ message['content'] }}<|im_end|>{% endfor %}"


def _write_qwen2(path: Path, *, one_matrix: bool, without: str = "") -> None:
    writer = gguf.GGUFWriter(path, "qwen2")
    writer.add_context_length(256)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_block_count(LAYERS)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(10_000.0)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(TOKENS)
    writer.add_token_types([3, 3] + [1] * (len(TOKENS) - 2))
    writer.add_token_merges(["a b"])
    writer.add_eos_token_id(1)
    writer.add_bos_token_id(0)
    writer.add_pad_token_id(0)
    writer.add_chat_template(TEMPLATE)
    for name, values in _tensors(one_matrix=one_matrix).items():
        if name != without:
            writer.add_tensor(name, values.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _tensors(*, one_matrix: bool) -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    embeddings = random.normal(size=(len(TOKENS), WIDTH))
    written = embeddings if one_matrix else random.normal(size=(len(TOKENS), WIDTH))
    tensors = {"token_embd.weight": embeddings * 1.01, "output.weight": written, "output_norm.weight": np.ones(WIDTH)}
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        for name in ("attn_q", "attn_k", "attn_v"):
            tensors[f"{block}{name}.weight"] = random.normal(size=(WIDTH, WIDTH)) * 0.2
            tensors[f"{block}{name}.bias"] = random.normal(size=WIDTH)
        tensors[f"{block}attn_output.weight"] = random.normal(size=(WIDTH, WIDTH)) * 0.2
        tensors[f"{block}ffn_gate.weight"] = random.normal(size=(INNER, WIDTH)) * 0.2
        tensors[f"{block}ffn_up.weight"] = random.normal(size=(INNER, WIDTH)) * 0.2
        tensors[f"{block}ffn_down.weight"] = random.normal(size=(WIDTH, INNER)) * 0.2
        tensors[f"{block}attn_norm.weight"] = tensors[f"{block}ffn_norm.weight"] = np.ones(WIDTH)
    return tensors


@pytest.mark.parametrize("one_matrix", [True, False])
def test_a_matrix_that_the_file_holds_twice_is_kept_once(tmp_path: Path, *, one_matrix: bool) -> None:
    from safetensors import safe_open  # noqa: PLC0415 - collecting tests should not take seconds

    _write_qwen2(tmp_path / "tiny.gguf", one_matrix=one_matrix)
    convert_gguf(tmp_path / "tiny.gguf", tmp_path / "out")
    with safe_open(tmp_path / "out" / "model.safetensors", "np") as weights:
        assert ("lm_head.weight" not in weights.keys()) == one_matrix  # noqa: SIM118 - it is no mapping


def test_the_generator_loads_what_was_converted(tmp_path: Path) -> None:
    _write_qwen2(tmp_path / "tiny.gguf", one_matrix=False)
    convert_gguf(tmp_path / "tiny.gguf", tmp_path / "out")
    pieces: list[str] = []
    written = TransformersGenerator(tmp_path / "out", "tiny/1").generate(
        "abab", [], max_tokens=20, on_text=pieces.append
    )
    assert "".join(pieces) == written.text


def test_weights_keep_their_values_but_for_bfloat16(tmp_path: Path) -> None:
    from safetensors.torch import load_file  # noqa: PLC0415 - collecting tests should not take seconds

    _write_qwen2(tmp_path / "tiny.gguf", one_matrix=False)
    convert_gguf(tmp_path / "tiny.gguf", tmp_path / "out")
    weights = load_file(tmp_path / "out" / "model.safetensors")
    expected = _tensors(one_matrix=False)["blk.1.ffn_down.weight"]
    np.testing.assert_allclose(weights["model.layers.1.mlp.down_proj.weight"].float(), expected, rtol=0.01)


def test_a_file_without_all_tensors_is_refused(tmp_path: Path) -> None:
    _write_qwen2(tmp_path / "tiny.gguf", one_matrix=False, without="blk.1.ffn_down.weight")
    with pytest.raises(ValueError, match=r"layers\.1\.mlp\.down_proj"):
        convert_gguf(tmp_path / "tiny.gguf", tmp_path / "out")
