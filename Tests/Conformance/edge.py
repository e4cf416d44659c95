"""The engine itself, in this process (`pip install qdrant-edge-py`), behind the calls of the client that the test uses."""

import tempfile
from types import SimpleNamespace

import qdrant_edge as e
from qdrant_client import models as m


class Unsupported(Exception):
    """The engine has no such call."""


DISTANCES = {m.Distance.COSINE: e.Distance.Cosine, m.Distance.DOT: e.Distance.Dot, m.Distance.EUCLID: e.Distance.Euclid, m.Distance.MANHATTAN: e.Distance.Manhattan}


def vector(value):
    if isinstance(value, m.SparseVector):
        return e.SparseVector(indices=value.indices, values=value.values)
    if isinstance(value, dict):
        return {name: vector(v) for name, v in value.items()}
    return value


def back(value):
    if isinstance(value, dict):
        return {name: back(v) for name, v in value.items()}
    if isinstance(value, e.SparseVector):
        return m.SparseVector(indices=value.indices, values=value.values)
    return value


def identifier(value):
    return value if isinstance(value, int) else str(value)


def match(test):
    if isinstance(test, m.MatchValue):
        if isinstance(test.value, bool):
            raise Unsupported("booleans become integers on the way")
        return e.MatchValue(test.value)
    if isinstance(test, m.MatchAny):
        return e.MatchAny(test.any)
    if isinstance(test, m.MatchExcept):
        return e.MatchExcept(test.except_)
    raise Unsupported(test)


def point(p):
    return e.GeoPoint(lon=p.lon, lat=p.lat)


def condition(c):
    if isinstance(c, m.Filter):
        return filter_of(c)
    if isinstance(c, m.IsEmptyCondition):
        return e.IsEmptyCondition(c.is_empty.key)
    if isinstance(c, m.IsNullCondition):
        return e.IsNullCondition(c.is_null.key)
    if isinstance(c, m.HasIdCondition):
        import uuid
        return e.HasIdCondition({i if isinstance(i, int) else uuid.UUID(str(i)) for i in c.has_id})
    if isinstance(c, m.HasVectorCondition):
        return e.HasVectorCondition(c.has_vector)
    if isinstance(c, m.NestedCondition):
        return e.NestedCondition(c.nested.key, filter_of(c.nested.filter))
    tests = {}
    if c.match is not None:
        tests["match"] = match(c.match)
    if isinstance(c.range, m.DatetimeRange):
        text = lambda t: t.isoformat() if hasattr(t, "isoformat") else t
        tests["range"] = e.RangeDateTime(**{k: text(v) for k, v in vars(c.range).items() if v is not None})
    elif c.range is not None:
        tests["range"] = e.RangeFloat(**{k: v for k, v in vars(c.range).items() if v is not None})
    if c.geo_bounding_box is not None:
        tests["geo_bounding_box"] = e.GeoBoundingBox(top_left=point(c.geo_bounding_box.top_left), bottom_right=point(c.geo_bounding_box.bottom_right))
    if c.geo_radius is not None:
        tests["geo_radius"] = e.GeoRadius(center=point(c.geo_radius.center), radius=c.geo_radius.radius)
    if c.values_count is not None:
        tests["values_count"] = e.ValuesCount(**{k: v for k, v in vars(c.values_count).items() if v is not None})
    return e.FieldCondition(key=c.key, **tests)


def filter_of(f):
    if f is None:
        return None
    clause = lambda cs: None if cs is None else [condition(c) for c in (cs if isinstance(cs, list) else [cs])]
    least = f.min_should and e.MinShould(conditions=clause(f.min_should.conditions), min_count=f.min_should.min_count)
    return e.Filter(must=clause(f.must), should=clause(f.should), must_not=clause(f.must_not), min_should=least)


def with_payload(selector):
    return e.PayloadSelector.Exclude(selector.exclude) if isinstance(selector, m.PayloadSelectorExclude) else selector


class Edge:
    def __init__(self):
        self.shard = None

    def collection_exists(self, _):
        return False

    def create_collection(self, _, vectors_config, sparse_vectors_config):
        params = {}
        for name, p in vectors_config.items():
            multi = e.MultiVectorConfig(comparator=e.MultiVectorComparator.MaxSim) if p.multivector_config else None
            params[name] = e.EdgeVectorParams(size=p.size, distance=DISTANCES[p.distance], multivector_config=multi)
        sparse = {name: e.EdgeSparseVectorParams(modifier=e.Modifier.Idf if p.modifier else None) for name, p in sparse_vectors_config.items()}
        self.shard = e.EdgeShard.create(tempfile.mkdtemp(), e.EdgeConfig(vectors=params, sparse_vectors=sparse))

    def update(self, operation):
        self.shard.update(operation)

    def create_payload_index(self, _, field, schema):
        self.update(e.UpdateOperation.create_field_index(field, getattr(e.PayloadSchemaType, schema.value.capitalize())))

    # --- changes

    def upsert(self, _, points):
        self.update(e.UpdateOperation.upsert_points([e.Point(id=identifier(p.id), vector=vector(p.vector), payload=p.payload) for p in points]))

    def select(self, kind, selection, *arguments):
        if isinstance(selection, m.FilterSelector):
            name = {"delete_points": "delete_points_by_filter"}.get(kind, kind + "_by_filter")
            self.update(getattr(e.UpdateOperation, name)(filter_of(selection.filter), *arguments))
        else:
            self.update(getattr(e.UpdateOperation, kind)([identifier(i) for i in selection], *arguments))

    def delete(self, _, selection):
        self.select("delete_points", selection)

    def set_payload(self, _, payload, points, key=None):
        self.select("set_payload", points, payload, key)

    def overwrite_payload(self, _, payload, points):
        self.select("overwrite_payload", points, payload)

    def delete_payload(self, _, keys, points):
        self.select("delete_payload", points, keys)

    def clear_payload(self, _, selection):
        self.select("clear_payload", selection)

    def update_vectors(self, _, points):
        self.update(e.UpdateOperation.update_vectors([e.PointVectors(id=identifier(p.id), vector=vector(p.vector)) for p in points]))

    def delete_vectors(self, _, names, selection):
        self.select("delete_vectors", selection, names)

    def batch_update_points(self, _, operations):
        for operation in operations:
            if isinstance(operation, m.UpsertOperation):
                self.upsert(_, operation.upsert.points)
            else:
                self.delete(_, operation.delete.points)

    # --- reads

    def record(self, r):
        order = getattr(r, "order_value", None)
        return SimpleNamespace(id=r.id if isinstance(r.id, int) else str(r.id), payload=r.payload, vector=back(r.vector), order_value=order, score=getattr(r, "score", None),
                               model_dump=lambda **_: {"id": r.id if isinstance(r.id, int) else str(r.id), "payload": r.payload, "vector": back(r.vector)})

    def count(self, _, count_filter=None):
        return SimpleNamespace(count=self.shard.count(e.CountRequest(exact=True, filter=filter_of(count_filter))))

    def retrieve(self, _, ids, with_payload=True, with_vectors=False):
        selector = e.PayloadSelector.Exclude(with_payload.exclude) if isinstance(with_payload, m.PayloadSelectorExclude) else with_payload
        return [self.record(r) for r in self.shard.retrieve([identifier(i) for i in ids], selector, with_vectors)]

    def scroll(self, _, scroll_filter=None, limit=10, offset=None, order_by=None, with_payload=True, with_vectors=False):
        selector = e.PayloadSelector.Exclude(with_payload.exclude) if isinstance(with_payload, m.PayloadSelectorExclude) else with_payload
        order = order_by and e.OrderBy(order_by.key, e.Direction.Desc if order_by.direction == m.Direction.DESC else e.Direction.Asc)
        request = e.ScrollRequest(offset=identifier(offset) if offset is not None else None, limit=limit, filter=filter_of(scroll_filter), with_payload=selector, with_vector=with_vectors, order_by=order)
        points, following = self.shard.scroll(request)
        return [self.record(r) for r in points], following if following is None or isinstance(following, int) else str(following)

    def facet(self, _, key, facet_filter=None, limit=10):
        return self.shard.facet(e.FacetRequest(key=key, limit=limit, exact=True, filter=filter_of(facet_filter)))

    def example(self, value, using, ids):
        if isinstance(value, (int, str)):
            ids.add(value)
            found = self.retrieve(None, [value], False, [using])
            if not found or using not in (found[0].vector or {}):
                raise LookupError(value)
            return vector(found[0].vector[using])
        return vector(value)

    def query(self, query, using, ids):
        take = lambda v: self.example(v, using, ids)
        pairs = lambda context: [e.ContextPair(take(p.positive), take(p.negative)) for p in context]
        if isinstance(query, m.RecommendQuery):
            r = query.recommend
            names = {m.RecommendStrategy.BEST_SCORE: e.Query.RecommendBestScore, m.RecommendStrategy.SUM_SCORES: e.Query.RecommendSumScores}
            if r.strategy not in names:
                raise Unsupported("average")
            return names[r.strategy](e.RecommendQuery([take(v) for v in r.positive], [take(v) for v in r.negative]), using)
        if isinstance(query, m.DiscoverQuery):
            return e.Query.Discover(e.DiscoverQuery(take(query.discover.target), pairs(query.discover.context)), using)
        if isinstance(query, m.ContextQuery):
            return e.Query.Context(e.ContextQuery(pairs(query.context)), using)
        if isinstance(query, m.FusionQuery):
            return e.Fusion.Rrf(2) if query.fusion == m.Fusion.RRF else e.Fusion.Dbsf()
        if isinstance(query, m.RrfQuery):
            return e.Fusion.Rrf(query.rrf.k or 2, query.rrf.weights)
        if isinstance(query, m.OrderByQuery):
            o = query.order_by
            return e.OrderBy(o.key, e.Direction.Desc if o.direction == m.Direction.DESC else e.Direction.Asc)
        if isinstance(query, m.FormulaQuery):
            return e.Formula(self.expression(query.formula), query.defaults)
        return e.Query.Nearest(take(query), using)

    def expression(self, x):
        X, go = e.Expression, self.expression
        if isinstance(x, (int, float)):
            return X.Constant(float(x))
        if isinstance(x, str):
            return X.Variable(x)
        if isinstance(x, m.MultExpression):
            return X.Mult([go(y) for y in x.mult])
        if isinstance(x, m.SumExpression):
            return X.Sum([go(y) for y in x.sum])
        if isinstance(x, m.NegExpression):
            return X.Neg(go(x.neg))
        if isinstance(x, m.AbsExpression):
            return X.Abs(go(x.abs))
        if isinstance(x, m.DivExpression):
            return X.Div(go(x.div.left), go(x.div.right), x.div.by_zero_default)
        for name, kind in (("exp_decay", e.DecayKind.Exp), ("gauss_decay", e.DecayKind.Gauss), ("lin_decay", e.DecayKind.Lin)):
            if hasattr(x, name):
                d = getattr(x, name)
                return X.Decay(kind, go(d.x), go(d.target) if d.target is not None else None, d.midpoint, d.scale)
        return X.Condition(condition(x))

    def prefetch(self, p, ids):
        nested = [self.prefetch(q, ids) for q in (p.prefetch or [])]
        return e.Prefetch(limit=p.limit, query=self.query(p.query, p.using, ids), prefetches=nested, filter=filter_of(p.filter))

    def query_points(self, _, query, using=None, query_filter=None, prefetch=None, limit=10, offset=None, score_threshold=None, with_payload=True, with_vectors=False):
        ids = set()
        selector = e.PayloadSelector.Exclude(with_payload.exclude) if isinstance(with_payload, m.PayloadSelectorExclude) else with_payload
        ranking = self.query(query, using, ids)
        prefetches = [self.prefetch(p, ids) for p in prefetch or []]
        if ids:  # what the server does: examples are no answers
            query_filter = m.Filter(must=[query_filter] if query_filter else None, must_not=[m.HasIdCondition(has_id=list(ids))])
        request = e.QueryRequest(limit=limit, offset=offset, query=ranking, prefetches=prefetches, filter=filter_of(query_filter), score_threshold=score_threshold, with_payload=selector, with_vector=with_vectors, params=e.SearchParams(exact=True))
        return SimpleNamespace(points=[self.record(r) for r in self.shard.query(request)])

    def query_points_groups(self, *_, **__):
        raise Unsupported("groups")
