"""A training step of Needletail next to one of PyTorch: same network, same tokens, alternating steps.

    python Benchmarks/peers/training_step.py --model DIRECTORY [--bench PATH] [--threads 2] [--steps 7] [--sequences 32] [--tokens 64]
        [--adapter RANK]

InfoNCE with the cosine at 0.05 over the two halves of the batch, AdamW with weight decay 0.01 on matrices, no dropout, all
sequences of the same length (so that padding costs PyTorch nothing). PyTorch runs eagerly with its fused AdamW and, separately,
with the plain one. With `--adapter` both train low-rank additions to queries and values alone, PyTorch with PEFT. Prints medians, ratios, losses and
the highest memory of each process. Needs torch and transformers, for `--adapter` peft.
"""

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path


def peer(options, fused):
    """Takes a step for each line of standard input, as `needletail-bench training-step --interactive` does."""
    import torch
    import transformers

    torch.set_num_threads(options.threads)
    network = transformers.AutoModel.from_pretrained(options.model, attn_implementation="sdpa").train()
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    for module in network.modules():
        if hasattr(module, "dropout_prob"):
            module.dropout_prob = 0.0
    network.config.attention_probs_dropout_prob = 0.0
    if options.adapter:
        import peft

        settings = peft.LoraConfig(r=options.adapter, lora_alpha=2 * options.adapter, target_modules=["query", "value"])
        network = peft.get_peft_model(network, settings)
    trained = [p for name, p in network.named_parameters() if "pooler" not in name and p.requires_grad]
    groups = [{"params": [p for p in trained if p.dim() > 1], "weight_decay": 0.01}, {"params": [p for p in trained if p.dim() < 2], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=2e-5, fused=fused)
    half = options.sequences // 2
    for step, _ in enumerate(sys.stdin):
        ids = torch.tensor(
            [[1000 + (s * 7919 + t * 104729 + step * 1299) % 20000 for t in range(options.tokens)] for s in range(options.sequences)]
        )
        start = time.perf_counter()
        optimizer.zero_grad()
        states = network(input_ids=ids).last_hidden_state.mean(1)
        vectors = torch.nn.functional.normalize(states, dim=1)
        loss = torch.nn.functional.cross_entropy(vectors[:half] @ vectors[half:].T * 20, torch.arange(half))
        value = loss.item()
        forward = time.perf_counter()
        loss.backward()
        backward = time.perf_counter()
        optimizer.step()
        end = time.perf_counter()
        print(f"{end - start:.4f} {forward - start:.4f} {backward - forward:.4f} {end - backward:.4f} {value:.5f}", flush=True)


class Engine:
    def __init__(self, name, command):
        self.name, self.rows = name, []
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def step(self):
        self.process.stdin.write("step\n")
        self.process.stdin.flush()
        return [float(x) for x in self.process.stdout.readline().split()]

    def peak(self):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
        return float("nan")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--bench", default="Benchmarks/.build/release/needletail-bench")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=7)
    parser.add_argument("--sequences", type=int, default=32)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--adapter", type=int)
    parser.add_argument("--peer", choices=["fused", "plain"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        return peer(options, options.peer == "fused")

    sizes = ["--threads", options.threads, "--sequences", options.sequences, "--tokens", options.tokens, "--model", options.model]
    sizes = [str(x) for x in sizes + (["--adapter", options.adapter] if options.adapter else [])]
    engines = [Engine("needletail", [options.bench, "training-step", "--interactive", "--steps", "1000000", *sizes])]
    for kind in ("fused", "plain"):
        engines.append(Engine(f"torch, {kind} AdamW", [sys.executable, __file__, "--peer", kind, *sizes]))
    for step in range(options.steps + 2):
        for engine in engines:
            row = engine.step()
            if step >= 2:
                engine.rows.append(row)
    print("| engine | step | forward | backward | optimiser | torch time / this | peak MiB | last loss |")
    print("|---|---|---|---|---|---|---|---|")
    medians = {e.name: [statistics.median(column) for column in zip(*e.rows)] for e in engines}
    reference = medians["torch, fused AdamW"][0]
    for engine in engines:
        total, forward, backward, optimiser, _ = medians[engine.name]
        cells = [f"{x * 1e3:.0f} ms" for x in (total, forward, backward, optimiser)]
        print(f"| {engine.name} | {' | '.join(cells)} | {reference / total:.2f} | {engine.peak():.0f} | {engine.rows[-1][4]:.5f} |")
        engine.process.stdin.close()
    print(f"\n{options.sequences} x {options.tokens} tokens, {options.threads} threads, median of {options.steps} steps after 2")


if __name__ == "__main__":
    main()
