#!/usr/bin/env python3
"""Compares Needletail's tokenizers with the `tokenizers` package: ids line by line, then throughput on one thread.

    pip install tokenizers
    python peers/tokenizer.py --model DIRECTORY --bench "PATH/TO/needletail-bench tokenizer" FILE...

Files are .jsonl, .jsonl.gz or .txt; of JSON records title and text count. To them come generated lines with control
characters, combining marks, scripts of all kinds, very long words and special tokens.
"""
import argparse
import gzip
import json
import os
import random
import shlex
import subprocess
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
from tokenizers import Tokenizer  # noqa: E402

MARKERS = ["[SEP]", "[CLS]", "[MASK]", "[UNK]", "[PAD]", "[sep]", "[SEP", "[[MASK]]"]
RANGES = [0x80, 0x250, 0x3000, 0x10000, 0x110000]


def read(path, limit):
    lines = []
    with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8") as file:
        for line in file:
            if len(lines) == limit:
                break
            if ".jsonl" in path:
                record = json.loads(line)
                line = f"{record.get('title') or ''} {record.get('text') or ''}"
            lines.append(line.rstrip("\n"))
    return lines


def scalar(generator):
    while True:
        value = generator.randrange(generator.choice(RANGES))
        if not 0xD800 <= value < 0xE000:
            return chr(value)


def generated(count, words):
    generator = random.Random(1)
    for _ in range(count):
        parts = []
        for _ in range(generator.randrange(1, 30)):
            choice = generator.random()
            if choice < 0.5:
                parts.append(generator.choice(words))
            elif choice < 0.65:
                parts.append("".join(scalar(generator) for _ in range(generator.randrange(1, 12))))
            elif choice < 0.7:
                parts.append(generator.choice(MARKERS))
            elif choice < 0.75:
                parts.append(generator.choice("aé한中") * generator.randrange(90, 130))
            else:
                parts.append(generator.choice(words).upper())
        yield generator.choice(["", " ", " ", "\t", "\u3000"]).join(parts)


def needletail(command, model, lines, *options):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(lines, file)
        file.flush()
        run = subprocess.run([*shlex.split(command), "--model", model, "--lines", file.name, *options], capture_output=True, text=True, check=True)
    return run.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--bench", required=True, help="the command that runs Needletail's tokenizer benchmark")
    parser.add_argument("--limit", type=int, default=5000, help="lines of each file")
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()

    texts = [line for path in options.files for line in read(path, options.limit)]
    words = " ".join(texts[:300]).split()
    lines = texts + list(generated(8000, words))
    tokenizer = Tokenizer.from_file(os.path.join(options.model, "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()

    found = needletail(options.bench, options.model, lines, "--ids").splitlines()
    different = sum(list(map(int, ours.split())) != tokenizer.encode(line).ids for line, ours in zip(lines, found, strict=True))
    print(f"{len(lines)} lines, {different} with other ids")

    size = sum(len(line.encode()) for line in texts) / 1e6
    best = min(timed(lambda: tokenizer.encode_batch_fast(texts)) for _ in range(3))
    ours = needletail(options.bench, options.model, texts).split()
    speed = float(ours[ours.index("megabytes_per_second") + 1])
    print(f"{size:.1f} MB on one thread: tokenizers {size / best:.2f} MB/s, Needletail {speed:.1f} MB/s, {speed * best / size:.1f}x")


def timed(body):
    start = time.perf_counter()
    body()
    return time.perf_counter() - start


main()
