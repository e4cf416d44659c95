"""The filtered benchmark's peer: faiss with an IDSelector beside `needletail bench filtered`, on the same vectors.

    python filtered_index.py --vectors base.fvecs --queries queries.fvecs --needletail .build/release/needletail

Each vector gets a random number as its attribute; filters are ranges of it with the selectivities asked for. faiss is
given the range as a bitmap, the making of which counts, as it does for Needletail. Searches use one thread. For each
selectivity both are measured in turns, so that a busy machine troubles both alike; the fastest round counts.
"""

import argparse
import json
import subprocess
import tempfile
import time

import numpy as np


def read(path):
    if path.endswith(".npy"):
        return np.load(path).astype(np.float32)
    words = np.fromfile(path, dtype=np.int32)
    return words.reshape(-1, words[0] + 1)[:, 1:].view(np.float32).copy()


class Faiss:
    def __init__(self, kind, base):
        import faiss

        self.faiss = faiss
        faiss.omp_set_num_threads(1)
        start = time.perf_counter()
        if kind == "flat":
            self.index = faiss.IndexFlatIP(base.shape[1])
        else:
            self.index = faiss.IndexHNSWFlat(base.shape[1], 16, faiss.METRIC_INNER_PRODUCT)
            self.index.hnsw.efConstruction = 200
        self.index.add(base)
        self.kind = kind
        self.seconds = time.perf_counter() - start

    def search(self, query, places, low, high, limit, ef):
        bits = np.packbits((places >= low) & (places < high), bitorder="little")
        selector = self.faiss.IDSelectorBitmap(bits)
        if self.kind == "flat":
            parameters = self.faiss.SearchParameters(sel=selector)
        else:
            parameters = self.faiss.SearchParametersHNSW(sel=selector, efSearch=ef)
        return self.index.search(query[None, :], limit, params=parameters)[1][0]


def at_recall(points, wanted):
    """Queries per second where a curve of (recall, speed) reaches a recall, None if it does not."""
    previous = None
    for recall, speed in points:
        if recall >= wanted:
            if previous is None:
                return speed
            part = (wanted - previous[0]) / (recall - previous[0])
            return previous[1] + part * (speed - previous[1])
        previous = (recall, speed)
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vectors", required=True)
    parser.add_argument("--queries", required=True)
    parser.add_argument("--needletail", required=True)
    parser.add_argument("--selectivities", default="0.001,0.01,0.1,0.5")
    parser.add_argument("--ef", default="10,20,40,80,160,320,640")
    parser.add_argument("--limit", type=int, default=10)
    parser.add_argument("--recall", type=float, default=0.95)
    parser.add_argument("--query-count", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--methods", default="planned,segment-tree-graph,segment-graph")
    arguments = parser.parse_args()

    base, queries = read(arguments.vectors), read(arguments.queries)[: arguments.query_count]
    base /= np.maximum(np.linalg.norm(base, axis=1, keepdims=True), 1e-30)
    queries /= np.maximum(np.linalg.norm(queries, axis=1, keepdims=True), 1e-30)
    random = np.random.default_rng(1)
    places = random.permutation(len(base))
    peers = [Faiss("hnsw", base), Faiss("flat", base)]
    for peer in peers:
        print(f"faiss {peer.kind}: build {peer.seconds:.1f} s on one thread", flush=True)

    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as attributes:
        for place in places:
            attributes.write(json.dumps({"value": int(place)}) + "\n")
        attributes.flush()
        for selectivity in map(float, arguments.selectivities.split(",")):
            width = max(1, int(selectivity * len(base)))
            starts = random.integers(0, len(base) - width + 1, len(queries))
            truth = []
            for query, start in zip(queries, starts):
                rows = np.flatnonzero((places >= start) & (places < start + width))
                truth.append(set(rows[np.argsort(-(base[rows] @ query))[: arguments.limit]]))
            for peer in peers:
                points, short = [], 0
                for ef in map(int, arguments.ef.split(",")):
                    times, found, short = [], 0, 0
                    for number in range(arguments.rounds):
                        begin = time.perf_counter()
                        answers = [
                            peer.search(query, places, start, start + width, arguments.limit, ef)
                            for query, start in zip(queries, starts)
                        ]
                        times.append(time.perf_counter() - begin)
                    for answer, expected in zip(answers, truth):
                        found += len(expected & set(answer[answer >= 0].tolist()))
                        short += int((answer >= 0).sum() < len(expected))
                    points.append((found / sum(map(len, truth)), len(queries) / min(times)))
                speed = at_recall(points, arguments.recall)
                shown = f"{speed:.0f} queries/s" if speed else "not reached"
                print(
                    f"{selectivity:g}: faiss {peer.kind}: {shown} at recall {arguments.recall}, best recall "
                    f"{max(recall for recall, _ in points):.4f}, {short} of {len(queries)} with too few at the largest ef",
                    flush=True,
                )
            command = [
                arguments.needletail, "bench", "filtered", arguments.vectors, "--queries", arguments.queries,
                "--attributes", attributes.name, "--attribute", "value", "--selectivities", str(selectivity),
                "--efforts", arguments.ef, "--rounds", str(arguments.rounds), "--query-count", str(len(queries)),
                "--limit", str(arguments.limit), "--json",
            ]
            for method in arguments.methods.split(","):
                command += ["--method", method]
            curves = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["curves"]
            for curve in curves:
                points = [(point["recall"], point["queriesPerSecond"]) for point in curve["points"]]
                speed = at_recall(points, arguments.recall)
                shown = f"{speed:.0f} queries/s" if speed else "not reached"
                print(
                    f"{selectivity:g}: needletail {curve['method']}: {shown} at recall {arguments.recall}, best recall "
                    f"{max(recall for recall, _ in points):.4f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
