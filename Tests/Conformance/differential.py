"""Runs random changes and queries against a Needletail server and against another engine, and compares.

    python differential.py --server .build/release/needletail --oracle memory|edge --operations 10000 [--seed 1]
"""

import argparse
import collections
import subprocess
import sys
import tempfile
import time
import warnings

from qdrant_client import QdrantClient, models as m

import compare
from edge import Edge, Unsupported
from generate import INDEXES, SPARSE, VECTORS, Generator

NAME = "conformance"
warnings.filterwarnings("ignore")


class Differential:
    def __init__(self, ours, theirs, seed, verbose):
        self.ours, self.theirs = ours, theirs
        # The in-memory engine does not leave out points that only prefetches name; the engine itself counts frequencies
        # over points that were replaced, too.
        is_edge = isinstance(theirs, Edge)
        self.g = Generator(seed, prefetches_name_points=is_edge, counts_frequencies=not is_edge)
        self.verbose = verbose
        self.counts = collections.Counter()
        self.failures = collections.Counter()

    def prepare(self):
        for client in (self.ours, self.theirs):
            if client.collection_exists(NAME):
                client.delete_collection(NAME)
            client.create_collection(NAME, vectors_config=VECTORS, sparse_vectors_config=SPARSE)
            for field, schema in INDEXES.items():
                client.create_payload_index(NAME, field, schema)
        self.both("upsert", lambda c, a: c.upsert(NAME, a), [m.PointStruct(id=i, vector=self.g.vectors(), payload=self.g.payload()) for i in self.g.ids[:70]])

    def both(self, kind, call, argument, check=None):
        """Calls both; both have to fail, or give the same."""
        self.counts[kind] += 1
        outcomes = []
        for client in (self.theirs, self.ours):
            try:
                outcomes.append((call(client, argument), None))
            except Unsupported:
                self.counts["not supported by the oracle"] += 1
                return
            except Exception as error:  # whatever the client raises is an outcome
                outcomes.append((None, error))
        (theirs, their_error), (ours, our_error) = outcomes
        if (our_error is None) != (their_error is None):
            message = f"ours: {our_error!r}, theirs: {their_error!r}"
        elif our_error is None and check:
            message = check(ours, theirs)
        else:
            message = None
            self.counts["errors alike"] += our_error is not None
        if message:
            self.failures[kind] += 1
            if self.failures[kind] <= self.verbose:
                self.explain(argument)
                print(f"--- {kind}: {str(message)[:1500]}\n    {str(argument)[:1500]}", flush=True)

    def explain(self, argument):
        """Shows which prefetch of a query brings the difference."""
        for p in argument.get("prefetch") or [] if isinstance(argument, dict) else []:
            arguments = dict(query=p.query, using=p.using, query_filter=p.filter, prefetch=p.prefetch, limit=p.limit, with_payload=False)
            found = [c.query_points(NAME, **arguments).points for c in (self.ours, self.theirs)]
            if message := compare.ranked_difference(*found):
                print(f"--- a prefetch differs: {message[:1200]}\n    {p}", flush=True)

    # --- changes

    def change(self):
        g = self.g
        selection = lambda: g.some_ids() if g.chance(0.6) else m.FilterSelector(filter=g.filter())
        kind = g.r.choice(["upsert", "upsert", "upsert", "delete", "set", "set", "overwrite", "drop", "clear", "vectors", "drop vectors", "batch"])
        if kind == "upsert":
            points = [m.PointStruct(id=i, vector=g.vectors(), payload=g.payload()) for i in g.some_ids(8)]
            self.both(kind, lambda c, a: c.upsert(NAME, a), points)
        elif kind == "delete":
            self.both(kind, lambda c, a: c.delete(NAME, a), g.some_ids(2))
        elif kind == "set":
            key = g.r.choice([None, None, "meta", "meta.deep", "items[0]"])
            payload = g.payload()
            self.both(kind, lambda c, a: c.set_payload(NAME, a[0], points=a[1], key=a[2]), (payload, self.existing(selection()), key))
        elif kind == "overwrite":
            self.both(kind, lambda c, a: c.overwrite_payload(NAME, a[0], points=a[1]), (g.payload(), self.existing(g.some_ids())))
        elif kind == "drop":
            keys = g.r.sample(["city", "meta.b", "items[].k", "tags", "missing"], 2)
            self.both(kind, lambda c, a: c.delete_payload(NAME, a[0], points=a[1]), (keys, self.existing(g.some_ids())))
        elif kind == "clear":
            self.both(kind, lambda c, a: c.clear_payload(NAME, a), self.existing(g.some_ids(1)))
        elif kind == "vectors":
            points = [m.PointVectors(id=i, vector=v) for i in self.existing(g.some_ids()) if (v := g.vectors(most=False))]
            if points:
                self.both(kind, lambda c, a: c.update_vectors(NAME, a), points)
        elif kind == "drop vectors":
            self.both(kind, lambda c, a: c.delete_vectors(NAME, a[0], a[1]), (g.r.sample([*VECTORS, *SPARSE], 1), self.existing(g.some_ids(2))))
        else:
            operations = [
                m.UpsertOperation(upsert=m.PointsList(points=[m.PointStruct(id=g.id(), vector=g.vectors(), payload=g.payload())])),
                m.DeleteOperation(delete=m.PointIdsList(points=[g.id()])),
            ]
            self.both(kind, lambda c, a: c.batch_update_points(NAME, a), operations)

    def existing(self, selection):
        """Only ids that exist: the in-memory engine passes over unknown ones, the API reports them."""
        if not isinstance(selection, list):
            return selection
        known = {str(p.id) for p in self.theirs.retrieve(NAME, selection, with_payload=False)}
        return [i for i in selection if str(i) in known] or [self.theirs.scroll(NAME, limit=1)[0][0].id]

    # --- reads

    def read(self):
        g = self.g
        kind = g.r.choice(["count", "scroll", "retrieve", "query", "query", "query", "fusion", "rescore", "formula", "order", "groups", "facet", "threshold", "ordered scroll"])
        if kind == "count":
            self.both(kind, lambda c, a: c.count(NAME, count_filter=a).count, g.filter(), compare.difference)
        elif kind == "scroll":
            arguments = dict(scroll_filter=g.maybe_filter(), limit=g.r.randint(1, 20), offset=g.id() if g.chance(0.3) else None, **g.selectors())
            self.both(kind, lambda c, a: c.scroll(NAME, **a), arguments, compare.difference)
        elif kind == "retrieve":
            self.both(kind, lambda c, a: sorted(c.retrieve(NAME, a[0], **a[1]), key=lambda p: str(p.id)), (g.some_ids(), g.selectors()), compare.difference)
        elif kind == "query":
            name = g.vector_name()
            self.query(kind, query=g.vector_query(name), using=name, query_filter=g.maybe_filter(), limit=g.r.randint(1, 20), offset=g.r.choice([None, None, 3]), **g.selectors())
        elif kind == "threshold":
            name = g.r.choice(["cos", "dot", "euc", "man"])
            self.query(kind, query=g.vector(name), using=name, score_threshold=g.r.uniform(-0.5, 1.5), limit=20)
        elif kind == "fusion":
            fusion = g.r.choice([m.FusionQuery(fusion=m.Fusion.RRF), m.FusionQuery(fusion=m.Fusion.DBSF), m.RrfQuery(rrf=m.Rrf(k=g.r.randint(1, 60))), m.RrfQuery(rrf=m.Rrf(weights=[2.0, 0.5]))])
            self.query(kind, query=fusion, prefetch=[g.prefetch(), g.prefetch()], query_filter=g.maybe_filter(0.2), limit=60)
        elif kind == "rescore":
            name = g.vector_name()
            self.query(kind, query=g.vector_query(name), using=name, prefetch=[g.prefetch() for _ in range(g.r.randint(1, 2))], limit=60)
        elif kind == "formula":
            self.query(kind, query=g.formula(), prefetch=[g.prefetch()], limit=60)
        elif kind in ("order", "ordered scroll"):
            order = m.OrderBy(key=g.r.choice(["price", "when"]), direction=g.r.choice(list(m.Direction)))
            if kind == "order":
                self.both(kind, lambda c, a: c.query_points(NAME, query=m.OrderByQuery(order_by=a[0]), query_filter=a[1], limit=10).points, (order, g.maybe_filter()), self.same_order)
            else:
                self.both(kind, lambda c, a: c.scroll(NAME, scroll_filter=a[1], order_by=a[0], limit=10)[0], (order, g.maybe_filter()), self.same_order)
        elif kind == "groups":
            name = g.r.choice(["cos", "euc", "sparse"])
            arguments = dict(query=g.vector(name), using=name, group_by="meta.a", limit=g.r.randint(1, 6), group_size=g.r.randint(1, 4), query_filter=g.maybe_filter(0.3))
            self.both(kind, lambda c, a: c.query_points_groups(NAME, **a).groups, arguments, self.same_groups)
        elif kind == "facet":
            arguments = (g.r.choice(["city", "n", "flag"]), g.maybe_filter(), g.r.randint(3, 20))
            self.both(kind, lambda c, a: c.facet(NAME, a[0], facet_filter=a[1], limit=a[2]).hits, arguments, self.same_facets)

    def query(self, kind, **arguments):
        self.both(kind, lambda c, a: c.query_points(NAME, **a).points, arguments, lambda a, b: compare.ranked_difference(a, b, skips=bool(arguments.get("offset"))))

    @staticmethod
    def same_order(ours, theirs):
        # Equal values come in the order of ids here, in any order there.
        key = lambda p: str(p.order_value)
        return compare.difference([key(p) for p in ours], [key(p) for p in theirs])

    @staticmethod
    def same_groups(ours, theirs):
        if len(ours) != len(theirs):
            return f"groups {compare.plain(ours)} instead of {compare.plain(theirs)}"
        for a, b in zip(ours, theirs):
            if not compare.close([h.score for h in a.hits], [h.score for h in b.hits]):
                return f"group {compare.plain(a)} instead of {compare.plain(b)}"
        return None

    @staticmethod
    def same_facets(ours, theirs):
        return compare.difference([h.count for h in ours], [h.count for h in theirs if h.count])

    def run(self, operations):
        self.prepare()
        for number in range(operations):
            if number and number % 2000 == 0:
                self.compare_everything()
                self.prepare()
            self.change() if self.g.chance(0.3) else self.read()
        self.compare_everything()
        return self.failures

    def compare_everything(self):
        everything = lambda c, _: c.scroll(NAME, limit=1000, with_vectors=True)[0]
        self.both("everything", everything, None, compare.difference)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", help="the executable `needletail`; it is started on a free folder")
    parser.add_argument("--oracle", choices=["memory", "edge"], default="memory", help="the client's in-memory engine, or the engine itself")
    parser.add_argument("--url", default="http://127.0.0.1:6399", help="where the server is or will be")
    parser.add_argument("--operations", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--verbose", type=int, default=3, help="differences shown of each kind")
    arguments = parser.parse_args()
    process = None
    if arguments.server:
        port = arguments.url.rsplit(":", 1)[1]
        process = subprocess.Popen([arguments.server, "serve", "--port", port, "--data", tempfile.mkdtemp()], stdout=subprocess.DEVNULL)
        time.sleep(2)
    start = time.time()
    try:
        test = Differential(QdrantClient(url=arguments.url), QdrantClient(":memory:") if arguments.oracle == "memory" else Edge(), arguments.seed, arguments.verbose)
        failures = test.run(arguments.operations)
    finally:
        if process:
            process.terminate()
            process.wait()
    print(f"{sum(test.counts.values()) - test.counts['errors alike']} calls in {time.time() - start:.0f} s: {dict(test.counts)}")
    print("no difference" if not failures else f"differences: {dict(failures)}")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
