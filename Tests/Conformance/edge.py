"""The engine itself, in this process (`pip install qdrant-edge-py`), behind the calls of the client that the test uses."""

import tempfile
from types import SimpleNamespace

import qdrant_edge as e
from qdrant_client import models as m

from engines import Unsupported


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
    if isinstance(test, m.MatchText):
        return e.MatchText(test.text)
    if isinstance(test, m.MatchTextAny):
        return e.MatchTextAny(test.text_any)
    if isinstance(test, m.MatchPhrase):
        return e.MatchPhrase(test.phrase)
    if isinstance(test, m.MatchPrefix):
        return e.MatchPrefix(test.prefix)
    if isinstance(test, m.MatchSubstring):
        return e.MatchSubstring(test.substring)
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
    if isinstance(c, m.SliceCondition):
        return e.SliceCondition(total=c.slice.total, index=c.slice.index)
    tests = {name: getattr(c, name) for name in ("is_empty", "is_null") if getattr(c, name) is not None}
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
    if c.geo_polygon is not None:
        ring = lambda line: [point(p) for p in line.points]
        tests["geo_polygon"] = e.GeoPolygon(ring(c.geo_polygon.exterior), [ring(i) for i in c.geo_polygon.interiors or []])
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
        if isinstance(schema, m.TextIndexParams):
            schema = e.TextIndexParams(phrase_matching=schema.phrase_matching, scoring=schema.scoring)
        else:
            schema = getattr(e.PayloadSchemaType, schema.value.capitalize())
        self.update(e.UpdateOperation.create_field_index(field, schema))

    # --- changes

    def upsert(self, _, points, update_filter=None, update_mode=None):
        if isinstance(points, m.Batch):
            names = points.vectors.keys()
            points = [m.PointStruct(id=i, vector={name: points.vectors[name][k] for name in names}, payload=points.payloads[k]) for k, i in enumerate(points.ids)]
        mode = update_mode and {"insert_only": e.UpdateMode.InsertOnly, "update_only": e.UpdateMode.UpdateOnly}[update_mode.value]
        writes = [e.Point(id=identifier(p.id), vector=vector(p.vector), payload=p.payload) for p in points]
        self.update(e.UpdateOperation.upsert_points(writes, filter_of(update_filter), mode))

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
        chosen = lambda x: x.points if x.points is not None else m.FilterSelector(filter=x.filter)
        for o in operations:
            if isinstance(o, m.UpsertOperation):
                self.upsert(_, o.upsert.points)
            elif isinstance(o, m.DeleteOperation):
                self.delete(_, o.delete.points)
            elif isinstance(o, m.SetPayloadOperation):
                self.set_payload(_, o.set_payload.payload, chosen(o.set_payload))
            elif isinstance(o, m.OverwritePayloadOperation):
                self.overwrite_payload(_, o.overwrite_payload.payload, chosen(o.overwrite_payload))
            elif isinstance(o, m.DeletePayloadOperation):
                self.delete_payload(_, o.delete_payload.keys, chosen(o.delete_payload))
            elif isinstance(o, m.ClearPayloadOperation):
                self.clear_payload(_, o.clear_payload.points)
            elif isinstance(o, m.UpdateVectorsOperation):
                self.update_vectors(_, o.update_vectors.points)
            else:
                self.delete_vectors(_, o.delete_vectors.vector, chosen(o.delete_vectors))

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
        order = order_by and self.order(order_by)
        request = e.ScrollRequest(offset=identifier(offset) if offset is not None else None, limit=limit, filter=filter_of(scroll_filter), with_payload=selector, with_vector=with_vectors, order_by=order)
        points, following = self.shard.scroll(request)
        return [self.record(r) for r in points], following if following is None or isinstance(following, int) else str(following)

    def order(self, o):
        start = o.start_from.isoformat() if hasattr(o.start_from, "isoformat") else o.start_from
        return e.OrderBy(o.key, e.Direction.Desc if o.direction == m.Direction.DESC else e.Direction.Asc, start)

    def facet(self, _, key, facet_filter=None, limit=10, exact=True):
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
            return self.order(query.order_by)
        if isinstance(query, m.RelevanceFeedbackQuery):
            r = query.relevance_feedback
            items = [e.FeedbackItem(take(i.example), i.score) for i in r.feedback]
            naive = r.strategy.naive
            return e.Query.FeedbackNaive(e.FeedbackNaiveQuery(take(r.target), items, e.NaiveFeedbackStrategy(naive.a, naive.b, naive.c)), using)
        if isinstance(query, m.NearestQuery):
            return e.Mmr(take(query.nearest), 1 - query.mmr.diversity, query.mmr.candidates_limit, using)
        if isinstance(query, m.SampleQuery):
            return e.Sample.Random
        if isinstance(query, m.TextQuery):
            if isinstance(query.text, str):
                return e.TextQuery(using, query.text)
            bm25 = query.text.scoring.bm25
            return e.TextQuery(using, query.text.query, e.Bm25Params(bm25.k, bm25.b))
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
        if isinstance(x, (m.MaxExpression, m.MinExpression)):
            return X.Max([go(y) for y in x.max]) if isinstance(x, m.MaxExpression) else X.Min([go(y) for y in x.min])
        for name in ("sqrt", "exp", "ln", "log10", "acosh"):
            if hasattr(x, name):
                return getattr(X, name.capitalize())(go(getattr(x, name)))
        if isinstance(x, m.PowExpression):
            return X.Pow(go(x.pow.base), go(x.pow.exponent))
        if isinstance(x, m.GeoDistance):
            return X.GeoDistance(point(x.geo_distance.origin), x.geo_distance.to)
        if isinstance(x, m.DatetimeExpression):
            return X.Datetime(x.datetime)
        if isinstance(x, m.DatetimeKeyExpression):
            return X.DatetimeKey(x.datetime_key)
        for name, kind in (("exp_decay", e.DecayKind.Exp), ("gauss_decay", e.DecayKind.Gauss), ("lin_decay", e.DecayKind.Lin)):
            if hasattr(x, name):
                d = getattr(x, name)
                return X.Decay(kind, go(d.x), go(d.target) if d.target is not None else None, d.midpoint, d.scale)
        return X.Condition(condition(x))

    def prefetch(self, p, ids):
        nested = [self.prefetch(q, ids) for q in (p.prefetch or [])]
        return e.Prefetch(limit=p.limit, query=self.query(p.query, p.using, ids), prefetches=nested, filter=filter_of(p.filter), score_threshold=p.score_threshold)

    def query_points(self, _, query, using=None, query_filter=None, prefetch=None, limit=10, offset=None, score_threshold=None, with_payload=True, with_vectors=False, search_params=None):
        ids = set()
        corpus = search_params and search_params.idf and e.IdfParams(filter_of(search_params.idf.corpus))
        selector = e.PayloadSelector.Exclude(with_payload.exclude) if isinstance(with_payload, m.PayloadSelectorExclude) else with_payload
        ranking = self.query(query, using, ids)
        prefetches = [self.prefetch(p, ids) for p in prefetch or []]
        if ids:  # what the server does: examples are no answers
            query_filter = m.Filter(must=[query_filter] if query_filter else None, must_not=[m.HasIdCondition(has_id=list(ids))])
        request = e.QueryRequest(limit=limit, offset=offset, query=ranking, prefetches=prefetches, filter=filter_of(query_filter), score_threshold=score_threshold, with_payload=selector, with_vector=with_vectors, params=e.SearchParams(exact=True, idf=corpus or None))
        points = [self.record(r) for r in self.shard.query(request)]
        for p in points:
            if not with_vectors:  # queries for diversity bring the vectors they needed
                p.vector = None
        return SimpleNamespace(points=points)

    def query_batch_points(self, _, requests):
        return [self.query_points(_, query=r.query, using=r.using, query_filter=r.filter, limit=r.limit, with_payload=False) for r in requests]

    def unsupported(self, *_, **__):
        raise Unsupported("a shard has no such call")

    query_points_groups = search_matrix_pairs = search_matrix_offsets = update_collection_aliases = get_aliases = unsupported
