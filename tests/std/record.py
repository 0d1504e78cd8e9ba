#!/usr/bin/python3
"""Writes recorded.icl: answers of scikit-learn and of plain NumPy to prompts of this library.

The prompts come out of _prompts.icl, the answers are computed here in binary64, and recorded.icl compares the library's
own with them. To record anew: tests/std/record.py path/of/icl
"""
import itertools
import json
import os
import subprocess
import sys

import numpy as np
from sklearn.linear_model import Lasso

here = os.path.dirname(os.path.abspath(__file__))


def prompts(icl):
    """What the tasks drew, by name, as arrays with prompts first."""
    text = subprocess.run([icl, "run", "--format", "json", os.path.join(here, "_prompts.icl")],
                          capture_output=True, check=True, text=True).stdout
    lines = [json.loads(line) for line in text.splitlines() if line]
    return {name: np.moveaxis(np.array(value), -1, 0) for name, value in zip(lines[0::2], lines[1::2])}


def lasso(X, y, q, alpha):
    """A dense context through scikit-learn, to a duality gap of 1e-12."""
    fit = Lasso(alpha=alpha, fit_intercept=False, tol=1e-12, max_iter=1_000_000)
    return [q[i] @ fit.fit(X[i], y[i]).coef_ for i in range(len(X))]


def bayes_sparse(X, y, q, s, tau, sigma):
    """Every support, its posterior mean and weight."""
    answers = []
    for i in range(len(X)):
        logs, means = [], []
        for S in itertools.combinations(range(X.shape[2]), s):
            Z = X[i][:, S]
            # y ~ N(0, sigma² I + tau² ZZ'): another form of the weight than the library's
            C = sigma**2 * np.eye(len(Z)) + tau**2 * Z @ Z.T
            logs.append(-0.5 * (y[i] @ np.linalg.solve(C, y[i]) + np.linalg.slogdet(C)[1]))
            means.append(tau**2 * q[i][list(S)] @ Z.T @ np.linalg.solve(C, y[i]))
        p = np.exp(np.array(logs) - max(logs))
        answers.append(p @ np.array(means) / p.sum())
    return answers


def knn(X, y, q, k):
    return [y[i][np.argsort(((X[i] - q[i]) ** 2).sum(axis=1), kind="stable")[:k]].mean() for i in range(len(X))]


def ols(X, y, q):
    return [q[i] @ np.linalg.pinv(X[i]) @ y[i] for i in range(len(X))]


def ridge(X, y, q, a):
    return [q[i] @ np.linalg.solve(X[i].T @ X[i] + a * np.eye(X.shape[2]), X[i].T @ y[i]) for i in range(len(X))]


def momentum(X, y, q, steps, eta, beta):
    answers = []
    for i in range(len(X)):
        w, before = np.zeros(X.shape[2]), np.zeros(X.shape[2])
        for _ in range(steps):
            step = eta * X[i].T @ (X[i] @ w - y[i]) / len(y[i])
            w, before = w - step + beta * (w - before), w
        answers.append(q[i] @ w)
    return answers


def tree(x, feature, leaf, depth):
    """The label of one row, going down node by node."""
    node = 0
    for _ in range(depth):
        node = 2 * node + (2 if x[int(feature[node])] > 0 else 1)
    return leaf[node - (2**depth - 1)]


def network(x, v, a):
    """A two-layer ReLU network with sqrt(2 / hidden)."""
    return np.sqrt(2 / len(a)) * sum(a[k] * max(v[:, k] @ x, 0.0) for k in range(len(a)))


def main():
    p = prompts(sys.argv[1] if len(sys.argv) > 1 else "icl")
    X, y, q = p["sparse X"], p["sparse y"], p["sparse q"]
    few_X, few_y, few_q = p["few X"], p["few y"], p["few q"]
    out = {
        "lasso_01": lasso(X, y, q, 0.1),
        "lasso_002": lasso(X, y, q, 0.02),
        "lasso_few": lasso(few_X, few_y, few_q, 0.1),
        "bayes": bayes_sparse(X, y, q, 2, 1.0, 0.5),
        "bayes_few": bayes_sparse(few_X, few_y, few_q, 3, 1.5, 0.3),
        "knn_3": knn(X, y, q, 3),
        "ols_full": ols(X, y, q),
        "ols_few": ols(few_X, few_y, few_q),
        "ridge_few": ridge(few_X, few_y, few_q, 0.7),
        "momentum_30": momentum(X, y, q, 30, 0.1, 0.8),
    }
    out["tree_labels"] = [[tree(row, feature, leaf, 3) for row in rows]
                          for rows, feature, leaf in zip(p["tree X"], p["tree feature"], p["tree leaf"])]
    out["network_labels"] = [[network(row, v, a) for row in rows]
                             for rows, v, a in zip(p["network X"], p["network v"], p["network a"])]
    with open(os.path.join(here, "recorded.icl"), "w") as f:
        f.write(HEAD)
        for name, value in out.items():
            rows = np.array(value)
            lines = [wrap(rows)] if rows.ndim == 1 else ["[" + wrap(row) + "]" for row in rows]
            f.write(name + " = [\n    " + ",\n    ".join(lines) + "]\n")
        f.write(TESTS)


def wrap(values):
    """Numbers with eight digits, eight a line."""
    text = ["%.8g" % v if "." in "%.8g" % v or "e" in "%.8g" % v else "%.8g.0" % v for v in values]
    return ",\n    ".join(", ".join(text[i:i + 8]) for i in range(0, len(text), 8))


HEAD = """\
# Answers of scikit-learn and NumPy to prompts of this library, written by record.py; the tests compare the library's
# own with them.
language 1

import "_prompts.icl"

## The largest difference between a predictor's answers to the first prompts and those recorded.
fn off(p, prompts, seed, recorded) {
    return max(abs(predictions(p, prompts, trials = recorded.shape[0], seed = seed) - recorded))
}

"""

TESTS = """
test "lasso is scikit-learn's" {
    assert off(lasso(alpha = 0.1), sparse_prompts(), 11, lasso_01) < 1e-4
    assert off(lasso(alpha = 0.02), sparse_prompts(), 11, lasso_002) < 1e-4
    assert off(lasso(alpha = 0.1), few_prompts(), 12, lasso_few) < 1e-3
}

test "exact Bayes is the sum over all supports" {
    assert off(bayes_sparse(s = 2), sparse_prompts(), 11, bayes) < 1e-4
    assert off(bayes_sparse(s = 3, tau = 1.5, sigma = 0.3), few_prompts(), 12, bayes_few) < 1e-3
}

test "neighbours, least squares, ridge and momentum are NumPy's" {
    assert off(knn(k = 3), sparse_prompts(), 11, knn_3) < 1e-5
    assert off(ols, sparse_prompts(), 11, ols_full) < 1e-4
    assert off(ols, few_prompts(), 12, ols_few) < 1e-4
    assert off(ridge(a = 0.7), few_prompts(), 12, ridge_few) < 1e-4
    assert off(momentum(steps = 30, eta = 0.1, beta = 0.8), sparse_prompts(), 11, momentum_30) < 1e-4
}

test "a tree's and a network's labels are those of a walk through it" {
    for i in 0:4 {
        assert off(y_entry(i), tree_prompts(), 13, tree_labels[:, i]) < 1e-6
        assert off(y_entry(i), network_prompts(), 14, network_labels[:, i]) < 1e-4
    }
}
"""

if __name__ == "__main__":
    main()
