"""The dense index benchmark: Needletail, hnswlib, faiss (HNSW on float32), usearch (float16, int8), SVS (Vamana on float16) and
zvec (HNSW on float32) on the same files, in turns. A peer that is not installed is left out, saying so.

    python dense_index.py --vectors base.fvecs --queries queries.fvecs [--threads 1] [--ef 20,40,80,160] [--rounds 3] [--engines int8,svs]

Builds each index once, then measures in turns, so that a busy machine troubles all alike; searches use one thread. Last comes
a table of the queries/s each reaches at given recalls, read between the measured points on a logarithmic scale.
"""

import argparse
import math
import statistics
import subprocess
import time

import numpy as np


def read(path):
    if path.endswith(".npy"):
        return np.load(path).astype(np.float32)
    words = np.fromfile(path, dtype=np.int32)
    return words.reshape(-1, words[0] + 1)[:, 1:].view(np.float32).copy()


class Hnswlib:
    name = "hnswlib M 16, efConstruction 200"

    def __init__(self, base, threads):
        import hnswlib

        self.index = hnswlib.Index(space="ip", dim=base.shape[1])
        self.index.init_index(max_elements=len(base), M=16, ef_construction=200, random_seed=42)
        self.index.set_num_threads(threads)
        self.index.add_items(base)
        self.index.set_num_threads(1)

    def search(self, query, ef):
        self.index.set_ef(ef)
        return self.index.knn_query(query, k=10, num_threads=1)[0][0]


class Faiss:
    name = "faiss HNSW16, efConstruction 200"

    def __init__(self, base, threads):
        import faiss

        faiss.omp_set_num_threads(threads)
        self.index = faiss.IndexHNSWFlat(base.shape[1], 16, faiss.METRIC_INNER_PRODUCT)
        self.index.hnsw.efConstruction = 200
        self.index.add(base)
        faiss.omp_set_num_threads(1)

    def search(self, query, ef):
        self.index.hnsw.efSearch = ef
        return self.index.search(query[None, :], 10)[1][0]


class USearch:
    def __init__(self, base, threads, dtype):
        from usearch.index import Index

        self.name = f"usearch {dtype}, connectivity 16, expansion 128"
        self.index = Index(ndim=base.shape[1], metric="cos", dtype=dtype, connectivity=16, expansion_add=128)
        self.index.add(np.arange(len(base)), base, threads=threads)

    def search(self, query, ef):
        self.index.expansion_search = ef
        return self.index.search(query, 10, threads=1).keys


class SVS:
    name = "SVS Vamana float16, degree 32, window 200"

    def __init__(self, base, threads):
        import svs

        parameters = svs.VamanaBuildParameters(graph_max_degree=32, window_size=200, alpha=0.95)
        self.index = svs.Vamana.build(parameters, base.astype(np.float16), svs.DistanceType.MIP, num_threads=threads)
        self.index.num_threads = 1

    def search(self, query, ef):
        self.index.search_window_size = max(ef, 10)
        return self.index.search(query[None, :], 10)[0][0]


class Zvec:
    name = "zvec HNSW, M 16, efConstruction 200"

    def __init__(self, base, threads):
        import tempfile

        import zvec

        self.zvec, self.folder = zvec, tempfile.TemporaryDirectory()
        zvec.init(query_threads=1, optimize_threads=threads, log_level=zvec.LogLevel.ERROR)
        index = zvec.HnswIndexParam(metric_type=zvec.MetricType.IP, m=16, ef_construction=200)
        vector = zvec.VectorSchema("vector", zvec.DataType.VECTOR_FP32, base.shape[1], index)
        self.rows = zvec.create_and_open(self.folder.name + "/rows", zvec.CollectionSchema("rows", vectors=[vector]))
        for start in range(0, len(base), 1000):
            rows = range(start, min(start + 1000, len(base)))
            self.rows.insert([zvec.Doc(id=str(row), vectors={"vector": base[row].tolist()}) for row in rows])
        self.rows.optimize()

    def search(self, query, ef):
        question = self.zvec.Query("vector", vector=query.tolist(), param=self.zvec.HnswQueryParam(ef=ef))
        return [int(document.id) for document in self.rows.query(question, topk=10, output_fields=[])]


class Needletail:
    """`needletail-bench dense-index`, which times its own searches: a pipe would count otherwise."""

    def __init__(self, options, codec):
        self.name = f"Needletail, {codec} codes"
        self.process = subprocess.Popen(
            [options.bench, "dense-index", "--vectors", options.vectors, "--queries", options.queries, "--codec", codec]
            + ["--threads", str(options.threads), "--ef", "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        while (line := self.process.stdout.readline().strip()) != "ready":
            if line.startswith("build"):
                print(f"{self.name}: {line}", flush=True)

    def measure(self, ef):
        self.process.stdin.write(f"{ef}\n")
        self.process.stdin.flush()
        words = self.process.stdout.readline().replace(",", "").split()
        return Round(float(words[3]), float(words[5]), float(words[8]), float(words[10]))


class Round:
    def __init__(self, recall, p50, p99, rate):
        self.recall, self.p50, self.p99, self.rate = recall, p50, p99, rate


def measure(index, queries, truth, ef):
    if isinstance(index, Needletail):
        return index.measure(ef)
    found, times = 0, []
    for query in queries[:50]:
        index.search(query, ef)
    for query, expected in zip(queries, truth):
        start = time.perf_counter()
        answer = index.search(query, ef)
        times.append(time.perf_counter() - start)
        found += len(set(answer) & set(expected))
    microseconds = np.array(times) * 1e6
    return Round(found / truth.size, *np.percentile(microseconds, [50, 99]), 1e6 / microseconds.mean())


def rate_at(curve, recall):
    """Queries/s at a recall, between two measured points; nothing beyond them."""
    curve = sorted(curve)
    for (r0, q0), (r1, q1) in zip(curve, curve[1:]):
        if r0 <= recall <= r1:
            share = (recall - r0) / max(r1 - r0, 1e-12)
            return math.exp((1 - share) * math.log(q0) + share * math.log(q1))
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vectors", required=True)
    parser.add_argument("--queries", required=True)
    parser.add_argument("--bench", default=".build/release/needletail-bench")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--ef", default="10,20,40,80,160,320")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engines", help="names separated by commas: int8, float32, hnswlib, faiss, usearch-f16, usearch-i8, svs, zvec")
    arguments = parser.parse_args()

    base, queries = read(arguments.vectors), read(arguments.queries)
    base /= np.maximum(np.linalg.norm(base, axis=1, keepdims=True), 1e-30)
    queries /= np.maximum(np.linalg.norm(queries, axis=1, keepdims=True), 1e-30)
    truth = np.argsort(-(queries @ base.T), axis=1)[:, :10]

    makers = {
        "int8": lambda base, threads: Needletail(arguments, "int8"),
        "float32": lambda base, threads: Needletail(arguments, "float32"),
        "hnswlib": Hnswlib,
        "faiss": Faiss,
        "usearch-f16": lambda base, threads: USearch(base, threads, "f16"),
        "usearch-i8": lambda base, threads: USearch(base, threads, "i8"),
        "svs": SVS,
        "zvec": Zvec,
    }
    indexes = []
    for name in arguments.engines.split(",") if arguments.engines else makers:
        start = time.perf_counter()
        try:
            index = makers[name](base, arguments.threads)
        except ImportError as problem:
            print(f"{name}: left out, {problem}", flush=True)
            continue
        if not isinstance(index, Needletail):
            print(f"{index.name}: build {time.perf_counter() - start:.1f} s on {arguments.threads} threads", flush=True)
        indexes.append(index)

    curves = {index.name: [] for index in indexes}
    for ef in map(int, arguments.ef.split(",")):
        rounds = {index.name: [] for index in indexes}
        for _ in range(arguments.rounds):
            for index in indexes:
                rounds[index.name].append(measure(index, queries, truth, ef))
        for name, measured in rounds.items():
            p50, p99, rate = (statistics.median(getattr(r, key) for r in measured) for key in ("p50", "p99", "rate"))
            curves[name].append((measured[0].recall, rate))
            print(f"ef {ef}: {name}: recall@10 {measured[0].recall:.4f}, p50 {p50:.1f} µs, p99 {p99:.1f} µs, {rate:.0f} queries/s", flush=True)

    recalls = (0.90, 0.95, 0.97, 0.98, 0.99)
    print("\n| queries/s at recall@10 of | " + " | ".join(f"{recall:.2f}" for recall in recalls) + " |\n|" + "---|" * 6)
    for name, curve in curves.items():
        cells = (rate_at(curve, recall) for recall in recalls)
        print(f"| {name} | " + " | ".join(f"{cell:,.0f}" if cell else "" for cell in cells) + " |")


if __name__ == "__main__":
    main()
