"""The operations of the differential test: each has a kind, a call, its argument, and how answers are compared."""

from typing import Any, Callable, NamedTuple

from qdrant_client import models as m

import compare
from generate import INDEXES, NAMES, SPARSE, VECTORS

NAME = "conformance"


class Operation(NamedTuple):
    kind: str
    call: Callable
    argument: Any
    check: Callable | None = None
    changes: bool = False


class Operations:
    """Makes random operations; `known` tells which ids exist."""

    def __init__(self, generator, known):
        self.g = generator
        self.known = known
        self.alias = None

    def preparation(self):
        def prepare(client, _):
            if client.collection_exists(NAME):
                client.delete_collection(NAME)
            client.create_collection(NAME, vectors_config=VECTORS, sparse_vectors_config=SPARSE)
            for field, schema in INDEXES.items():
                client.create_payload_index(NAME, field, schema)

        yield Operation("prepare", prepare, None)
        points = [self.g.point(i) for i in self.g.ids[:70]]
        yield Operation("upsert", lambda c, a: c.upsert(NAME, a), points)

    def existing(self, ids):
        """Only ids that exist: the in-memory engine passes over unknown ones, the interface reports them."""
        known = self.known(ids)
        return [i for i in ids if str(i) in known]

    # --- changes

    def change(self):
        g = self.g
        kind = g.r.choice(["upsert", "upsert", "upsert", "conditional", "columns", "delete", "set", "set", "overwrite", "drop", "clear", "vectors", "drop vectors", "batch"])
        g.in_change = True
        operation = getattr(self, "change_" + kind.replace(" ", "_"))(kind)
        g.in_change = False
        return operation

    def selection(self, most=5):
        ids = self.existing(self.g.some_ids(most))
        return ids if ids and self.g.chance(0.6) else m.FilterSelector(filter=self.g.filter())

    def write(self, kind, call, argument):
        return Operation(kind, call, argument, changes=True)

    def change_upsert(self, kind):
        return self.write(kind, lambda c, a: c.upsert(NAME, a), [self.g.point(i) for i in self.g.some_ids(8)])

    def change_conditional(self, kind):
        modes = self.g.r.choice([{"update_filter": self.g.filter()}, {"update_mode": m.UpdateMode.INSERT_ONLY}, {"update_mode": m.UpdateMode.UPDATE_ONLY}])
        points = [self.g.point(i) for i in self.g.some_ids(8)]
        return self.write(kind, lambda c, a: c.upsert(NAME, a[0], **a[1]), (points, modes))

    def change_columns(self, kind):
        ids = self.g.some_ids(5)
        columns = {name: [self.g.vector(name) for _ in ids] for name in self.g.r.sample(NAMES, 3)}
        batch = m.Batch(ids=ids, vectors=columns, payloads=[self.g.payload() for _ in ids])
        return self.write(kind, lambda c, a: c.upsert(NAME, a), batch)

    def change_delete(self, kind):
        selection = self.g.some_ids(2)
        if self.g.chance(0.2):  # by a filter that few satisfy
            selection = m.FilterSelector(filter=m.Filter(must=[self.g.condition(2), m.HasIdCondition(has_id=self.g.some_ids(6))]))
        return self.write(kind, lambda c, a: c.delete(NAME, a), selection)

    def change_set(self, kind):
        key = self.g.r.choice([None, None, "meta", "meta.deep", "items[0]", "items[]"])
        return self.write(kind, lambda c, a: c.set_payload(NAME, a[0], points=a[1], key=a[2]), (self.g.payload(), self.selection(), key))

    def change_overwrite(self, kind):
        return self.write(kind, lambda c, a: c.overwrite_payload(NAME, a[0], points=a[1]), (self.g.payload(), self.selection()))

    def change_drop(self, kind):
        keys = self.g.r.sample(["city", "meta.b", "items[].k", "tags", "missing", "note"], 2)
        return self.write(kind, lambda c, a: c.delete_payload(NAME, a[0], points=a[1]), (keys, self.selection()))

    def change_clear(self, kind):
        ids = self.existing(self.g.some_ids(1)) or m.FilterSelector(filter=m.Filter(must=[m.HasIdCondition(has_id=[3])]))
        return self.write(kind, lambda c, a: c.clear_payload(NAME, a), ids)

    def change_vectors(self, kind):
        points = [m.PointVectors(id=i, vector=v) for i in self.existing(self.g.some_ids()) if (v := self.g.vectors(most=False))]
        return self.write(kind, lambda c, a: c.update_vectors(NAME, a), points) if points else self.change_upsert("upsert")

    def change_drop_vectors(self, kind):
        return self.write(kind, lambda c, a: c.delete_vectors(NAME, a[0], a[1]), (self.g.r.sample(NAMES, self.g.r.randint(1, 2)), self.selection(2)))

    def change_batch(self, kind):
        g = self.g
        ids = self.existing(g.some_ids(6))
        options = [
            lambda: m.UpsertOperation(upsert=m.PointsList(points=[g.point() for _ in range(2)])),
            lambda: m.OverwritePayloadOperation(overwrite_payload=m.SetPayload(payload=g.payload(), points=ids)),
            lambda: m.SetPayloadOperation(set_payload=m.SetPayload(payload=g.payload(), filter=g.filter())),
            lambda: m.DeletePayloadOperation(delete_payload=m.DeletePayload(keys=["city", "meta.a"], points=ids)),
            lambda: m.ClearPayloadOperation(clear_payload=m.PointIdsList(points=ids[:1])),
            lambda: m.UpdateVectorsOperation(update_vectors=m.UpdateVectors(points=[m.PointVectors(id=ids[0], vector={"cos": g.vector("cos"), "sparse": g.vector("sparse")})])),
            lambda: m.DeleteVectorsOperation(delete_vectors=m.DeleteVectors(points=ids[:1], vector=["dot"])),
        ]
        operations = [make() for make in (g.r.sample(options, 3) if ids else options[:1])]
        operations.append(m.DeleteOperation(delete=m.PointIdsList(points=[g.id()])))  # last: the others name points
        return self.write(kind, lambda c, a: c.batch_update_points(NAME, a), operations)

    # --- reads

    def read(self):
        g = self.g
        kind = g.r.choice([
            "count", "scroll", "pages", "retrieve", "query", "query", "query", "query", "fusion", "fusion", "rescore", "formula", "formula", "order",
            "ordered scroll", "groups", "groups", "facet", "threshold", "matrix", "many", "sample", "words", "corpus", "alias",
        ])
        return getattr(self, "read_" + kind.replace(" ", "_"))(kind)

    def read_count(self, kind):
        return Operation(kind, lambda c, a: c.count(NAME, count_filter=a).count, self.g.filter(), compare.difference)

    def read_scroll(self, kind):
        g = self.g
        arguments = dict(scroll_filter=g.maybe_filter(), limit=g.r.randint(1, 20), offset=g.id() if g.chance(0.3) else None, **g.selectors())
        return Operation(kind, lambda c, a: c.scroll(NAME, **a), arguments, compare.difference)

    def read_pages(self, kind):
        def all_pages(client, arguments):
            found, offset = [], None
            while True:
                page, offset = client.scroll(NAME, offset=offset, **arguments)
                found += [p.id for p in page]
                if offset is None:
                    return found

        arguments = dict(scroll_filter=self.g.maybe_filter(), limit=self.g.r.randint(5, 30), with_payload=False)
        return Operation(kind, all_pages, arguments, compare.difference)

    def read_retrieve(self, kind):
        call = lambda c, a: sorted(c.retrieve(NAME, a[0], **a[1]), key=lambda p: str(p.id))
        return Operation(kind, call, (self.g.some_ids(), self.g.selectors()), compare.difference)

    def query(self, kind, **arguments):
        check = lambda a, b: compare.ranked_difference(a, b, skips=bool(arguments.get("offset")))
        return Operation(kind, lambda c, a: c.query_points(NAME, **a).points, arguments, check)

    def read_query(self, kind):
        g = self.g
        name = g.vector_name()
        query = g.vector_query(name)
        if isinstance(query, m.NearestQuery):
            return self.query("diverse", query=query, using=name, query_filter=g.maybe_filter(), limit=g.r.randint(1, 20))
        return self.query(type(query).__name__ if hasattr(query, "model_fields") else kind, query=query, using=name, query_filter=g.maybe_filter(),
                          limit=g.r.randint(1, 20), offset=g.r.choice([None, None, 3]), **g.selectors())

    def read_threshold(self, kind):
        name = self.g.r.choice(["cos", "dot", "euc", "man", "multi", "sparse"])
        return self.query(kind, query=self.g.vector(name), using=name, score_threshold=self.g.r.uniform(-0.5, 1.5), limit=20)

    def read_fusion(self, kind):
        return self.query(kind, query=self.g.fusion(), prefetch=[self.g.prefetch(), self.g.prefetch()], query_filter=self.g.maybe_filter(0.2), limit=60)

    def read_rescore(self, kind):
        name = self.g.vector_name()
        prefetch = [self.g.prefetch() for _ in range(self.g.r.randint(1, 2))]
        self.g.in_prefetch = True
        query = self.g.vector_query(name)
        self.g.in_prefetch = False
        return self.query(kind, query=query, using=name, prefetch=prefetch, limit=60)

    def read_formula(self, kind):
        return self.query(kind, query=self.g.formula(), prefetch=[self.g.prefetch()], limit=60)

    def read_order(self, kind):
        arguments = dict(query=m.OrderByQuery(order_by=self.g_order()), query_filter=self.g.maybe_filter(), limit=10)
        return Operation(kind, lambda c, a: c.query_points(NAME, **a).points, arguments, compare.same_order)

    def g_order(self):
        key = self.g.r.choice(["price", "when", "n"])
        start = {"price": 4.0, "n": 3, "when": "2016-01-01T00:00:00Z"}[key] if self.g.chance(0.3) else None
        return m.OrderBy(key=key, direction=self.g.r.choice(list(m.Direction)), start_from=start)

    def read_ordered_scroll(self, kind):
        arguments = dict(scroll_filter=self.g.maybe_filter(), order_by=self.g_order(), limit=10)
        return Operation(kind, lambda c, a: c.scroll(NAME, **a)[0], arguments, compare.same_order)

    def read_groups(self, kind):
        g = self.g
        name = g.vector_name()
        arguments = dict(query=g.vector(name), using=name, group_by=g.r.choice(["meta.a", "city", "items[].k", "n"]), limit=g.r.randint(1, 6),
                         group_size=g.r.randint(1, 4), query_filter=g.maybe_filter(0.3))
        if g.chance(0.2):
            arguments["prefetch"] = [g.prefetch()]
        return Operation(kind, lambda c, a: c.query_points_groups(NAME, **a).groups, arguments, compare.same_groups)

    def read_facet(self, kind):
        g = self.g
        arguments = (g.r.choice(["city", "n", "flag", "meta.a"]), g.maybe_filter(), g.r.randint(3, 20))
        return Operation(kind, lambda c, a: c.facet(NAME, a[0], facet_filter=a[1], limit=a[2], exact=True).hits, arguments, compare.same_facets)

    def read_matrix(self, kind):
        name = self.g.r.choice(["cos", "dot", "euc", "man"])
        arguments = dict(using=name, query_filter=self.g.maybe_filter(0.3), sample=1000, limit=self.g.r.randint(1, 4))
        if self.g.chance(0.5):
            return Operation(kind, lambda c, a: sorted((str(p.a), p.score) for p in c.search_matrix_pairs(NAME, **a).pairs), arguments, compare.same_pairs)
        return Operation(kind, lambda c, a: (lambda o: [o.ids, o.offsets_row])(c.search_matrix_offsets(NAME, **a)), arguments, compare.difference)

    def read_many(self, kind):
        requests = []
        for _ in range(self.g.r.randint(1, 4)):
            name = self.g.vector_name()
            requests.append(m.QueryRequest(query=self.g.nearest(name), using=name, filter=self.g.maybe_filter(), limit=self.g.r.randint(1, 8), with_payload=False))
        check = lambda ours, theirs: next((d for a, b in zip(ours, theirs) if (d := compare.ranked_difference(a.points, b.points))), None)
        return Operation(kind, lambda c, a: c.query_batch_points(NAME, a), requests, check)

    def read_sample(self, kind):
        # Anything may come: as many as there are, each satisfying the filter.
        def sample(client, filter):
            found = {str(p.id) for p in client.query_points(NAME, query=m.SampleQuery(sample=m.Sample.RANDOM), query_filter=filter, limit=200).points}
            return sorted(found)

        return Operation(kind, sample, self.g.filter(), compare.difference)

    def read_words(self, kind):
        text = self.g.words(3)
        query = m.TextQuery(text=text if self.g.chance(0.5) else m.TextQueryInput(query=text, scoring=m.Bm25Scoring(bm25=m.Bm25Params(k=self.g.r.uniform(0, 2), b=self.g.r.uniform(0, 1)))))
        threshold = self.g.r.uniform(0, 2) if self.g.chance(0.2) else None
        return self.query(kind, query=query, using="text", query_filter=self.g.maybe_filter(0.4), limit=20, score_threshold=threshold)

    def read_corpus(self, kind):
        parameters = m.SearchParams(idf=m.IdfCorpusParams(corpus=self.g.filter()))
        return self.query(kind, query=self.g.vector("idf"), using="idf", search_params=parameters, limit=20)

    def read_alias(self, kind):
        g = self.g
        new = g.r.choice(["a", "b", "c d"])
        actions = [m.CreateAliasOperation(create_alias=m.CreateAlias(collection_name=NAME, alias_name=new))]
        if self.alias and self.alias != new:
            actions.insert(0, g.r.choice([
                m.DeleteAliasOperation(delete_alias=m.DeleteAlias(alias_name=self.alias)),
                m.RenameAliasOperation(rename_alias=m.RenameAlias(old_alias_name=self.alias, new_alias_name=new)),
            ]))
        self.alias = new

        def use(client, actions):
            client.update_collection_aliases(actions)
            return [client.count(new).count, sorted((a.alias_name, a.collection_name) for a in client.get_aliases().aliases)]

        return Operation(kind, use, actions, compare.difference)
