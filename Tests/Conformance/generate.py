"""Random points, changes, filters and queries, as objects of the client's models."""

import random
import uuid

from qdrant_client import models as m

VECTORS = {
    "cos": m.VectorParams(size=6, distance=m.Distance.COSINE),
    "dot": m.VectorParams(size=5, distance=m.Distance.DOT),
    "euc": m.VectorParams(size=4, distance=m.Distance.EUCLID),
    "man": m.VectorParams(size=4, distance=m.Distance.MANHATTAN),
    "multi": m.VectorParams(
        size=3, distance=m.Distance.DOT, multivector_config=m.MultiVectorConfig(comparator=m.MultiVectorComparator.MAX_SIM)
    ),
}
SPARSE = {"sparse": m.SparseVectorParams(), "idf": m.SparseVectorParams(modifier=m.Modifier.IDF)}
INDEXES = {
    "city": m.PayloadSchemaType.KEYWORD,
    "n": m.PayloadSchemaType.INTEGER,
    "price": m.PayloadSchemaType.FLOAT,
    "when": m.PayloadSchemaType.DATETIME,
    "flag": m.PayloadSchemaType.BOOL,
}
CITIES = ["Berlin", "Paris", "Rome", "Oslo", "São Paulo"]
WORDS = ["red", "Shoes", "blue", "hat", "green", "Coat", "running", "big"]
PATHS = ["city", "n", "price", "flag", "tags", "loc", "when", "items", "meta.a", "items[].k", "missing", "meta", "text"]


class Generator:
    def __init__(self, seed, prefetches_name_points=True, counts_frequencies=True):
        self.r = random.Random(seed)
        self.counts_frequencies = counts_frequencies
        self.prefetches_name_points = prefetches_name_points
        self.in_prefetch = False
        self.ids = list(range(60)) + [str(uuid.UUID(int=self.r.getrandbits(128))) for _ in range(20)]

    def chance(self, p):
        return self.r.random() < p

    def id(self):
        return self.r.choice(self.ids)

    def some_ids(self, most=5):
        return self.r.sample(self.ids, self.r.randint(1, most))

    # --- vectors

    def dense(self, size):
        return [round(self.r.uniform(-1, 1), 3) for _ in range(size)]

    def vector(self, name):
        if name in SPARSE:
            indices = self.r.sample(range(12), self.r.randint(1, 5))
            return m.SparseVector(indices=indices, values=[round(self.r.uniform(0.1, 2), 3) for _ in indices])
        size = VECTORS[name].size
        if name == "multi":
            return [self.dense(size) for _ in range(self.r.randint(1, 3))]
        return self.dense(size)

    def vectors(self, most=True):
        return {name: self.vector(name) for name in [*VECTORS, *SPARSE] if self.chance(0.85 if most else 0.4)}

    # --- payload

    def geo(self):
        return {"lon": round(self.r.uniform(-20, 20), 3), "lat": round(self.r.uniform(-20, 20), 3)}

    def when(self):
        day = f"20{self.r.randint(10, 24)}-{self.r.randint(1, 12):02}-{self.r.randint(1, 28):02}"
        return day + self.r.choice(["T10:11:12Z", "T23:00:00+02:00", "T01:02:03.5Z"])

    def item(self):
        return {"k": self.r.randint(0, 3), "v": self.r.choice("xyz"), "w": [self.r.randint(0, 3) for _ in range(self.r.randint(0, 3))]}

    def payload(self):
        r = self.r
        options = {
            "city": lambda: r.choice([r.choice(CITIES), r.sample(CITIES, 2)]),
            "n": lambda: r.choice([r.randint(0, 9), [r.randint(0, 9), r.randint(0, 9)]]),
            "price": lambda: round(r.uniform(0, 10), 2),
            "flag": lambda: self.chance(0.5),
            "tags": lambda: r.sample("abcd", r.randint(0, 3)),
            "loc": self.geo,
            "when": self.when,
            "items": lambda: [self.item() for _ in range(r.randint(0, 3))],
            "meta": lambda: {"a": r.randint(0, 3), "b": r.choice([None, "x", [1, None]])},
            "text": lambda: " ".join(r.choices(WORDS, k=r.randint(1, 4))),
        }
        found = {}
        # A null in "set payload" removes a member; in an upsert it stays.
        for key, make in options.items():
            if self.chance(0.75):
                found[key] = make()
            elif key != "price" and self.chance(0.2):  # formulas over null: the oracles disagree
                found[key] = None
        return found

    # --- filters

    def condition(self, depth=0):
        r = self.r
        kinds = ["match", "match", "any", "except", "range", "range", "date", "box", "radius", "count", "empty", "null", "id", "vector", "nested", "filter"]
        kind = r.choice(kinds if depth < 2 else kinds[:-2])
        field = lambda key, **test: m.FieldCondition(key=key, **test)
        if kind == "match":
            key, value = r.choice(
                [("city", r.choice(CITIES)), ("n", r.randint(0, 9)), ("flag", self.chance(0.5)), ("tags", r.choice("abcd")), ("meta.a", r.randint(0, 3)),
                 ("items[].k", r.randint(0, 3)), ("items[].w", r.randint(0, 3)), ("items[0].v", r.choice("xyz")), ("tags[]", r.choice("abcd"))]
            )
            return field(key, match=m.MatchValue(value=value))
        if kind == "any":
            return r.choice([lambda: field("city", match=m.MatchAny(any=r.sample(CITIES, 2))), lambda: field("n", match=m.MatchAny(any=[1, 2, 3]))])()
        if kind == "except":
            return r.choice([lambda: field("city", match=m.MatchExcept(**{"except": r.sample(CITIES, 2)})), lambda: field("tags", match=m.MatchExcept(**{"except": ["a", "b"]}))])()
        if kind == "range":
            key = r.choice(["n", "price", "meta.a", "items[].k"])
            # Both "gt" and "gte" at once: the engine heeds one of them.
            bounds = {b: r.randint(0, 9) for b in r.sample([r.choice(["gt", "gte"]), r.choice(["lt", "lte"])], r.randint(1, 2))}
            return field(key, range=m.Range(**bounds))
        if kind == "date":
            return field("when", range=m.DatetimeRange(gte=self.when(), lt=self.when() if self.chance(0.5) else None))
        if kind == "box":
            west, east = sorted(r.uniform(-20, 20) for _ in range(2))
            south, north = sorted(r.uniform(-20, 20) for _ in range(2))
            return field("loc", geo_bounding_box=m.GeoBoundingBox(top_left=m.GeoPoint(lon=west, lat=north), bottom_right=m.GeoPoint(lon=east, lat=south)))
        if kind == "radius":
            return field("loc", geo_radius=m.GeoRadius(center=m.GeoPoint(**self.geo()), radius=r.uniform(1e5, 3e6)))
        if kind == "count":
            return field(r.choice(["tags", "city", "items", "missing"]), values_count=m.ValuesCount(**{r.choice(["gt", "gte", "lt", "lte"]): r.randint(0, 3)}))
        if kind == "empty":
            return m.IsEmptyCondition(is_empty=m.PayloadField(key=r.choice(PATHS)))
        if kind == "null":
            return m.IsNullCondition(is_null=m.PayloadField(key=r.choice(PATHS)))
        if kind == "id":
            return m.HasIdCondition(has_id=self.some_ids(20))
        if kind == "vector":
            return m.HasVectorCondition(has_vector=r.choice([*VECTORS, *SPARSE]))
        if kind == "nested":
            inner = m.Filter(
                must=[m.FieldCondition(key="k", match=m.MatchValue(value=r.randint(0, 3)))],
                must_not=[m.FieldCondition(key="v", match=m.MatchValue(value=r.choice("xyz")))] if self.chance(0.5) else None,
            )
            return m.NestedCondition(nested=m.Nested(key=r.choice(["items", "items[]"]), filter=inner))
        return self.filter(depth + 1)

    def filter(self, depth=0):
        some = lambda: [self.condition(depth) for _ in range(self.r.randint(1, 2))]
        found = m.Filter()
        for clause in self.r.sample(["must", "should", "must_not", "min_should"], self.r.randint(1, 2)):
            if clause == "min_should":
                found.min_should = m.MinShould(conditions=some() + some(), min_count=self.r.randint(1, 3))
            else:
                setattr(found, clause, some())
        return found

    def maybe_filter(self, p=0.5):
        return self.filter() if self.chance(p) else None

    # --- queries

    def vector_name(self):
        return self.r.choice([*VECTORS, *(SPARSE if self.counts_frequencies else ["sparse"])])

    def example(self, name):
        names_points = self.prefetches_name_points or not self.in_prefetch
        return self.id() if names_points and self.chance(0.3) else self.vector(name)

    def vector_query(self, name):
        r = self.r
        kinds = ["nearest", "nearest", "recommend", "discover", "context"]
        if self.in_prefetch:  # many equal scores, and ranks of equals are anybody's choice
            kinds = kinds[:2] if name in SPARSE else kinds[:4]
        kind = r.choice(kinds)
        if kind == "nearest":
            return self.example(name)
        examples = lambda n: [self.example(name) for _ in range(n)]
        if kind == "recommend":
            strategy = r.choice(list(m.RecommendStrategy))
            return m.RecommendQuery(recommend=m.RecommendInput(positive=examples(r.randint(1, 3)), negative=examples(r.randint(0, 2)), strategy=strategy))
        pairs = [m.ContextPair(positive=self.example(name), negative=self.example(name)) for _ in range(r.randint(1, 3))]
        if kind == "discover":
            return m.DiscoverQuery(discover=m.DiscoverInput(target=self.example(name), context=pairs))
        return m.ContextQuery(context=pairs)

    def prefetch(self, depth=0):
        name = self.vector_name()
        nested = [self.prefetch(depth + 1)] if depth < 1 and self.chance(0.15) else None
        self.in_prefetch = True
        query = self.vector_query(name)
        self.in_prefetch = False
        return m.Prefetch(query=query, using=name, filter=self.maybe_filter(0.3), limit=self.r.randint(5, 30), prefetch=nested)

    def formula(self):
        terms = [
            m.MultExpression(mult=["$score", 0.5]), "price", 1.5,
            m.FieldCondition(key="city", match=m.MatchValue(value="Rome")),
            m.NegExpression(neg="n2"), m.AbsExpression(abs=m.SumExpression(sum=["$score[0]", -1.0])),
            m.ExpDecayExpression(exp_decay=m.DecayParamsExpression(x="price", target=4.0, scale=2.0)),
            m.GaussDecayExpression(gauss_decay=m.DecayParamsExpression(x="price", scale=3.0, midpoint=0.4)),
            m.LinDecayExpression(lin_decay=m.DecayParamsExpression(x="price", target=1.0, scale=5.0)),
            m.DivExpression(div=m.DivParams(left=1.0, right="price", by_zero_default=0.0)),
        ]
        return m.FormulaQuery(formula=m.SumExpression(sum=self.r.sample(terms, 3)), defaults={"price": 1.0, "n2": 2})

    def selectors(self):
        r = self.r
        payload = r.choice([True, False, ["city", "items[].k"], m.PayloadSelectorExclude(exclude=["meta.b", "tags"])])
        vectors = r.choice([False, False, True, ["cos", "sparse"]])
        return {"with_payload": payload, "with_vectors": vectors}
