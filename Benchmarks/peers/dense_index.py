"""The dense index benchmark's peers: hnswlib, faiss (HNSW on float32) and usearch (float16), on the same files.

    python dense_index.py --vectors base.fvecs --queries queries.fvecs [--threads 1] [--ef 20,40,80,160] [--rounds 3]

Builds each index once, then measures in turns, so that a busy machine troubles all alike; searches use one thread.
"""

import argparse
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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vectors", required=True)
    parser.add_argument("--queries", required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--ef", default="20,40,80,160")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()

    base, queries = read(arguments.vectors), read(arguments.queries)
    base /= np.maximum(np.linalg.norm(base, axis=1, keepdims=True), 1e-30)
    queries /= np.maximum(np.linalg.norm(queries, axis=1, keepdims=True), 1e-30)
    truth = np.argsort(-(queries @ base.T), axis=1)[:, :10]

    makers = [
        Hnswlib,
        Faiss,
        lambda base, threads: USearch(base, threads, "f16"),
        lambda base, threads: USearch(base, threads, "i8"),
    ]
    indexes = []
    for make in makers:
        start = time.perf_counter()
        index = make(base, arguments.threads)
        print(f"{index.name}: build {time.perf_counter() - start:.1f} s on {arguments.threads} threads", flush=True)
        indexes.append(index)

    for ef in map(int, arguments.ef.split(",")):
        times = {index.name: [] for index in indexes}
        recalls = {}
        for _ in range(arguments.rounds):
            for index in indexes:
                found = 0
                for query, expected in zip(queries, truth):
                    start = time.perf_counter()
                    answer = index.search(query, ef)
                    times[index.name].append(time.perf_counter() - start)
                    found += len(set(answer) & set(expected))
                recalls[index.name] = found / truth.size
        for name, measured in times.items():
            microseconds = np.array(measured) * 1e6
            print(
                f"ef {ef}: {name}: recall@10 {recalls[name]:.4f}, p50 {np.percentile(microseconds, 50):.1f} µs, "
                f"p99 {np.percentile(microseconds, 99):.1f} µs, {1e6 / microseconds.mean():.0f} queries/s",
                flush=True,
            )


if __name__ == "__main__":
    main()
