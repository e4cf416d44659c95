"""Random ids, vectors and payloads, as objects of the client's models."""

import random
import uuid

from qdrant_client import models as m

from filters import Filters
from queries import Queries

VECTORS = {
    "cos": m.VectorParams(size=6, distance=m.Distance.COSINE),
    "dot": m.VectorParams(size=5, distance=m.Distance.DOT),
    "euc": m.VectorParams(size=4, distance=m.Distance.EUCLID),
    "man": m.VectorParams(size=4, distance=m.Distance.MANHATTAN),
    "multi": m.VectorParams(
        size=3, distance=m.Distance.DOT, multivector_config=m.MultiVectorConfig(comparator=m.MultiVectorComparator.MAX_SIM)
    ),
    "late": m.VectorParams(
        size=3, distance=m.Distance.COSINE, multivector_config=m.MultiVectorConfig(comparator=m.MultiVectorComparator.MAX_SIM)
    ),
}
SPARSE = {"sparse": m.SparseVectorParams(), "idf": m.SparseVectorParams(modifier=m.Modifier.IDF)}
NAMES = [*VECTORS, *SPARSE]
INDEXES = {
    "city": m.PayloadSchemaType.KEYWORD,
    "n": m.PayloadSchemaType.INTEGER,
    "price": m.PayloadSchemaType.FLOAT,
    "when": m.PayloadSchemaType.DATETIME,
    "flag": m.PayloadSchemaType.BOOL,
    "meta.a": m.PayloadSchemaType.INTEGER,
    "text": m.TextIndexParams(type="text", phrase_matching=True, scoring=True),
}
CITIES = ["Berlin", "Paris", "Rome", "Oslo", "São Paulo"]
WORDS = ["red", "Shoes", "blue", "hat", "green", "Coat", "running", "big", "Rose-gold"]


class Generator(Filters, Queries):
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.in_prefetch = False
        self.in_change = False
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
        if name in ("multi", "late"):
            return [self.dense(size) for _ in range(self.r.randint(1, 3))]
        return self.dense(size)

    def vectors(self, most=True):
        return {name: self.vector(name) for name in NAMES if self.chance(0.85 if most else 0.4)}

    # --- payload

    def geo(self):
        return {"lon": round(self.r.uniform(-20, 20), 3), "lat": round(self.r.uniform(-20, 20), 3)}

    def when(self):
        day = f"20{self.r.randint(10, 24)}-{self.r.randint(1, 12):02}-{self.r.randint(1, 28):02}"
        return day + self.r.choice(["T10:11:12Z", "T23:00:00+02:00", "T01:02:03.5Z"])

    def item(self):
        return {"k": self.r.randint(0, 3), "v": self.r.choice("xyz"), "w": [self.r.randint(0, 3) for _ in range(self.r.randint(0, 3))]}

    def words(self, most=4):
        return " ".join(self.r.choices(WORDS, k=self.r.randint(1, most)))

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
            "text": self.words,
            "note": lambda: r.choice([self.words(), [self.words(2), self.words(2)]]),
        }
        found = {}
        # A null in "set payload" removes a member; in an upsert it stays.
        for key, make in options.items():
            if self.chance(0.75):
                found[key] = make()
            elif key != "price" and self.chance(0.2):  # formulas over null: the oracles disagree
                found[key] = None
        return found

    def point(self, id=None):
        return m.PointStruct(id=self.id() if id is None else id, vector=self.vectors(), payload=self.payload())

    def selectors(self):
        r = self.r
        payload = r.choice([True, False, ["city", "items[].k"], m.PayloadSelectorExclude(exclude=["meta.b", "tags"])])
        vectors = r.choice([False, False, True, ["cos", "sparse"]])
        return {"with_payload": payload, "with_vectors": vectors}
