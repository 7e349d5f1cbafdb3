#!/usr/bin/env python3
"""Writes a tiny model of random weights, for trying an inference server's wire: it says nothing of sense.

usage: make_gguf.py OUT.gguf [--template FILE.jinja] [--seed N] [--context N]

The tokenizer knows every byte, so any prompt can be read, plus the tokens below. The first number of every
embedding is the same and large; through it the output matrix has a bias per token, which makes the model write
printable text, stop after about 40 tokens, and sometimes think or begin a tool call.
"""

import argparse
import pathlib

import gguf
import numpy as np

LAYERS, WIDTH, HEADS, FEED_FORWARD = 2, 64, 4, 128
SPECIAL = {  # token: its bias, in nats above an unprintable byte
    "<|endoftext|>": -9.0,
    "<|im_start|>": -9.0,
    "<|im_end|>": 6.0,
    "<think>": 3.0,
    "</think>": 5.0,
    "<tool_call>": 5.0,
    "</tool_call>": 2.0,
}
PRINTABLE_BIAS = 5.0
CONSTANT = 6.0  # the first number of each embedding; the others are near 0.3


def byte_letters() -> list[str]:
    """The letters by which byte-level BPE writes the 256 bytes."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    letters = {byte: chr(byte) for byte in plain}
    letters |= {byte: chr(256 + place) for place, byte in enumerate(others)}
    return [letters[byte] for byte in range(256)]


def add_tokenizer(writer: gguf.GGUFWriter, tokens: list[str], template: str) -> None:
    kinds = [gguf.TokenType.NORMAL] * 256
    # Control tokens are not written out; what a server's parser looks for must be.
    kinds += [gguf.TokenType.CONTROL] * 3 + [gguf.TokenType.USER_DEFINED] * (len(SPECIAL) - 3)
    kinds += [gguf.TokenType.NORMAL] * (len(tokens) - len(kinds))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(["t h"])  # loaders insist on one
    writer.add_bos_token_id(256)
    writer.add_eos_token_id(258)
    writer.add_pad_token_id(256)
    writer.add_add_bos_token(False)
    writer.add_chat_template(template)


def add_weights(writer: gguf.GGUFWriter, biases: list[float], seed: int) -> None:
    random = np.random.default_rng(seed)

    def noise(*shape: int) -> np.ndarray:
        return (random.standard_normal(shape) * 0.3).astype(np.float32)

    def add(name: str, values: np.ndarray) -> None:
        writer.add_tensor(name + ".weight", values)

    embedding = noise(len(biases), WIDTH)
    embedding[:, 0] = CONSTANT
    output = noise(len(biases), WIDTH)
    # After the last norm the constant is about sqrt(WIDTH) times its share of the whole length.
    length = np.sqrt(CONSTANT**2 + (WIDTH - 1) * 0.3**2)
    output[:, 0] = np.array(biases) / (np.sqrt(WIDTH) * CONSTANT / length)
    add("token_embd", embedding)
    add("output_norm", np.ones(WIDTH, np.float32))
    add("output", output)
    for layer in range(LAYERS):
        part = f"blk.{layer}."
        add(part + "attn_norm", np.ones(WIDTH, np.float32))
        add(part + "ffn_norm", np.ones(WIDTH, np.float32))
        for name in ("attn_q", "attn_k", "attn_v"):
            add(part + name, noise(WIDTH, WIDTH) * 0.3)
        add(part + "ffn_gate", noise(FEED_FORWARD, WIDTH) * 0.3)
        add(part + "ffn_up", noise(FEED_FORWARD, WIDTH) * 0.3)
        for name, width in (("attn_output", WIDTH), ("ffn_down", FEED_FORWARD)):
            values = noise(WIDTH, width) * 0.3
            values[0] = 0  # no layer writes over the constant
            add(part + name, values)


def main() -> None:
    here = pathlib.Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out")
    parser.add_argument("--template", default=here / "templates" / "tags.jinja", type=pathlib.Path)
    parser.add_argument("--seed", default=1, type=int)
    parser.add_argument("--context", default=32768, type=int, help="the context that the model declares")
    given = parser.parse_args()

    tokens = byte_letters() + list(SPECIAL) + ["th"]
    printable = [PRINTABLE_BIAS if byte == 10 or 32 <= byte < 127 else 0.0 for byte in range(256)]
    biases = printable + list(SPECIAL.values()) + [PRINTABLE_BIAS]

    writer = gguf.GGUFWriter(given.out, "llama")
    writer.add_name("plumbline-random-" + given.template.stem)
    writer.add_context_length(given.context)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    add_tokenizer(writer, tokens, given.template.read_text())
    add_weights(writer, biases, given.seed)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
