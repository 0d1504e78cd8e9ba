"""The work of w1.icl in PyTorch: 4096 prompts a batch. Prints "torch PROMPTS_A_SECOND RISKS"."""
import sys
import time

import torch

BATCH, ROWS, WIDTH, ACTIVE = 4096, 40, 16, 4
torch.set_num_threads(int(sys.argv[1]))
batches = int(sys.argv[2])


def descent(x, y, query, rate, steps=50):
    w = torch.zeros(BATCH, WIDTH, 1)
    for _ in range(steps):
        w -= rate / ROWS * torch.bmm(x.mT, torch.bmm(x, w) - y)
    return torch.bmm(query, w).flatten()


def errors():
    x = torch.randn(BATCH, ROWS + 1, WIDTH)
    chosen = torch.rand(BATCH, WIDTH).topk(ACTIVE).indices
    w = torch.zeros(BATCH, WIDTH).scatter(1, chosen, torch.randn(BATCH, ACTIVE))[:, :, None]
    f = torch.bmm(x, w)
    truth, query, x = f[:, ROWS, 0], x[:, ROWS:], x[:, :ROWS].contiguous()
    y = f[:, :ROWS] + 0.1 * torch.randn(BATCH, ROWS, 1)
    c = torch.bmm(x.mT, y)
    root = torch.linalg.cholesky(torch.bmm(x.mT, x) + 0.1 * torch.eye(WIDTH))
    scale = c.mT / ROWS
    return (
        descent(x, y, query, 0.1) - truth,
        torch.bmm(query, torch.cholesky_solve(c, root)).flatten() - truth,
        descent(x * scale, y, query * scale, 0.02) - truth,
    )


errors()
start = time.perf_counter()
for _ in range(batches):
    found = errors()
seconds = time.perf_counter() - start
print("torch %.0f" % (BATCH * batches / seconds), *("%.5f" % float(e.square().mean()) for e in found))
