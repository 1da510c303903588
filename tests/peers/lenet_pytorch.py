"""LeNet-5 on MNIST in PyTorch, as `weft run sample_projects/mnist/mnist.weft` trains it: same layers, initialisation,
parts, optimiser, schedule and batch size. Prints one JSON line. Needs torch and numpy.

usage: lenet_pytorch.py DATA_FOLDER EPOCHS DEVICE SEED
"""

import gzip
import json
import math
import sys
import time

import numpy as np
import torch
from torch import nn

folder, epochs, device, seed = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
torch.manual_seed(seed)
BATCH, RATE = 64, 1e-3


def idx(name, offset):
    with gzip.open(f"{folder}/{name}.gz") as file:
        return np.frombuffer(file.read(), np.uint8, offset=offset)


images = idx("train-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)
labels = idx("train-labels-idx1-ubyte", 8)
test_images = idx("t10k-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)
test_labels = idx("t10k-labels-idx1-ubyte", 8)
order = np.random.default_rng(seed).permutation(len(images))
train, valid = order[6000:], order[:6000]
mean, std = images[train].mean() / 255, images[train].std() / 255


def prepare(x):
    return torch.from_numpy((x / np.float32(255) - np.float32(mean)) / np.float32(std)).float().to(device)


def target(y):
    return torch.from_numpy(y.astype(np.int64)).to(device)


x, y = prepare(images[train]), target(labels[train])
vx, vy = prepare(images[valid]), target(labels[valid])
tx, ty = prepare(test_images), target(test_labels)

net = nn.Sequential(
    nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
).to(device)
steps = math.ceil(len(x) / BATCH) * epochs
optimiser = torch.optim.Adam(net.parameters(), RATE)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
loss_of = nn.CrossEntropyLoss()


def accuracy(x, y):
    net.eval()
    with torch.no_grad():
        right = sum((net(x[i:i + 256]).argmax(1) == y[i:i + 256]).sum().item() for i in range(0, len(x), 256))
    net.train()
    return right / len(x)


best, kept, seconds = -1.0, None, []
for epoch in range(epochs):
    start = time.perf_counter()
    for rows in torch.randperm(len(x), device=device).split(BATCH):
        optimiser.zero_grad(set_to_none=True)
        loss = loss_of(net(x[rows]), y[rows])
        loss.backward()
        optimiser.step()
        schedule.step()
    now = accuracy(vx, vy)
    seconds.append(time.perf_counter() - start)
    if now > best:
        best, kept = now, {k: v.clone() for k, v in net.state_dict().items()}
net.load_state_dict(kept)
memory = torch.cuda.max_memory_allocated() if device.startswith("cuda") else None
print(json.dumps({
    "version": torch.__version__, "threads": torch.get_num_threads(), "epoch_s": sorted(seconds)[len(seconds) // 2],
    "accuracy": accuracy(tx, ty), "memory_bytes": memory,
}))
