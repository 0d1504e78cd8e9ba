"""An independent forward pass: forward.py FOLDER compares, in binary64 and to 1e-5, what the models that forward.icl
trained predict with what NumPy makes of their safetensors files and the same prompts. Prints TAP."""
import json
import struct
import sys

try:
    import numpy as np
except ImportError:
    print("1..0 # SKIP NumPy is not there")
    sys.exit(0)

folder = sys.argv[1]


def weights(path):
    """The tensors of a safetensors file, by name."""
    data = open(path, "rb").read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    assert length % 8 == 0
    out = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        assert entry["dtype"] == "F32"
        start, end = entry["data_offsets"]
        flat = np.frombuffer(data[8 + length + start:8 + length + end], "<f4")
        out[name] = flat.reshape(entry["shape"]).astype(np.float64)
    return out


def the_array(name):
    arrays = np.load(f"{folder}/{name}.npz")
    (key,) = arrays.files
    return arrays[key][0].astype(np.float64)  # a tensor is a column of one row


def linear(w, path, h):
    return h @ w[path + ".W"] + w[path + ".b"]


def layernorm(w, path, h):
    h = h - h.mean(-1, keepdims=True)
    return h / np.sqrt((h ** 2).mean(-1, keepdims=True) + 1e-5) * w[path + ".gain"] + w[path + ".offset"]


def attention(w, path, h, causal):
    out = np.zeros_like(h)
    for q, k, v, o in zip(*(w[f"{path}.{name}"] for name in ("Wq", "Wk", "Wv", "Wo"))):
        scores = (h @ q) @ (h @ k).T / np.sqrt(q.shape[1])
        if causal:
            scores[np.triu_indices(len(h), 1)] = -np.inf
        scores = np.exp(scores - scores.max(1, keepdims=True))
        out += scores / scores.sum(1, keepdims=True) @ (h @ v) @ o
    return out


def mlp(w, path, h):
    return np.maximum(h @ w[path + ".up"] + w[path + ".up_bias"], 0) @ w[path + ".down"] + w[path + ".down_bias"]


def blocks(w, h, layers, causal):
    for l in range(layers):
        h = h + attention(w, f"block[{l}].attention[0]", layernorm(w, f"block[{l}].layernorm[0]", h), causal)
        h = h + mlp(w, f"block[{l}].mlp[0]", layernorm(w, f"block[{l}].layernorm[1]", h))
    return linear(w, "linear[1]", layernorm(w, "layernorm[0]", h))


def encoder(w, tokens):
    return blocks(w, linear(w, "linear[0]", tokens), 2, False)[-1, 0]


def decoder(w, tokens):
    x, y = tokens[:, :-1], tokens[:, -1]
    pairs = np.zeros((2 * len(x), x.shape[1]))
    pairs[0::2] = x
    pairs[1::2, 0] = y  # that of the query is 0
    h = linear(w, "linear[0]", pairs) + w["embedding[0].E"][:len(pairs)]
    return blocks(w, h, 2, True)[-2, 0]


def compare(number, name, reader, model):
    w = weights(f"{folder}/{model}.safetensors")
    said = the_array(name + "_predictions")
    ours = np.array([reader(w, tokens) for tokens in the_array(name + "_prompts")])
    gap = np.abs(said - ours).max()
    good = said.shape == (100,) and np.abs(ours).max() > 0.1 and gap < 1e-5
    print("ok" if good else "not ok", number, "-", f"{name}: the largest difference is {gap:.1e}")


print("1..3")
compare(1, "encoder", encoder, "encoder")
compare(2, "decoder2", decoder, "decoder")
compare(3, "decoder9", decoder, "decoder")
