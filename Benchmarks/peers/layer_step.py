"""A training step of small recurrent and convolutional networks, Needletail next to PyTorch: same numbers, alternating steps.

    python Benchmarks/peers/layer_step.py [--bench PATH] [--threads 1 2] [--steps 15]

See Benchmarks/Sources/needletail-bench/LayerStep.swift for the networks. PyTorch runs eagerly, with fused AdamW, and pictures in the better
of its two memory formats. Prints medians, ratios and the last losses, which have to agree. Needs torch.
"""

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path


def peer(kind, threads):
    import torch

    torch.set_num_threads(threads)

    def numbers(shape, scale, first):
        count = 1
        for extent in shape:
            count *= extent
        place = (torch.arange(count, dtype=torch.int64) + first) % 1_000_003
        return ((place * place % 1009).double() / 504 - 1).mul(scale).float().reshape(shape)

    def fill(parameters):
        for place, (parameter, order) in enumerate(parameters):
            shape = [parameter.shape[i] for i in order] if order else list(parameter.shape)
            inputs = parameter.numel() // parameter.shape[0] if parameter.dim() > 1 else 0
            values = numbers(shape, 1 / inputs**0.5 if inputs else 0.0, 1000 * (place + 1))
            # the order of extents here is that of the other library
            parameter.data.copy_(values.permute([order.index(i) for i in range(len(order))]) if order else values)

    name, _, layout = kind.partition("-")
    if name == "cnn":
        layers = [torch.nn.Conv2d(3, 32, 3, padding=1), torch.nn.Conv2d(32, 64, 3, padding=1), torch.nn.Linear(4096, 10)]
        # rows of the last layer are ordered height, width, channel there
        order = [0, 2, 3, 1]
        fill([(layers[0].weight, order), (layers[0].bias, None), (layers[1].weight, order), (layers[1].bias, None), (layers[2].weight, None), (layers[2].bias, None)])
        pictures = numbers([64, 32, 32, 3], 1, 0).permute(0, 3, 1, 2)
        if layout == "last":
            pictures = pictures.contiguous(memory_format=torch.channels_last)
            for layer in layers[:2]:
                layer.to(memory_format=torch.channels_last)
        else:
            pictures = pictures.contiguous()
        batch = 64

        def scores():
            state = pictures
            for layer in layers[:2]:
                state = torch.nn.functional.max_pool2d(torch.relu(layer(state)), 2)
            return layers[2](state.permute(0, 2, 3, 1).reshape(64, 4096))
    else:
        layers = [(torch.nn.GRU if name == "gru" else torch.nn.LSTM)(256, 256), torch.nn.Linear(256, 10)]
        fill([(p, None) for p in layers[0].parameters()] + [(layers[1].weight, None), (layers[1].bias, None)])
        steps = numbers([64, 32, 256], 1, 0)
        batch = 32

        def scores():
            return layers[1](layers[0](steps)[0][-1])

    trained = [p for layer in layers for p in layer.parameters()]
    groups = [{"params": [p for p in trained if p.dim() > 1], "weight_decay": 0.01}, {"params": [p for p in trained if p.dim() < 2], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1e-3, fused=True)
    targets = torch.tensor([i * 7 % 10 for i in range(batch)])
    for _ in sys.stdin:
        start = time.perf_counter()
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(scores(), targets)
        value = loss.item()
        loss.backward()
        optimizer.step()
        print(f"{time.perf_counter() - start:.5f} {value:.5f}", flush=True)


class Engine:
    def __init__(self, command):
        self.rows = []
        self.process = subprocess.Popen([str(x) for x in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def step(self):
        self.process.stdin.write("step\n")
        self.process.stdin.flush()
        return [float(x) for x in self.process.stdout.readline().split()]

    def peak(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), float("nan"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bench", default="Benchmarks/.build/release/needletail-bench")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--steps", type=int, default=15)
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        return peer(options.peer, options.threads[0])
    print("| network | threads | Needletail | PyTorch | ratio | losses | peak MiB |\n|---|---|---|---|---|---|---|")
    for name in ("lstm", "gru", "cnn"):
        kinds = [name, "cnn-last"] if name == "cnn" else [name]
        for threads in options.threads:
            ours = Engine([options.bench, "layer-step", name, threads])
            theirs = [Engine([sys.executable, __file__, "--peer", kind, "--threads", threads]) for kind in kinds]
            for step in range(options.steps + 3):
                for engine in [ours, *theirs]:
                    row = engine.step()
                    if step >= 3:
                        engine.rows.append(row)
            times = [statistics.median(row[0] for row in engine.rows) for engine in [ours, *theirs]]
            best = min(range(1, len(times)), key=lambda i: times[i])
            other = theirs[best - 1]
            print(f"| {name} | {threads} | {times[0] * 1e3:.1f} ms | {times[best] * 1e3:.1f} ms | **{times[best] / times[0]:.2f}x** | "
                  f"{ours.rows[-1][1]:.4f}, {other.rows[-1][1]:.4f} | {ours.peak():.0f}, {other.peak():.0f} |", flush=True)
            for engine in [ours, *theirs]:
                engine.process.stdin.close()


if __name__ == "__main__":
    main()
