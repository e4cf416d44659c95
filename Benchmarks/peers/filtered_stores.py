"""Filtered search in whole stores: Needletail's server beside embedded databases, each behind its own Python client, in turns.

    python filtered_stores.py --vectors base.fvecs --queries queries.fvecs --needletail .build/release/needletail
        [--count 100000] [--selectivities 0.001,0.01,0.1,0.5,1] [--stores needletail,qdrant-edge,zvec,lancedb,milvus-lite,pgvector]

Each point has a random number as an attribute, which is indexed where the store can; a filter is a range of it, and a
selectivity of 1 searches without. The time is that of the client's call: sockets, JSON and the decoding of answers count
(qdrant-edge and zvec run inside this process, LanceDB and milvus-lite behind a local client, pgvector and Needletail behind
a socket). For each store and selectivity the fastest effort that finds the recall asked for is shown, with the number of
questions that got fewer rows than match. One question at a time.

Wants: pip install numpy qdrant-client qdrant-edge-py zvec lancedb pymilvus milvus-lite pgserver "psycopg[binary]" pgvector
"""

import argparse
import os
import shutil
import socket
import subprocess
import tempfile
import time
import uuid

import numpy as np

# LanceDB warns at every search otherwise
os.environ.setdefault("RUST_LOG", "error")
LINKS, CONSTRUCTION = 16, 200


def read(path):
    words = np.fromfile(path, dtype=np.int32)
    return words.reshape(-1, words[0] + 1)[:, 1:].view(np.float32).copy()


class Needletail:
    """The server behind Qdrant's own client, over HTTP."""

    name = "Needletail (HTTP, qdrant-client)"

    def __init__(self, options, folder):
        from qdrant_client import QdrantClient, models

        self.models = models
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.server = subprocess.Popen(
            [options.needletail, "serve", "--port", str(port), "--data", folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.client = QdrantClient(url=f"http://127.0.0.1:{port}", timeout=600, check_compatibility=False)
        for _ in range(100):
            try:
                self.client.get_collections()
                break
            except Exception:
                time.sleep(0.1)

    def build(self, base, places):
        m = self.models
        self.client.create_collection(
            "rows",
            vectors_config=m.VectorParams(size=base.shape[1], distance=m.Distance.COSINE),
            hnsw_config=m.HnswConfigDiff(m=LINKS, ef_construct=CONSTRUCTION),
        )
        self.client.create_payload_index("rows", "place", m.PayloadSchemaType.INTEGER)
        for start in range(0, len(base), 1000):
            rows = range(start, min(start + 1000, len(base)))
            batch = m.Batch(ids=list(rows), vectors=base[rows.start : rows.stop].tolist(), payloads=[{"place": int(places[r])} for r in rows])
            self.client.upsert("rows", batch, wait=True)
        while self.client.get_collection("rows").status != m.CollectionStatus.GREEN:
            time.sleep(0.2)

    def search(self, query, low, high, limit, effort):
        m = self.models
        condition = None
        if low is not None:
            condition = m.Filter(must=[m.FieldCondition(key="place", range=m.Range(gte=int(low), lt=int(high)))])
        answer = self.client.query_points(
            "rows", query.tolist(), query_filter=condition, limit=limit, search_params=m.SearchParams(hnsw_ef=effort), with_payload=False
        )
        return [point.id for point in answer.points]

    def close(self):
        self.server.terminate()
        self.server.wait()


class QdrantEdge:
    name = "qdrant-edge (in-process)"

    def __init__(self, options, folder):
        import qdrant_edge

        self.edge, self.folder = qdrant_edge, folder

    def build(self, base, places):
        e = self.edge
        hnsw = e.HnswIndexConfig(LINKS, CONSTRUCTION, 1000)
        config = e.EdgeConfig(vectors={"": e.EdgeVectorParams(base.shape[1], e.Distance.Cosine)}, hnsw_config=hnsw)
        self.shard = e.EdgeShard.create(self.folder, config)
        self.shard.update(e.UpdateOperation.create_field_index("place", e.PayloadSchemaType.Integer))
        for start in range(0, len(base), 1000):
            rows = range(start, min(start + 1000, len(base)))
            points = [e.Point(r, base[r].tolist(), {"place": int(places[r])}) for r in rows]
            self.shard.update(e.UpdateOperation.upsert_points(points))
        self.shard.optimize()

    def search(self, query, low, high, limit, effort):
        e = self.edge
        condition = None
        if low is not None:
            condition = e.Filter(must=[e.FieldCondition(key="place", range=e.RangeFloat(gte=float(low), lt=float(high)))])
        request = e.SearchRequest(
            query=e.Query.Nearest(query.tolist()), limit=limit, filter=condition, params=e.SearchParams(hnsw_ef=effort), with_payload=False
        )
        return [point.id for point in self.shard.search(request)]

    def close(self):
        self.shard.close()


class Zvec:
    name = "zvec (in-process)"

    def __init__(self, options, folder):
        import zvec

        self.zvec, self.folder = zvec, folder
        zvec.init(query_threads=1, log_level=zvec.LogLevel.ERROR)

    def build(self, base, places):
        z = self.zvec
        vector = z.VectorSchema(
            "vector", z.DataType.VECTOR_FP32, base.shape[1],
            z.HnswIndexParam(metric_type=z.MetricType.IP, m=LINKS, ef_construction=CONSTRUCTION),
        )
        place = z.FieldSchema("place", z.DataType.INT64, index_param=z.InvertIndexParam(enable_range_optimization=True))
        self.rows = z.create_and_open(self.folder + "/rows", z.CollectionSchema("rows", fields=[place], vectors=[vector]))
        for start in range(0, len(base), 1000):
            documents = [
                z.Doc(id=str(r), vectors={"vector": base[r].tolist()}, fields={"place": int(places[r])})
                for r in range(start, min(start + 1000, len(base)))
            ]
            self.rows.insert(documents)
        self.rows.optimize()

    def search(self, query, low, high, limit, effort):
        z = self.zvec
        condition = None if low is None else f"place >= {low} AND place < {high}"
        question = z.Query("vector", vector=query.tolist(), param=z.HnswQueryParam(ef=effort))
        return [int(document.id) for document in self.rows.query(question, topk=limit, filter=condition, output_fields=[])]

    def close(self):
        self.rows.close()


class LanceDB:
    name = "LanceDB (IVF, HNSW, 8 bits, refined)"

    def __init__(self, options, folder):
        import lancedb

        self.connection = lancedb.connect(folder)

    def build(self, base, places):
        import pyarrow as pa
        from lancedb.index import BTree, HnswSq

        flat = pa.FixedSizeListArray.from_arrays(pa.array(base.ravel()), base.shape[1])
        table = pa.table({"id": pa.array(range(len(base))), "place": pa.array(places), "vector": flat})
        self.table = self.connection.create_table("rows", table)
        self.table.create_index(
            "vector", config=HnswSq(distance_type="cosine", num_partitions=1, m=LINKS, ef_construction=CONSTRUCTION)
        )
        self.table.create_index("place", config=BTree())

    def search(self, query, low, high, limit, effort):
        search = self.table.search(query).distance_type("cosine").ef(max(effort, 2 * limit)).refine_factor(2).limit(limit).select(["id"])
        if low is not None:
            search = search.where(f"place >= {low} AND place < {high}", prefilter=True)
        return search.to_arrow()["id"].to_pylist()

    def close(self):
        pass


class MilvusLite:
    name = "milvus-lite"

    def __init__(self, options, folder):
        from pymilvus import MilvusClient

        self.client = MilvusClient(folder + "/rows.db")

    def build(self, base, places):
        from pymilvus import DataType

        schema = self.client.create_schema(auto_id=False)
        schema.add_field("id", DataType.INT64, is_primary=True)
        schema.add_field("place", DataType.INT64)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=base.shape[1])
        index = self.client.prepare_index_params()
        index.add_index("vector", index_type="HNSW", metric_type="COSINE", params={"M": LINKS, "efConstruction": CONSTRUCTION})
        self.client.create_collection("rows", schema=schema, index_params=index)
        for start in range(0, len(base), 1000):
            rows = range(start, min(start + 1000, len(base)))
            self.client.insert("rows", [{"id": r, "place": int(places[r]), "vector": base[r].tolist()} for r in rows])
        self.client.flush("rows")
        self.client.load_collection("rows")

    def search(self, query, low, high, limit, effort):
        condition = "" if low is None else f"place >= {low} and place < {high}"
        answer = self.client.search(
            "rows", [query.tolist()], filter=condition, limit=limit, search_params={"metric_type": "COSINE", "params": {"ef": effort}}
        )
        return [hit["id"] for hit in answer[0]]

    def close(self):
        self.client.close()


class PGVector:
    name = "pgvector (HNSW, iterative scan)"

    def __init__(self, options, folder):
        import pgserver
        import psycopg
        from pgvector.psycopg import register_vector

        self.server = pgserver.get_server(folder, cleanup_mode="stop")
        self.connection = psycopg.connect(self.server.get_uri(), autocommit=True)
        self.connection.execute("CREATE EXTENSION vector")
        register_vector(self.connection)

    def build(self, base, places):
        connection = self.connection
        connection.execute(f"CREATE TABLE rows (id int PRIMARY KEY, place int, vector vector({base.shape[1]}))")
        with connection.cursor().copy("COPY rows FROM STDIN WITH (FORMAT BINARY)") as copy:
            copy.set_types(["int4", "int4", "vector"])
            for row, vector in enumerate(base):
                copy.write_row([row, int(places[row]), vector])
        connection.execute("SET maintenance_work_mem = '2GB'")
        connection.execute(
            f"CREATE INDEX ON rows USING hnsw (vector vector_cosine_ops) WITH (m = {LINKS}, ef_construction = {CONSTRUCTION})"
        )
        connection.execute("CREATE INDEX ON rows (place)")
        connection.execute("ANALYZE rows")
        try:
            connection.execute("SET hnsw.iterative_scan = relaxed_order")
        except Exception:
            self.name = "pgvector (HNSW)"

    def search(self, query, low, high, limit, effort):
        if self.effort != effort:
            self.connection.execute(f"SET hnsw.ef_search = {effort}")
            self.effort = effort
        condition = "" if low is None else f"WHERE place >= {low} AND place < {high}"
        rows = self.connection.execute(f"SELECT id FROM rows {condition} ORDER BY vector <=> %s LIMIT {limit}", (query,), prepare=True)
        return [row[0] for row in rows]

    effort = None

    def close(self):
        self.connection.close()


STORES = {
    "needletail": Needletail, "qdrant-edge": QdrantEdge, "zvec": Zvec, "lancedb": LanceDB, "milvus-lite": MilvusLite, "pgvector": PGVector,
}


def disk(folder):
    return sum(os.stat(os.path.join(place, name)).st_blocks * 512 for place, _, names in os.walk(folder) for name in names)


def question_sets(base, places, queries, selectivities, limit):
    """For each selectivity: ranges of the attribute, one a query, and the true neighbours in them."""
    random = np.random.default_rng(2)
    for selectivity in selectivities:
        if selectivity >= 1:
            ranges = [(None, None)] * len(queries)
        else:
            width = max(1, round(selectivity * len(base)))
            ranges = [(low, low + width) for low in random.integers(0, len(base) - width + 1, len(queries))]
        truth = []
        for query, (low, high) in zip(queries, ranges):
            rows = np.arange(len(base)) if low is None else np.flatnonzero((places >= low) & (places < high))
            truth.append(set(rows[np.argsort(-(base[rows] @ query), kind="stable")[:limit]].tolist()))
        yield selectivity, ranges, truth


def best(store, queries, ranges, truth, options):
    """The fastest effort with the recall asked for, else the one that finds most: (recall, queries/s, questions cut short, effort)."""
    points = []
    for effort in options.efforts:
        seconds = []
        for _ in range(options.rounds):
            start = time.perf_counter()
            answers = [store.search(query, low, high, options.limit, effort) for query, (low, high) in zip(queries, ranges)]
            seconds.append(time.perf_counter() - start)
        recall = sum(len(set(a) & t) for a, t in zip(answers, truth)) / sum(map(len, truth))
        short = sum(len(a) < len(t) for a, t in zip(answers, truth))
        points.append((recall, len(queries) / min(seconds), short, effort))
        if recall >= options.recall:
            break
    reached = [point for point in points if point[0] >= options.recall]
    return max(reached, key=lambda point: point[1]) if reached else max(points)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vectors", required=True)
    parser.add_argument("--queries", required=True)
    parser.add_argument("--needletail", required=True)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--query-count", type=int, default=100)
    parser.add_argument("--limit", type=int, default=10)
    parser.add_argument("--recall", type=float, default=0.95)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--efforts", default="16,32,64,128,256,512")
    parser.add_argument("--selectivities", default="0.001,0.01,0.1,0.5,1")
    parser.add_argument("--stores", default=",".join(STORES))
    options = parser.parse_args()
    options.efforts = [int(effort) for effort in options.efforts.split(",")]

    base, queries = read(options.vectors)[: options.count], read(options.queries)[: options.query_count]
    base /= np.maximum(np.linalg.norm(base, axis=1, keepdims=True), 1e-30)
    queries /= np.maximum(np.linalg.norm(queries, axis=1, keepdims=True), 1e-30)
    places = np.random.default_rng(1).permutation(len(base))
    sets = list(question_sets(base, places, queries, map(float, options.selectivities.split(",")), options.limit))
    print(f"| store | build | on disk | {' | '.join(f'{selectivity:.1%} pass' for selectivity, _, _ in sets)} |", flush=True)
    print("|---|---|---|" + "---|" * len(sets), flush=True)
    for key in options.stores.split(","):
        folder = os.path.join(tempfile.gettempdir(), f"stores-{uuid.uuid4().hex[:8]}")
        os.makedirs(folder)
        try:
            store = STORES[key](options, folder)
            start = time.perf_counter()
            store.build(base, places)
            seconds = time.perf_counter() - start
            cells = []
            for _, ranges, truth in sets:
                recall, rate, short, effort = best(store, queries, ranges, truth, options)
                cells.append(f"{rate:,.0f}/s (recall {recall:.3f} at {effort}{f', {short} too short' if short else ''})")
            print(f"| {store.name} | {seconds:.0f} s | {disk(folder) / 1e6:.0f} MB | {' | '.join(cells)} |", flush=True)
            store.close()
        except Exception as problem:
            print(f"| {key} | failed: {type(problem).__name__}: {str(problem)[:200]} |", flush=True)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
