"""Inverted and flat indexes of codes: Needletail's command and faiss on the same files, in turns, one thread.

    python inverted_index.py --vectors base.fvecs --queries queries.fvecs --needletail PATH [--lists 1024] [--rounds 3]

Builds each index once. faiss re-ranks by the float32 vectors (IndexRefineFlat) as Needletail does by binary16 ones.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time

import numpy as np

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
import faiss  # noqa: E402


def read(path):
    words = np.fromfile(path, dtype=np.int32)
    return words.reshape(-1, words[0] + 1)[:, 1:].view(np.float32).copy()


class Faiss:
    def __init__(self, title, factory, base, refine):
        self.name = f"faiss {title}"
        start = time.perf_counter()
        self.index = faiss.index_factory(base.shape[1], factory, faiss.METRIC_INNER_PRODUCT)
        self.index.train(base)
        self.index.add(base)
        self.bytes = faiss.serialize_index(self.index).size / len(base)
        self.refined = faiss.IndexRefineFlat(self.index, faiss.swig_ptr(base)) if refine else self.index
        self.seconds = time.perf_counter() - start

    def measure(self, queries, probes, candidates):
        if hasattr(self.index, "nprobe") or "IVF" in self.name:
            faiss.extract_index_ivf(self.index).nprobe = probes
        if self.refined is not self.index:
            self.refined.k_factor = candidates / 10
        times, answers = [], []
        for query in queries:
            start = time.perf_counter()
            answers.append(self.refined.search(query[None, :], 10)[1][0])
            times.append(time.perf_counter() - start)
        return np.array(answers), times


class Needletail:
    def __init__(self, title, arguments, options, folder):
        self.name = f"Needletail {title}"
        self.command, self.queries = arguments.needletail, arguments.queries
        self.path = os.path.join(folder, title.replace(" ", "-"))
        report = self.run(["vectors", "build", arguments.vectors, self.path, "--json"] + options)
        self.seconds, self.bytes = report["seconds"], report["footprint"]["codeBytes"] / report["rows"]

    def run(self, options):
        environment = dict(os.environ, NEEDLETAIL_THREADS="1")
        return json.loads(subprocess.run([self.command] + options, check=True, capture_output=True, env=environment).stdout)

    def measure(self, queries, probes, candidates):
        result = self.run(["vectors", "search", self.path, self.queries, "--probes", str(probes), "--ef", str(candidates), "--json"])
        answers = [[neighbour["row"] for neighbour in answer] for answer in result["answers"]]
        return np.array(answers), [1 / result["queriesPerSecond"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vectors", required=True)
    parser.add_argument("--queries", required=True)
    parser.add_argument("--needletail", required=True)
    parser.add_argument("--lists", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    faiss.omp_set_num_threads(1)
    base, queries = read(arguments.vectors), read(arguments.queries)
    faiss.normalize_L2(base)
    faiss.normalize_L2(queries)
    truth = np.argsort(-(queries @ base.T), axis=1)[:, :10]
    half, lists = base.shape[1] // 2, arguments.lists

    with tempfile.TemporaryDirectory() as folder:
        ivf = ["--index", "ivf", "--lists", str(lists)]
        engines = [
            Faiss(f"IVF{lists},PQ{half}x4fs + refine", f"IVF{lists},PQ{half}x4fs", base, True),
            Needletail(f"ivf pq{half}x4", arguments, ivf + ["--codec", f"pq{half}x4"], folder),
            Faiss(f"IVF{lists},RaBitQ + refine", f"IVF{lists},RaBitQ", base, True),
            Needletail("ivf rabitq1", arguments, ivf + ["--codec", "rabitq1"], folder),
            Faiss(f"IVF{lists},SQ8", f"IVF{lists},SQ8", base, False),
            Needletail("ivf lvq8", arguments, ivf + ["--codec", "lvq8"], folder),
            Faiss("Flat", "Flat", base, False),
            Needletail("flat int8", arguments, ["--index", "flat", "--codec", "int8"], folder),
            Needletail(f"flat pq{half}x4", arguments, ["--index", "flat", "--codec", f"pq{half}x4"], folder),
        ]
        print("| index | build | bytes of codes a row | probes | recall@10 | queries/s |\n|---|---|---|---|---|---|")
        for probes in (8, 32, 128):
            rates, recalls = {}, {}
            for _ in range(arguments.rounds):
                for engine in engines:
                    if probes != 8 and (engine.name.endswith("Flat") or " flat " in engine.name):
                        continue
                    answers, times = engine.measure(queries, probes, 100)
                    rates.setdefault(engine.name, []).append(1 / np.mean(times))
                    recalls[engine.name] = np.mean([len(set(a) & set(t)) / 10 for a, t in zip(answers, truth)])
            for engine in engines:
                if engine.name in rates:
                    print(
                        f"| {engine.name} | {engine.seconds:.1f} s | {engine.bytes:.0f} | {probes} | {recalls[engine.name]:.4f} "
                        f"| {np.median(rates[engine.name]):.0f} |",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
