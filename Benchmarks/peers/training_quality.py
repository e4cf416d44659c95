"""Fine-tuning with Needletail next to the same fine-tuning with sentence-transformers: the same batches, rates, and rule of choice.

    python Benchmarks/peers/training_quality.py --model DIRECTORY --data BEIR_DIRECTORY [--needletail PATH] [--seeds 1 2 3]

Writes a recipe for each seed, lets `needletail train` run it and write its batches (`--batches`), and takes the network of the Python
package through the same batches: InfoNCE with the cosine at 0.05, AdamW with weight decay 0.01 on matrices, gradients clipped to 1, a
linear schedule with warm-up, no dropout. Both keep the values that are best on the validation queries and measure them once on the test
queries. Training, validation and test have no query in common. Needs sentence-transformers.

`--own-loss` adds a run with the loss of the Python package (MultipleNegativesRankingLoss), for which passages that occur twice in a
batch are wrong answers to one another.
"""

import argparse
import gzip
import json
import math
import statistics
import subprocess
import tempfile
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

RATE, WARMUP, TEMPERATURE = 5e-5, 0.1, 0.05


def recipe(options, seed, output):
    data = str(Path(options.data).resolve())
    return {
        "model": str(Path(options.model).resolve()), "output": str(output), "steps": options.steps, "seed": seed,
        "data": [{"format": "beir", "path": data, "split": "train", "share": [0, 0.9]}],
        "batch": {"size": options.batch}, "objective": {"kind": "contrastive", "temperature": TEMPERATURE},
        "optimizer": {"rate": RATE, "warmup": WARMUP}, "checkpoint_every": 1000,
        "validation": {"path": data, "split": "train", "share": options.validation, "every": options.every},
        "test": {"path": data, "split": "test", "share": options.test},
    }


def place(text):
    """Where a query stands among all, as `share` in recipes counts: FNV-1a, mixed as in SplitMix64."""
    mask = (1 << 64) - 1
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & mask
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        value = ((value ^ value >> shift) * factor) & mask
    return ((value ^ value >> 31) >> 11) * 2.0**-53


def lines(path):
    path = Path(path)
    with (gzip.open(f"{path}.gz", "rt") if not path.exists() else open(path)) as file:
        return [json.loads(line) for line in file if line.strip()]


class Task:
    """The judged queries of a split, or of a share of it."""

    def __init__(self, folder, split, share=(0, 1)):
        texts = {record["_id"]: record["text"] for record in lines(f"{folder}/queries.jsonl")}
        self.judgements = {}
        for line in Path(f"{folder}/qrels/{split}.tsv").read_text().splitlines()[1:]:
            query, document, grade = line.split("\t")
            if share[0] <= place(texts[query]) < share[1]:
                self.judgements.setdefault(query, {})[document] = int(grade)
        self.queries = list(self.judgements)
        self.texts = [texts[query] for query in self.queries]
        corpus = lines(f"{folder}/corpus.jsonl")
        self.ids = [record["_id"] for record in corpus]
        self.documents = ["\n".join(part for part in (record.get("title", ""), record["text"]) if part) for record in corpus]

    def ndcg(self, model):
        """nDCG@10 with linear gains, as trec_eval has it."""
        queries, documents = (model.encode(t, convert_to_tensor=True, batch_size=64) for t in (self.texts, self.documents))
        values = []
        for query, row in zip(self.queries, (queries @ documents.T).topk(10).indices.tolist()):
            grades = self.judgements[query]
            gain = sum(grades.get(self.ids[d], 0) / math.log2(rank + 2) for rank, d in enumerate(row))
            ideal = sorted(grades.values(), reverse=True)[:10]
            values.append(gain / sum(grade / math.log2(rank + 2) for rank, grade in enumerate(ideal)))
        return statistics.mean(values)


def in_batch_loss(model, batch):
    """The loss of Needletail: each passage once, and those that are known to answer a query too count as nothing."""
    features = lambda texts: {k: v for k, v in model.tokenize(texts).items() if isinstance(v, torch.Tensor)}
    vectors = [torch.nn.functional.normalize(model(features(batch[k]))["sentence_embedding"]) for k in ("queries", "passages")]
    scores = vectors[0] @ vectors[1].T / TEMPERATURE
    for row, (positives, ignored) in enumerate(zip(batch["positives"], batch["ignored"])):
        scores[row, positives[1:] + ignored] = -math.inf
    return torch.nn.functional.cross_entropy(scores, torch.tensor([p[0] for p in batch["positives"]]))


def own_loss(model, batch):
    loss = MultipleNegativesRankingLoss(model, scale=1 / TEMPERATURE)
    pairs = (batch["queries"], [batch["passages"][places[0]] for places in batch["positives"]])
    features = [{k: v for k, v in model.tokenize(texts).items() if isinstance(v, torch.Tensor)} for texts in pairs]
    return loss(features, None)


def train(options, batches, loss_of, validation):
    model = SentenceTransformer(options.model, device="cpu")
    model.max_seq_length = 128
    model.train()
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        if hasattr(module, "dropout_prob"):
            module.dropout_prob = 0.0
    trained = [p for name, p in model.named_parameters() if "pooler" not in name]
    groups = [{"params": [p for p in trained if p.dim() > 1], "weight_decay": 0.01}, {"params": [p for p in trained if p.dim() < 2], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=RATE)
    warmup = int(options.steps * WARMUP)

    def factor(step):
        if step < warmup:
            return (step + 1) / (warmup + 1)
        return 1 - min(1, (step - warmup) / max(1, options.steps - warmup))

    best = (validation.ndcg(model), {k: v.clone() for k, v in model.state_dict().items()})
    for step, batch in enumerate(batches):
        for group in optimizer.param_groups:
            group["lr"] = RATE * factor(step)
        optimizer.zero_grad()
        loss = loss_of(model, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        if (step + 1) % options.every == 0 or step + 1 == options.steps:
            value = validation.ndcg(model)
            print(f"  step {step + 1}: loss {loss.item():.4f}, validation {value:.4f}", flush=True)
            if value > best[0]:
                best = (value, {k: v.clone() for k, v in model.state_dict().items()})
    model.load_state_dict(best[1])
    return model, best[0]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--needletail", default=".build/release/needletail")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--every", type=int, default=30)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--validation", type=float, nargs=2, default=[0.9, 1], help="share of the training queries, from 0.9 on")
    parser.add_argument("--test", type=float, nargs=2, default=[0, 1], help="share of the test queries")
    parser.add_argument("--own-loss", action="store_true")
    parser.add_argument("--keep", help="a folder for recipes, runs and models")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    validation, test = Task(options.data, "train", options.validation), Task(options.data, "test", options.test)
    held = set(validation.texts) | set(test.texts)
    print(f"{len(validation.texts)} validation queries, {len(test.texts)} test queries, {len(set(validation.texts) & set(test.texts))} in both")
    losses = {"sentence-transformers": in_batch_loss} | ({"sentence-transformers, own loss": own_loss} if options.own_loss else {})
    values = {"before": [test.ndcg(SentenceTransformer(options.model, device="cpu"))], "needletail": [], **{name: [] for name in losses}}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(options.keep or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for seed in options.seeds:
            path = folder / f"recipe-{seed}.json5"
            path.write_text(json.dumps(recipe(options, seed, folder / f"run-{seed}"), indent=1))
            outcome = json.loads(subprocess.run([options.needletail, "train", path, "--json"], check=True, capture_output=True, text=True).stdout)
            subprocess.run([options.needletail, "train", path, "--batches", folder / "batches.jsonl"], check=True)
            batches = lines(folder / "batches.jsonl")
            assert len(batches) == options.steps and not held.intersection(q for b in batches for q in b["queries"])
            values["needletail"].append(outcome["testAfter"])
            theirs = test.ndcg(SentenceTransformer(outcome["model"], device="cpu"))
            print(f"seed {seed}: needletail {outcome['testBefore']:.4f} -> {outcome['testAfter']:.4f} in {outcome['seconds']:.0f} s; "
                  f"its model measured in Python {theirs:.4f}; validation {outcome['after']:.4f}", flush=True)
            for name, loss_of in losses.items():
                torch.manual_seed(seed)
                model, chosen = train(options, batches, loss_of, validation)
                values[name].append(test.ndcg(model))
                print(f"seed {seed}: {name} {values[name][-1]:.4f}; validation {chosen:.4f}", flush=True)
    print("\n| run | nDCG@10 on the test queries | mean | standard deviation |\n|---|---|---|---|")
    for name, found in values.items():
        spread = f"{statistics.stdev(found):.4f}" if len(found) > 1 else ""
        print(f"| {name} | {', '.join(f'{x:.4f}' for x in found)} | {statistics.mean(found):.4f} | {spread} |")


if __name__ == "__main__":
    main()
