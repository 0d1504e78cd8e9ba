"""An independent forward pass: forward.py FOLDER compares, in binary64 and to 1e-5, what the models that forward.icl
trained predict with what NumPy makes of their safetensors files and the same prompts; and what analyses of the encoder
say with the same computed here. Prints TAP."""
import csv
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
    return arrays[key].astype(np.float64)


def linear(w, path, h):
    return h @ w[path + ".W"] + w[path + ".b"]


def layernorm(w, path, h):
    h = h - h.mean(-1, keepdims=True)
    return h / np.sqrt((h ** 2).mean(-1, keepdims=True) + 1e-5) * w[path + ".gain"] + w[path + ".offset"]


def attention(w, path, h, causal, silent=None, seen=None):
    out = np.zeros_like(h)
    for i, (q, k, v, o) in enumerate(zip(*(w[f"{path}.{name}"] for name in ("Wq", "Wk", "Wv", "Wo")))):
        scores = (h @ q) @ (h @ k).T / np.sqrt(q.shape[1])
        if causal:
            scores[np.triu_indices(len(h), 1)] = -np.inf
        scores = np.exp(scores - scores.max(1, keepdims=True))
        scores /= scores.sum(1, keepdims=True)
        if seen is not None:
            seen.append(scores)
        if i != silent:
            out += scores @ (h @ v) @ o
    return out


def mlp(w, path, h):
    return np.maximum(h @ w[path + ".up"] + w[path + ".up_bias"], 0) @ w[path + ".down"] + w[path + ".down_bias"]


def blocks(w, h, layers, causal, silent=(None, None), states=None, seen=None):
    for l in range(layers):
        h = h + attention(w, f"block[{l}].attention[0]", layernorm(w, f"block[{l}].layernorm[0]", h), causal,
                          silent[1] if l == silent[0] else None, seen)
        h = h + mlp(w, f"block[{l}].mlp[0]", layernorm(w, f"block[{l}].layernorm[1]", h))
        if states is not None:
            states.append(h)
    return linear(w, "linear[1]", layernorm(w, "layernorm[0]", h))


def encoder(w, tokens, **more):
    return blocks(w, linear(w, "linear[0]", tokens), 2, False, **more)[-1, 0]


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


def close(number, name, said, ours, tolerance=1e-5):
    gap = np.abs(said - ours).max() if said.shape == ours.shape else np.inf
    print("ok" if gap < tolerance else "not ok", number, "-", f"{name}: the largest difference is {gap:.1e}")


def first_states(w, tokens):
    states = []
    encoder(w, tokens, states=states)
    return states[0]


def asked_states(w, tokens):
    """The query's state after the first layer, with each row of the context asked in its place; the query last."""
    rows = []
    for row in tokens:
        there = tokens.copy()
        there[-1, :-1] = row[:-1]
        rows.append(first_states(w, there)[-1])
    return np.array(rows)


def ridge(rows, labels):
    z, q = rows[:-1], rows[-1]
    return q @ np.linalg.solve(z.T @ z + np.eye(z.shape[1]), z.T @ labels)


def analyses(number):
    w, prompts, target = weights(f"{folder}/encoder.safetensors"), the_array("encoder_prompts"), the_array("target")
    full = (np.array([encoder(w, p) for p in prompts]) - target) ** 2
    lost = [(np.array([encoder(w, p, silent=(l, k)) for p in prompts]) - target) ** 2 - full
            for l in range(2) for k in range(2)]
    said = [float(row["lost"]) for row in csv.DictReader(open(f"{folder}/importance.csv"))]
    ours = np.array([x.mean() for x in lost])
    close(number, "risk lost without a head", np.array(said), ours)
    close(number + 1, "the strongest head", the_array("strongest"), ours.reshape(2, 2).argmax(1).astype(float))
    seen = []
    for p in prompts:
        each = []
        encoder(w, p, seen=each)
        seen.append(each[2:])
    close(number + 2, "attention weights", the_array("attention"), np.array(seen))
    close(number + 3, "states", the_array("residual"), np.array([first_states(w, p) for p in prompts]))
    q, k = (w[f"block[0].attention[0].{name}"][1] for name in ("Wq", "Wk"))
    close(number + 4, "circuit", the_array("circuit"), q @ k.T)
    close(number + 5, "features of labelled tokens", the_array("labelled"),
          np.array([ridge(first_states(w, p), p[:-1, -1]) for p in prompts]), 2e-4)
    close(number + 6, "features of asked rows", the_array("asked"),
          np.array([ridge(asked_states(w, p), p[:-1, -1]) for p in prompts]), 2e-4)
    with_one = lambda states: np.concatenate([states, np.ones((len(states), 1))], 1)
    read_out = np.linalg.lstsq(with_one(the_array("fit_states")), the_array("fit_target"), rcond=None)[0]
    risk = ((with_one(the_array("asked_states")) @ read_out - the_array("asked_target")) ** 2).mean()
    # The probe fits on prompts of its own: 4096 of either leave a difference of less than one in a hundred.
    close(number + 7, "probe", np.array(float(open(f"{folder}/out").read()) / risk), np.array(1.0), 0.02)


print("1..11")
compare(1, "encoder", encoder, "encoder")
compare(2, "decoder2", decoder, "decoder")
compare(3, "decoder9", decoder, "decoder")
analyses(4)
