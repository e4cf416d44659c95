"""Random queries: every kind, with prefetches and formulas."""

from qdrant_client import models as m


class Queries:
    """Queries over the vectors that `Generator` makes."""

    def vector_name(self):
        return self.r.choice(["cos", "dot", "euc", "man", "multi", "late", "sparse", "idf"])

    def example(self, name):
        return self.id() if self.chance(0.3) else self.vector(name)

    def examples(self, name, least, most):
        return [self.example(name) for _ in range(self.r.randint(least, most))]

    def vector_query(self, name):
        kinds = ["nearest", "nearest", "recommend", "discover", "context", "feedback", "diverse"]
        if self.in_prefetch:  # ranks of equal scores are anybody's choice
            kinds = ["nearest", "nearest", "recommend"] if name in ("sparse", "idf") else ["nearest", "nearest", "recommend", "discover"]
        return getattr(self, self.r.choice(kinds))(name)

    def nearest(self, name):
        return self.example(name)

    def recommend(self, name):
        strategy = self.r.choice(list(m.RecommendStrategy))
        least = 1 if strategy == m.RecommendStrategy.AVERAGE_VECTOR else 0
        positive, negative = self.examples(name, least, 3), self.examples(name, 0, 2)
        if not positive and not negative:
            negative = [self.example(name)]
        return m.RecommendQuery(recommend=m.RecommendInput(positive=positive, negative=negative, strategy=strategy))

    def pairs(self, name):
        return [m.ContextPair(positive=self.example(name), negative=self.example(name)) for _ in range(self.r.randint(1, 3))]

    def discover(self, name):
        return m.DiscoverQuery(discover=m.DiscoverInput(target=self.example(name), context=self.pairs(name)))

    def context(self, name):
        return m.ContextQuery(context=self.pairs(name))

    def feedback(self, name):
        items = [m.FeedbackItem(example=self.example(name), score=round(self.r.uniform(0, 1), 2)) for _ in range(self.r.randint(1, 3))]
        weights = m.NaiveFeedbackStrategyParams(a=round(self.r.uniform(0.1, 1), 2), b=1.0, c=round(self.r.uniform(0.1, 1), 2))
        return m.RelevanceFeedbackQuery(
            relevance_feedback=m.RelevanceFeedbackInput(target=self.example(name), feedback=items, strategy=m.NaiveFeedbackStrategy(naive=weights)))

    def diverse(self, name):
        mmr = m.Mmr(diversity=round(self.r.uniform(0.05, 0.95), 2), candidates_limit=self.r.randint(20, 60))
        return m.NearestQuery(nearest=self.example(name), mmr=mmr)

    def fusion(self):
        weights = [round(self.r.uniform(0.2, 3), 2) for _ in range(2)]
        return self.r.choice([
            m.FusionQuery(fusion=m.Fusion.RRF), m.FusionQuery(fusion=m.Fusion.DBSF), m.RrfQuery(rrf=m.Rrf(k=self.r.randint(1, 60))),
            m.RrfQuery(rrf=m.Rrf(weights=weights)), m.RrfQuery(rrf=m.Rrf(k=self.r.randint(1, 60), weights=weights)),
        ])

    def prefetch(self, depth=0):
        name = self.vector_name()
        if depth < 1 and self.chance(0.15):
            inner = [self.prefetch(depth + 1), self.prefetch(depth + 1)]
            if self.chance(0.5):
                return m.Prefetch(query=self.fusion(), prefetch=inner, limit=self.r.randint(5, 30), filter=self.maybe_filter(0.2))
            return m.Prefetch(query=self.vector(name), using=name, prefetch=inner, limit=self.r.randint(5, 30), filter=self.maybe_filter(0.2))
        self.in_prefetch = True
        query = self.vector_query(name)
        self.in_prefetch = False
        threshold = round(self.r.uniform(-0.5, 1.5), 2) if self.chance(0.15) and not isinstance(query, (m.RecommendQuery, m.DiscoverQuery)) else None
        return m.Prefetch(query=query, using=name, filter=self.maybe_filter(0.3), limit=self.r.randint(5, 30), score_threshold=threshold)

    # --- formulas

    def term(self, depth=0):
        r = self.r
        go = lambda: self.term(depth + 1)
        leaves = [
            lambda: "$score", lambda: "$score[0]", lambda: "price", lambda: "n2", lambda: round(r.uniform(-2, 2), 2),
            lambda: m.FieldCondition(key="city", match=m.MatchValue(value="Rome")), lambda: self.condition(2),
            lambda: m.ExpDecayExpression(exp_decay=m.DecayParamsExpression(x="price", target=4.0, scale=2.0)),
            lambda: m.GaussDecayExpression(gauss_decay=m.DecayParamsExpression(x="price", scale=3.0, midpoint=0.4)),
            lambda: m.LinDecayExpression(lin_decay=m.DecayParamsExpression(x="price", target=1.0, scale=5.0)),
            lambda: m.MultExpression(mult=[m.GeoDistance(geo_distance=m.GeoDistanceParams(origin=m.GeoPoint(**self.geo()), to="loc")), 1e-6]),
            lambda: m.ExpDecayExpression(exp_decay=m.DecayParamsExpression(
                x=m.DatetimeKeyExpression(datetime_key="when"), target=m.DatetimeExpression(datetime="2018-01-01T00:00:00Z"), scale=86400.0 * 900)),
        ]
        if depth >= 2:
            return r.choice(leaves)()
        inner = [
            lambda: m.SumExpression(sum=[go(), go()]), lambda: m.MultExpression(mult=[go(), go()]), lambda: m.NegExpression(neg=go()),
            lambda: m.AbsExpression(abs=go()), lambda: m.SqrtExpression(sqrt=m.AbsExpression(abs=go())),
            lambda: m.DivExpression(div=m.DivParams(left=go(), right="price", by_zero_default=0.0)),
            lambda: m.PowExpression(pow=m.PowParams(base=m.AbsExpression(abs=go()), exponent=2.0)),
            lambda: m.LnExpression(ln=m.SumExpression(sum=[1.0, m.AbsExpression(abs=go())])),
            lambda: m.Log10Expression(log10=m.SumExpression(sum=[1.0, m.AbsExpression(abs=go())])),
            lambda: m.MaxExpression(max=[go(), go()]), lambda: m.MinExpression(min=[go(), go()]),
            lambda: m.AcoshExpression(acosh=m.SumExpression(sum=[1.0, m.AbsExpression(abs=go())])),
        ]
        return r.choice(leaves + inner)()

    def formula(self):
        defaults = {"price": 1.0, "n2": 2, "loc": {"lon": 1.0, "lat": 2.0}, "when": "2020-01-01T00:00:00Z"}
        return m.FormulaQuery(formula=m.SumExpression(sum=["$score", self.term(), self.term()]), defaults=defaults)
