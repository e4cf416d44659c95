"""Needletail's shallow models next to gensim: same texts, same settings, alternating runs on the same machine.

    python Benchmarks/peers/shallow.py --records FILE.jsonl.gz [--bench PATH] [--threads 1 2] [--repetitions 3] [--epochs 3]

The texts are title and text of the records, cut into words as gensim's simple_preprocess does; words per second count the known words of
all epochs. gensim gets its words cut beforehand, Needletail cuts them before it is asked; neither is timed. Prints one Markdown table.
"""

import argparse
import gzip
import json
import statistics
import subprocess
import tempfile
import time

from gensim.models import Word2Vec
from gensim.models.doc2vec import Doc2Vec, TaggedDocument
from gensim.utils import simple_preprocess

SETTINGS = dict(vector_size=100, window=15, min_count=5, sample=1e-4, negative=5, hs=1)


def gensim_model(name, words, threads):
    if name in ("skip-gram", "bag-of-words"):
        model, corpus = Word2Vec(workers=threads, sg=int(name == "skip-gram"), **SETTINGS), words
    else:
        dm = int(name == "paragraph-memory")
        model = Doc2Vec(workers=threads, dm=dm, dbow_words=int(name == "paragraph-bag-of-words-and-contexts"), **SETTINGS)
        corpus = [TaggedDocument(text, [number]) for number, text in enumerate(words)]
    model.build_vocab(corpus)
    known = sum(model.wv.get_vecattr(word, "count") for word in model.wv.index_to_key)
    return model, corpus, known


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", required=True)
    parser.add_argument("--bench", default="Benchmarks/.build/release/needletail-bench")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=3)
    arguments = parser.parse_args()

    records = [json.loads(line) for line in gzip.open(arguments.records, "rt", encoding="utf-8")]
    texts = [f"{record.get('title', '')}. {record['text']}".replace("\n", " ").replace("\r", " ") for record in records]
    words = [simple_preprocess(text, deacc=True) for text in texts]
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("\n".join(texts))
        file.flush()
        bench = subprocess.Popen(
            [arguments.bench, "shallow", "--texts", file.name, "--hierarchical"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        print("| model | threads | gensim, words/s | Needletail, words/s | ratio |\n|---|---|---|---|---|")
        for name in ("skip-gram", "bag-of-words", "paragraph-bag-of-words-and-contexts", "paragraph-bag-of-words", "paragraph-memory"):
            for threads in arguments.threads:
                ours, theirs = [], []
                for _ in range(arguments.repetitions):
                    model, corpus, known = gensim_model(name, words, threads)
                    start = time.perf_counter()
                    model.train(corpus, total_examples=len(corpus), epochs=arguments.epochs)
                    theirs.append(known * arguments.epochs / (time.perf_counter() - start))
                    bench.stdin.write(f"{name} {threads} {arguments.epochs}\n")
                    bench.stdin.flush()
                    ours.append(float(bench.stdout.readline()))
                our, their = statistics.median(ours), statistics.median(theirs)
                print(f"| {name} | {threads} | {their:,.0f} | {our:,.0f} | **{our / their:.2f}x** |", flush=True)
        bench.stdin.close()


if __name__ == "__main__":
    main()
