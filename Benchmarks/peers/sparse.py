"""The sparse benchmark's peer: pyseismic-lsr, the authors' implementation of the clustered index, on the same files.

    python sparse.py --vectors base.csr --queries queries.csr [--postings 1000] [--largest 4] [--share 0.1] [--mass 0.4]
                     [--neighbours 0] [--cuts 2,3,4,6,8,10] [--factors 0.7,0.8,0.9,1.0] [--rounds 3]

Builds the index on one thread, then prints recall@10 and the time of a query for every effort, and the fastest effort that
reaches 0.90, 0.95 and 0.97. Queries run as one batch in Rust on one thread; the best of some rounds counts.
"""

import argparse
import os
import tempfile
import time

os.environ.setdefault("RAYON_NUM_THREADS", "1")

import numpy as np  # noqa: E402
import scipy.sparse  # noqa: E402


def read(path):
    with open(path, "rb") as file:
        rows, columns, entries = np.fromfile(file, np.int64, 3)
        starts = np.fromfile(file, np.int64, rows + 1)
        terms = np.fromfile(file, np.int32, entries)
        weights = np.fromfile(file, np.float32, entries)
    return scipy.sparse.csr_matrix((weights, terms, starts), shape=(rows, columns))


def write_inner(matrix, path):
    """Seismic's own format: the number of rows, then each with its length, its terms and its weights."""
    with open(path, "wb") as file:
        np.array([matrix.shape[0]], np.uint32).tofile(file)
        for row in range(matrix.shape[0]):
            places = slice(matrix.indptr[row], matrix.indptr[row + 1])
            np.array([places.stop - places.start], np.uint32).tofile(file)
            matrix.indices[places].astype(np.uint32).tofile(file)
            matrix.data[places].astype(np.float32).tofile(file)


def truth(base, queries, count=10):
    answers = []
    for start in range(0, queries.shape[0], 100):
        scores = (queries[start : start + 100] @ base.T).toarray()
        part = np.argpartition(-scores, count, axis=1)[:, :count]
        answers += [set(row) for row in part]
    return answers


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vectors", required=True)
    parser.add_argument("--queries", required=True)
    parser.add_argument("--postings", type=int, default=3500)
    parser.add_argument("--largest", type=float, default=1.5)
    parser.add_argument("--share", type=float, default=0.1)
    parser.add_argument("--mass", type=float, default=0.4)
    parser.add_argument("--neighbours", type=int, default=0)
    parser.add_argument("--cuts", default="2,3,4,5,6,8,10")
    parser.add_argument("--factors", default="0.7,0.8,0.9,1.0")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()

    from seismic import SeismicIndexRaw

    base, queries = read(arguments.vectors), read(arguments.queries)
    expected = truth(base, queries)
    with tempfile.TemporaryDirectory() as folder:
        write_inner(base, folder + "/base.bin")
        write_inner(queries, folder + "/queries.bin")
        start = time.perf_counter()
        index = SeismicIndexRaw.build(
            folder + "/base.bin",
            n_postings=arguments.postings,
            centroid_fraction=arguments.share,
            min_cluster_size=2,
            summary_energy=arguments.mass,
            max_fraction=arguments.largest,
            nknn=arguments.neighbours,
        )
        print(f"pyseismic-lsr: build {time.perf_counter() - start:.2f} s on one thread", flush=True)
        index.print_space_usage_byte()
        best = {}
        for cut in map(int, arguments.cuts.split(",")):
            for factor in map(float, arguments.factors.split(",")):
                times = []
                for _ in range(arguments.rounds):
                    start = time.perf_counter()
                    answers = index.batch_search(
                        folder + "/queries.bin", 10, cut, factor, arguments.neighbours, False, num_threads=1
                    )
                    times.append(time.perf_counter() - start)
                microseconds = min(times) / queries.shape[0] * 1e6
                found = sum(len({row for _, row in answer} & rows) for answer, rows in zip(answers, expected))
                recall = found / (10 * len(expected))
                print(f"cut {cut}, factor {factor}: recall@10 {recall:.4f}, {microseconds:.1f} µs a query", flush=True)
                for goal in (0.90, 0.95, 0.97):
                    if recall >= goal and microseconds < best.get(goal, (1e9,))[0]:
                        best[goal] = (microseconds, cut, factor, recall)
        for goal, (microseconds, cut, factor, recall) in sorted(best.items()):
            print(
                f"recall@10 of {goal}: {1e6 / microseconds:.0f} queries/s (cut {cut}, factor {factor}, {recall:.4f})",
                flush=True,
            )


if __name__ == "__main__":
    main()
