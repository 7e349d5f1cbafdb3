#!/usr/bin/env python3
"""Writes the tiny model of random weights as a folder in the layout of Hugging Face, for vLLM and its relatives."""

import argparse
import json
import pathlib

import tiny_model as tiny
from safetensors.numpy import save_file

NAMES = {
    "q": "self_attn.q_proj", "k": "self_attn.k_proj", "v": "self_attn.v_proj", "o": "self_attn.o_proj",
    "gate": "mlp.gate_proj", "up": "mlp.up_proj", "down": "mlp.down_proj",
    "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
    "embedding": "model.embed_tokens", "output": "lm_head", "output_norm": "model.norm",
}  # fmt: skip


def name_of(name: str) -> str:
    layer, dot, part = name.rpartition(".")
    return f"model.layers.{layer}." * bool(dot) + NAMES[part] + ".weight"


def tokenizer() -> dict:
    added = [
        {"id": tiny.FIRST_SPECIAL + place, "content": token, "special": place < tiny.CONTROL,
         "single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
        for place, token in enumerate(tiny.SPECIAL)
    ]  # fmt: skip
    bytewise = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": bytewise,
        "post_processor": None,
        "decoder": bytewise,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {token: place for place, token in enumerate(tiny.tokens())},
            "merges": [list(tiny.MERGE)],
        },
    }


def main() -> None:
    here = pathlib.Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--template", default=here / "templates" / "tags.jinja", type=pathlib.Path)
    parser.add_argument("--seed", default=1, type=int)
    parser.add_argument("--context", default=32768, type=int, help="the context that the model declares")
    given = parser.parse_args()

    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": tiny.WIDTH,
        "intermediate_size": tiny.FEED_FORWARD,
        "num_hidden_layers": tiny.LAYERS,
        "num_attention_heads": tiny.HEADS,
        "num_key_value_heads": tiny.HEADS,
        "max_position_embeddings": given.context,
        "rms_norm_eps": tiny.EPSILON,
        "vocab_size": len(tiny.tokens()),
        "hidden_act": "silu",
        "tie_word_embeddings": False,
        "bos_token_id": tiny.END_OF_TEXT,
        "eos_token_id": tiny.END_OF_TURN,
        "torch_dtype": "float32",
    }
    special = list(tiny.SPECIAL)
    tokenizer_config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": special[0],
        "eos_token": special[2],
        "pad_token": special[0],
        "clean_up_tokenization_spaces": False,
        "model_max_length": given.context,
        "chat_template": given.template.read_text(),
    }
    given.out.mkdir(parents=True, exist_ok=True)
    files = {"config.json": config, "tokenizer.json": tokenizer(), "tokenizer_config.json": tokenizer_config}
    for name, content in files.items():
        (given.out / name).write_text(json.dumps(content, ensure_ascii=False, indent=1))
    tensors = {name_of(name): values for name, values in tiny.weights(given.seed).items()}
    save_file(tensors, given.out / "model.safetensors", metadata={"format": "pt"})


if __name__ == "__main__":
    main()
