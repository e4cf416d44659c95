"""The sparse benchmark's peer: pyseismic-lsr, the authors' implementation of the clustered index, on the same files.

    python sparse.py --vectors base.csr --queries queries.csr --needletail PATH-OF-needletail-bench [--postings 3500]
                     [--largest 1.5] [--share 0.1] [--mass 0.4] [--neighbours 0] [--cuts 2,3,4,5,6,8,10]
                     [--factors 0.7,0.8,0.9,1.0] [--rounds 3]

Builds both indexes on one thread with the same parameters, then searches in turns on one thread; the best round of each
effort counts. pyseismic-lsr runs the queries as one batch in Rust, so that no call through Python counts.
"""

import argparse
import os
import re
import subprocess
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
    parser.add_argument("--needletail", help="needletail-bench, to be run in turns")
    arguments = parser.parse_args()

    base, queries = read(arguments.vectors), read(arguments.queries)
    expected = truth(base, queries)
    efforts = [
        (cut, factor) for cut in map(int, arguments.cuts.split(",")) for factor in map(float, arguments.factors.split(","))
    ]
    with tempfile.TemporaryDirectory() as folder:
        write_inner(base, folder + "/base.bin")
        write_inner(queries, folder + "/queries.bin")
        engines = [Seismic(arguments, folder, expected)]
        if arguments.needletail:
            engines.append(Needletail(arguments, folder))
        measured = {engine.name: {} for engine in engines}
        for _ in range(arguments.rounds):
            for engine in engines:
                for effort, recall, microseconds in engine.run(efforts):
                    best = measured[engine.name].get(effort, (recall, 1e9))[1]
                    measured[engine.name][effort] = (recall, min(best, microseconds))
        for name, points in measured.items():
            for (cut, factor), (recall, microseconds) in points.items():
                print(f"{name}: cut {cut}, factor {factor}: recall@10 {recall:.4f}, {microseconds:.1f} µs a query")
        for goal in (0.90, 0.95, 0.97):
            for name, points in measured.items():
                reaching = [(time, effort, recall) for effort, (recall, time) in points.items() if recall >= goal]
                if reaching:
                    microseconds, (cut, factor), recall = min(reaching)
                    print(
                        f"recall@10 of {goal}: {name}: {1e6 / microseconds:.0f} queries/s "
                        f"(cut {cut}, factor {factor}, {recall:.4f})"
                    )


class Seismic:
    name = "pyseismic-lsr"

    def __init__(self, arguments, folder, expected):
        from seismic import SeismicIndexRaw

        self.arguments, self.folder, self.expected = arguments, folder, expected
        start = time.perf_counter()
        self.index = SeismicIndexRaw.build(
            folder + "/base.bin",
            n_postings=arguments.postings,
            centroid_fraction=arguments.share,
            min_cluster_size=2,
            summary_energy=arguments.mass,
            max_fraction=arguments.largest,
            nknn=arguments.neighbours,
        )
        print(f"{self.name}: build {time.perf_counter() - start:.2f} s on one thread", flush=True)
        self.index.print_space_usage_byte()

    def run(self, efforts):
        for cut, factor in efforts:
            start = time.perf_counter()
            answers = self.index.batch_search(
                self.folder + "/queries.bin", 10, cut, factor, self.arguments.neighbours, False, num_threads=1
            )
            microseconds = (time.perf_counter() - start) / len(answers) * 1e6
            found = sum(len({row for _, row in answer} & rows) for answer, rows in zip(answers, self.expected))
            yield (cut, factor), found / (10 * len(self.expected)), microseconds


class Needletail:
    name = "Needletail"

    def __init__(self, arguments, folder):
        self.command = [
            *[arguments.needletail, "sparse", "--vectors", arguments.vectors, "--queries", arguments.queries],
            *["--index", folder + "/needletail.index", "--cuts", arguments.cuts, "--factors", arguments.factors],
            *["--postings", str(arguments.postings), "--largest", str(arguments.largest), "--share", str(arguments.share)],
            *["--mass", str(arguments.mass), "--neighbours", str(arguments.neighbours), "--rounds", "1"],
        ]

    def run(self, efforts):
        printed = subprocess.run(self.command, capture_output=True, text=True, check=True).stdout
        for line in printed.splitlines():
            point = re.match(r"cut (\d+), factor ([\d.]+): recall@10 ([\d.]+), ([\d.]+) µs", line)
            if point:
                yield (int(point[1]), float(point[2])), float(point[3]), float(point[4])
            else:
                print(line, flush=True)


if __name__ == "__main__":
    main()
