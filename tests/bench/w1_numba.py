"""The work of w1.icl in Numba: loops over prompts, compiled, on all threads. Prints "numba PROMPTS_A_SECOND RISKS"."""
import sys
import time

import numba
import numpy as np

ROWS, WIDTH, ACTIVE, STEPS = 40, 16, 4, 50


@numba.njit(fastmath=True)
def descent(x, y, query, rate):
    w = np.zeros(WIDTH, np.float32)
    slope = np.empty(WIDTH, np.float32)
    for _ in range(STEPS):
        slope[:] = 0
        for i in range(ROWS):
            miss = -y[i]
            for j in range(WIDTH):
                miss += x[i, j] * w[j]
            for j in range(WIDTH):
                slope[j] += miss * x[i, j]
        for j in range(WIDTH):
            w[j] -= np.float32(rate / ROWS) * slope[j]
    answer = np.float32(0)
    for j in range(WIDTH):
        answer += query[j] * w[j]
    return answer


@numba.njit(parallel=True, fastmath=True)
def errors(prompts, seed):
    out = np.empty((prompts, 3))
    for b in numba.prange(prompts):
        np.random.seed(seed + b)
        x = np.empty((ROWS + 1, WIDTH), np.float32)
        for i in range(ROWS + 1):
            for j in range(WIDTH):
                x[i, j] = np.random.normal()
        w = np.zeros(WIDTH, np.float32)
        for j in np.random.permutation(WIDTH)[:ACTIVE]:
            w[j] = np.random.normal()
        f = x @ w
        y = np.empty(ROWS, np.float32)
        for i in range(ROWS):
            y[i] = f[i] + np.float32(0.1 * np.random.normal())
        context = np.ascontiguousarray(x[:ROWS])
        c = context.T @ y
        gram = context.T @ context
        for j in range(WIDTH):
            gram[j, j] += np.float32(0.1)
        out[b, 0] = descent(context, y, x[ROWS], 0.1) - f[ROWS]
        out[b, 1] = np.dot(x[ROWS], np.linalg.solve(gram, c)) - f[ROWS]
        scale = c / np.float32(ROWS)
        out[b, 2] = descent(context * scale, y, x[ROWS] * scale, 0.02) - f[ROWS]
    return out


numba.set_num_threads(int(sys.argv[1]))
prompts = int(sys.argv[2])
errors(64, 0)
start = time.perf_counter()
found = errors(prompts, 1)
print("numba %.0f" % (prompts / (time.perf_counter() - start)), *("%.5f" % r for r in (found**2).mean(0)))
