#!/usr/bin/env python3
"""Writes the tiny model of random weights as a GGUF file, for llama.cpp and its relatives."""

import argparse
import pathlib

import gguf
import tiny_model as tiny

NAMES = {
    "q": "attn_q", "k": "attn_k", "v": "attn_v", "o": "attn_output",
    "gate": "ffn_gate", "up": "ffn_up", "down": "ffn_down",
    "embedding": "token_embd",
}  # fmt: skip


def name_of(name: str) -> str:
    layer, dot, part = name.rpartition(".")
    return f"blk.{layer}." * bool(dot) + NAMES.get(part, part) + ".weight"


def add_tokenizer(writer: gguf.GGUFWriter, template: str) -> None:
    kinds = [gguf.TokenType.NORMAL] * len(tiny.tokens())
    for place in range(len(tiny.SPECIAL)):
        control = place < tiny.CONTROL
        kinds[tiny.FIRST_SPECIAL + place] = gguf.TokenType.CONTROL if control else gguf.TokenType.USER_DEFINED
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tiny.tokens())
    writer.add_token_types(kinds)
    writer.add_token_merges([" ".join(tiny.MERGE)])
    writer.add_bos_token_id(tiny.END_OF_TEXT)
    writer.add_eos_token_id(tiny.END_OF_TURN)
    writer.add_pad_token_id(tiny.END_OF_TEXT)
    writer.add_add_bos_token(False)
    writer.add_chat_template(template)


def main() -> None:
    here = pathlib.Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out")
    parser.add_argument("--template", default=here / "templates" / "tags.jinja", type=pathlib.Path)
    parser.add_argument("--seed", default=1, type=int)
    parser.add_argument("--context", default=32768, type=int, help="the context that the model declares")
    given = parser.parse_args()

    writer = gguf.GGUFWriter(given.out, "llama")
    writer.add_name("plumbline-random-" + given.template.stem)
    writer.add_context_length(given.context)
    writer.add_embedding_length(tiny.WIDTH)
    writer.add_block_count(tiny.LAYERS)
    writer.add_feed_forward_length(tiny.FEED_FORWARD)
    writer.add_head_count(tiny.HEADS)
    writer.add_head_count_kv(tiny.HEADS)
    writer.add_rope_dimension_count(tiny.WIDTH // tiny.HEADS)
    writer.add_layer_norm_rms_eps(tiny.EPSILON)
    writer.add_vocab_size(len(tiny.tokens()))
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    add_tokenizer(writer, given.template.read_text())
    for name, values in tiny.weights(given.seed).items():
        writer.add_tensor(name_of(name), values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
