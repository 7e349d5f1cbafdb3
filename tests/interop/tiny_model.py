"""The tokens and the random weights of a tiny model, for trying an inference server's wire: it says nothing of sense.

The tokenizer knows every byte, so any prompt can be read, plus the tokens below. The first number of every
embedding is the same and large; through it the output matrix has a bias per token, which makes the model write
printable text, stop after some 40 tokens, and sometimes think or begin a tool call.
"""

import numpy as np

LAYERS, WIDTH, HEADS, FEED_FORWARD = 2, 128, 2, 256
SPECIAL = {  # token: its bias, in nats above an unprintable byte
    "<|endoftext|>": -9.0,
    "<|im_start|>": -9.0,
    "<|im_end|>": 6.0,
    "<think>": 3.0,
    "</think>": 5.0,
    "<tool_call>": 5.0,
    "</tool_call>": 2.0,
}
CONTROL = 3  # so many of them are never written out; what a server's parser looks for must be
FIRST_SPECIAL = 256
END_OF_TEXT, END_OF_TURN = FIRST_SPECIAL, FIRST_SPECIAL + 2
MERGE = ("t", "h")  # loaders insist on one
PRINTABLE_BIAS = 5.0
CONSTANT = 6.0  # the first number of each embedding; the others are near SPREAD
SPREAD = 0.3
EPSILON = 1e-5


def byte_letters() -> list[str]:
    """The letters by which byte-level BPE writes the 256 bytes."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    letters = {byte: chr(byte) for byte in plain}
    letters |= {byte: chr(256 + place) for place, byte in enumerate(others)}
    return [letters[byte] for byte in range(256)]


def tokens() -> list[str]:
    return [*byte_letters(), *SPECIAL, "".join(MERGE)]


def weights(seed: int) -> dict[str, np.ndarray]:
    """Tensors by name: embedding, output, output_norm, and LAYER.{attn_norm,ffn_norm,q,k,v,o,gate,up,down}."""
    random = np.random.default_rng(seed)
    printable = [PRINTABLE_BIAS if byte == 10 or 32 <= byte < 127 else 0.0 for byte in range(256)]
    biases = np.array([*printable, *SPECIAL.values(), PRINTABLE_BIAS])

    def noise(scale: float, *shape: int) -> np.ndarray:
        return (random.standard_normal(shape) * scale).astype(np.float32)

    embedding = noise(SPREAD, len(biases), WIDTH)
    embedding[:, 0] = CONSTANT
    output = noise(0.1, len(biases), WIDTH)
    # After the last norm the constant is about sqrt(WIDTH) times its share of the whole length.
    length = np.sqrt(CONSTANT**2 + (WIDTH - 1) * SPREAD**2)
    output[:, 0] = biases / (np.sqrt(WIDTH) * CONSTANT / length)
    made = {"embedding": embedding, "output": output, "output_norm": np.ones(WIDTH, np.float32)}
    for layer in range(LAYERS):
        part = {name: noise(0.07, WIDTH, WIDTH) for name in ("q", "k", "v", "o")}
        part |= {name: noise(0.07, FEED_FORWARD, WIDTH) for name in ("gate", "up")}
        part["down"] = noise(0.07, WIDTH, FEED_FORWARD)
        part["o"][0] = part["down"][0] = 0  # no layer writes over the constant
        part["attn_norm"] = part["ffn_norm"] = np.ones(WIDTH, np.float32)
        made |= {f"{layer}.{name}": values for name, values in part.items()}
    return made
