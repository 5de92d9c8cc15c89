"""From a quantised GGUF file to a directory that transformers loads in a second: safetensors in bfloat16.

Done once per machine: dequantising takes half a minute, and the GGUF's own tokenizer another quarter.
"""

from pathlib import Path
from typing import Any

SAME = 0.99
"""Cosine above which two rows are one row at two precisions. Measured on Qwen2.5-Coder-1.5B Q4_K_M: 0.9958 at least."""


READ, WRITTEN = "model.embed_tokens.weight", "lm_head.weight"
"""Input and output embeddings, as Llama, Qwen and their relatives name them."""


def convert_gguf(gguf: Path, out: Path) -> None:
    """Write model.safetensors, config, tokenizer and chat template of `gguf` into the directory `out`.

    Needs no network. Peak memory: the bfloat16 weights, and the largest matrix twice in float32 (Qwen 1.5B: 6 GB).
    Raises `ValueError` when the file's architecture is not one that transformers knows or tensors are missing, and
    `OSError` when it cannot be read.
    """
    import torch  # noqa: PLC0415 - takes a second
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer  # noqa: PLC0415 - takes seconds

    source: dict[str, Any] = {"gguf_file": gguf.name, "local_files_only": True}
    config = AutoConfig.from_pretrained(gguf.parent, **source)
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, **source)
    weights = _dequantised(gguf, config)
    if not config.tie_word_embeddings and _are_one_matrix(weights[READ], weights[WRITTEN]):
        weights[READ] = weights.pop(WRITTEN)  # the output's, which has more bits
        config.tie_word_embeddings = True
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    absent = set(model.load_state_dict(weights, strict=False, assign=True).missing_keys) - {WRITTEN}
    if absent:
        raise ValueError(f"{gguf.name} lacks tensors of its architecture: {', '.join(sorted(absent))}")
    model.tie_weights()
    model.config.dtype = torch.bfloat16
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)


def _dequantised(gguf: Path, config: Any) -> dict[str, Any]:
    """Tensors by their transformers names, in bfloat16.

    Read without `from_pretrained`, whose GGUF path wants the package accelerate and keeps everything in float32.
    """
    import torch  # noqa: PLC0415 - takes a second
    from transformers import AutoModelForCausalLM  # noqa: PLC0415 - takes seconds
    from transformers.modeling_gguf_pytorch_utils import load_gguf_checkpoint  # noqa: PLC0415 - brings torch

    with torch.device("meta"):
        skeleton = AutoModelForCausalLM.from_config(config)
    loaded = load_gguf_checkpoint(str(gguf), return_tensors=True, model_to_load=skeleton, torch_dtype=torch.bfloat16)
    return dict(loaded["tensors"])


def _are_one_matrix(read: Any, written: Any) -> bool:
    """Whether input and output embeddings are the same, but for the number of bits that the file gives them.

    Keeping one of them saves 470 MB of Qwen2.5-Coder-1.5B.
    """
    import torch  # noqa: PLC0415 - takes a second

    sample = slice(None, None, 97)
    cosines = torch.nn.functional.cosine_similarity(read[sample].float(), written[sample].float())
    return bool((cosines > SAME).all())
