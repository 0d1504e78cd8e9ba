"""The work of w2.icl in PyTorch: training steps of an encoder on fresh prompts. Prints "torch TOKENS_A_SECOND"."""
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

BATCH, ROWS, INPUT, ACTIVE, LAYERS, HEADS = 64, 40, 16, 4, 4, 8
threads, width, steps = (int(a) for a in sys.argv[1:4])
torch.set_num_threads(threads)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.before_attention, self.before_mlp = nn.LayerNorm(width), nn.LayerNorm(width)
        self.project = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, h):
        b, t, _ = h.shape
        parts = self.project(self.before_attention(h)).view(b, t, 3, HEADS, width // HEADS).permute(2, 0, 3, 1, 4)
        query, key, value = parts
        weight = torch.softmax(query @ key.mT / (width // HEADS) ** 0.5, -1)
        h = h + self.out((weight @ value).transpose(1, 2).reshape(b, t, width))
        return h + self.down(F.relu(self.up(self.before_mlp(h))))


blocks = [Block() for _ in range(LAYERS)]
model = nn.Sequential(nn.Linear(INPUT + 1, width), *blocks, nn.LayerNorm(width), nn.Linear(width, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)


def step():
    x = torch.randn(BATCH, ROWS + 1, INPUT)
    chosen = torch.rand(BATCH, INPUT).topk(ACTIVE).indices
    w = torch.zeros(BATCH, INPUT).scatter(1, chosen, torch.randn(BATCH, ACTIVE))
    f = x @ w[:, :, None]
    y = f + 0.1 * torch.randn_like(f)
    y[:, ROWS] = 0
    loss = (model(torch.cat([x, y], 2))[:, ROWS, 0] - f[:, ROWS, 0]).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


for _ in range(2):
    step()
start = time.perf_counter()
for _ in range(steps):
    step()
print("torch %.0f" % (BATCH * (ROWS + 1) * steps / (time.perf_counter() - start)))
