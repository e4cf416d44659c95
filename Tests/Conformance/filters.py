"""Random filters: every kind of condition, nested ones included."""

from qdrant_client import models as m

PATHS = ["city", "n", "price", "flag", "tags", "loc", "when", "items", "meta.a", "items[].k", "missing", "meta", "text", "note"]
CITIES = ["Berlin", "Paris", "Rome", "Oslo", "São Paulo"]


class Filters:
    """Conditions over the payload that `Generator` makes."""

    def condition(self, depth=0):
        kinds = [
            self.value, self.value, self.any, self.other_than, self.numbers, self.numbers, self.dates, self.box, self.radius, self.polygon,
            self.values_count, self.text, self.beginning, self.emptiness, self.named_ids, self.slice, self.has_vector,
        ]
        if depth < 2:
            kinds += [self.nested, lambda: self.filter(depth + 1)]
        return self.r.choice(kinds)()

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

    # --- conditions

    def value(self):
        r = self.r
        key, value = r.choice(
            [("city", r.choice(CITIES)), ("n", r.randint(0, 9)), *self.flags(), ("tags", r.choice("abcd")), ("meta.a", r.randint(0, 3)),
             ("items[].k", r.randint(0, 3)), ("items[].w", r.randint(0, 3)), ("items[0].v", r.choice("xyz")), ("tags[]", r.choice("abcd"))]
        )
        return m.FieldCondition(key=key, match=m.MatchValue(value=value))

    def flags(self):
        """Conditions on booleans, which the engine's binding takes for integers: none where both have to answer."""
        return [] if self.in_change else [("flag", self.chance(0.5))]

    def any(self):
        key, values = self.r.choice([("city", self.r.sample(CITIES, 2)), ("n", [1, 2, 3]), ("tags", ["a", "d"]), ("items[].v", ["x"])])
        return m.FieldCondition(key=key, match=m.MatchAny(any=values))

    def other_than(self):
        key, values = self.r.choice([("city", self.r.sample(CITIES, 2)), ("tags", ["a", "b"]), ("n", [0, 1, 2, 3]), ("items[].v", ["x"])])
        return m.FieldCondition(key=key, match=m.MatchExcept(**{"except": values}))

    def numbers(self):
        r = self.r
        # Both "gt" and "gte" at once: the engine heeds one of them.
        bounds = {b: r.randint(0, 9) for b in r.sample([r.choice(["gt", "gte"]), r.choice(["lt", "lte"])], r.randint(1, 2))}
        return m.FieldCondition(key=r.choice(["n", "price", "meta.a", "items[].k"]), range=m.Range(**bounds))

    def dates(self):
        return m.FieldCondition(key="when", range=m.DatetimeRange(gte=self.when(), lt=self.when() if self.chance(0.5) else None))

    def box(self):
        west, east = sorted(self.r.uniform(-20, 20) for _ in range(2))
        south, north = sorted(self.r.uniform(-20, 20) for _ in range(2))
        box = m.GeoBoundingBox(top_left=m.GeoPoint(lon=west, lat=north), bottom_right=m.GeoPoint(lon=east, lat=south))
        return m.FieldCondition(key="loc", geo_bounding_box=box)

    def radius(self):
        return m.FieldCondition(key="loc", geo_radius=m.GeoRadius(center=m.GeoPoint(**self.geo()), radius=self.r.uniform(1e5, 3e6)))

    def polygon(self):
        r = self.r

        def ring(low, high):
            corners = [(-r.uniform(low, high), -r.uniform(low, high)), (r.uniform(low, high), -r.uniform(low, high)),
                       (r.uniform(low, high), r.uniform(low, high)), (-r.uniform(low, high), r.uniform(low, high))]
            points = [m.GeoPoint(lon=x, lat=y) for x, y in corners]
            return m.GeoLineString(points=points + points[:1])

        polygon = m.GeoPolygon(exterior=ring(8, 20), interiors=[ring(1, 6)] if self.chance(0.5) else None)
        return m.FieldCondition(key="loc", geo_polygon=polygon)

    def values_count(self):
        bounds = {self.r.choice(["gt", "gte", "lt", "lte"]): self.r.randint(0, 3)}
        return m.FieldCondition(key=self.r.choice(["tags", "city", "items", "missing"]), values_count=m.ValuesCount(**bounds))

    def text(self):
        words = self.words(2)
        test = self.r.choice([m.MatchText(text=words), m.MatchTextAny(text_any=words), m.MatchPhrase(phrase=words)])
        return m.FieldCondition(key=self.r.choice(["text", "note"]), match=test)

    def beginning(self):
        key, part = self.r.choice([("city", "Ro"), ("city", "P"), ("city", "o"), ("tags", "a"), ("text", "red"), ("note", "hat"), ("city", "")])
        test = m.MatchPrefix(prefix=part) if self.chance(0.5) else m.MatchSubstring(substring=part)
        return m.FieldCondition(key=key, match=test)

    def emptiness(self):
        key = self.r.choice(PATHS)
        return self.r.choice([
            m.IsEmptyCondition(is_empty=m.PayloadField(key=key)), m.IsNullCondition(is_null=m.PayloadField(key=key)),
            m.FieldCondition(key=key, is_empty=self.chance(0.5)), m.FieldCondition(key=key, is_null=self.chance(0.5)),
        ])

    def named_ids(self):
        return m.HasIdCondition(has_id=self.some_ids(20))

    def slice(self):
        total = self.r.randint(1, 4)
        return m.SliceCondition(slice=m.Slice(total=total, index=self.r.randrange(total)))

    def has_vector(self):
        return m.HasVectorCondition(has_vector=self.vector_name())

    def nested(self):
        inner = m.Filter(
            must=[m.FieldCondition(key="k", match=m.MatchValue(value=self.r.randint(0, 3)))],
            must_not=[m.FieldCondition(key="v", match=m.MatchValue(value=self.r.choice("xyz")))] if self.chance(0.5) else None,
            should=[m.FieldCondition(key="w", range=m.Range(gte=2)), m.FieldCondition(key="w", values_count=m.ValuesCount(lt=2))] if self.chance(0.3) else None,
        )
        return m.NestedCondition(nested=m.Nested(key=self.r.choice(["items", "items[]"]), filter=inner))
