"""Where the other engines are known to depart from the interface; each reason is explained in the compatibility table."""

from qdrant_client import models as m

import compare

SPARSE = ("sparse", "idf")


def parts(value):
    """Everything in an argument, at any depth."""
    yield value
    if hasattr(type(value), "model_fields"):
        for name in type(value).model_fields:
            yield from parts(getattr(value, name))
    elif isinstance(value, dict):
        for inner in value.values():
            yield from parts(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from parts(inner)


def fields(argument):
    """The names of all vectors that are asked for."""
    found = {argument.get("using")} if isinstance(argument, dict) else set()
    return found | {p.using for p in parts(argument) if isinstance(p, (m.Prefetch, m.QueryRequest))}


def names_points(query):
    return any(isinstance(part, (int, str)) and not isinstance(part, bool) for part in examples(query))


def examples(query):
    """What stands for vectors in a query."""
    if isinstance(query, (int, str)):
        return [query]
    if isinstance(query, m.NearestQuery):
        return [query.nearest]
    if isinstance(query, m.RecommendQuery):
        return [*(query.recommend.positive or []), *(query.recommend.negative or [])]
    if isinstance(query, m.DiscoverQuery):
        return [query.discover.target, *(v for p in query.discover.context for v in (p.positive, p.negative))]
    if isinstance(query, m.ContextQuery):
        return [v for p in query.context for v in (p.positive, p.negative)]
    if isinstance(query, m.RelevanceFeedbackQuery):
        return [query.relevance_feedback.target, *(i.example for i in query.relevance_feedback.feedback)]
    return []


def finds_replaced(test):
    """Whether the engine finds points, at this moment, by sparse vectors other than those that it gives for them itself."""
    edge = test.oracles["edge"]
    points = edge.scroll("conformance", limit=1000, with_payload=False, with_vectors=["sparse"])[0]
    own = {str(p.id): set(p.vector["sparse"].indices) for p in points if "sparse" in (p.vector or {})}
    for dimension in range(12):
        query = m.SparseVector(indices=[dimension], values=[1.0])
        found = {str(p.id) for p in edge.query_points("conformance", query=query, using="sparse", limit=200, with_payload=False).points}
        if found != {i for i, indices in own.items() if dimension in indices}:
            return True
    return False


def has_parted(test):
    """Whether the engine holds a point otherwise than both others do, which agree: it did not carry out a change as they did."""
    if "memory" not in test.oracles:
        return False
    everything = lambda client: client.scroll("conformance", limit=1000, with_vectors=True)[0]
    ours = everything(test.ours)
    return compare.difference(ours, everything(test.oracles["memory"])) is None and compare.difference(ours, everything(test.oracles["edge"])) is not None


def leaves_filter(oracle, operation, test):
    """Whether an answer of the engine holds points that, by its own account, do not satisfy the filter of the query."""
    argument = operation.argument
    if not isinstance(argument, dict):
        return False
    prefetches = argument.get("prefetch") or []
    filters = [f for f in [argument.get("query_filter"), prefetches[0].filter if len(prefetches) == 1 else None] if f]
    if not filters:
        return False
    client = test.oracles[oracle]
    try:
        answer = operation.call(client, argument)
    except Exception:
        return False
    points = getattr(answer, "points", answer)
    found = {str(p.id) for p in points if hasattr(p, "id")} if isinstance(points, list) else set()
    allowed = client.scroll("conformance", scroll_filter=m.Filter(must=filters), limit=1000, with_payload=False)[0]
    return not found <= {str(p.id) for p in allowed}


def has_ties(test, argument, outer=None):
    """Whether a prefetch ranks points that score alike, whose order is anybody's choice."""
    outer = [f for f in [outer, argument.get("query_filter")] if f]
    for p in argument.get("prefetch") or []:
        filters = m.Filter(must=outer + ([p.filter] if p.filter else []))
        options = dict(query=p.query, using=p.using, query_filter=filters, prefetch=p.prefetch, score_threshold=p.score_threshold)
        try:
            scores = [point.score for point in test.ours.query_points("conformance", limit=p.limit + 1, with_payload=False, **options).points]
        except Exception:
            continue
        if any(abs(a - b) <= 1e-6 * max(1, abs(a)) for a, b in zip(scores, scores[1:])):
            return True
        if any(has_ties(test, {"prefetch": [inner]}, filters) for inner in p.prefetch or []):
            return True
    return False


def reason(oracle, operation, message, test):
    """Why the oracle is known to differ here; nil if it is not."""
    argument = operation.argument
    prefetches = [p for p in parts(argument) if isinstance(p, m.Prefetch)]
    if leaves_filter(oracle, operation, test):
        return "points that the filter excludes are among the answers"
    if oracle == "edge":
        if "idf" in fields(argument):
            return "inverse document frequencies count points that were replaced"
        if "cancelled" in message:
            return "distances from places end the engine's work where a point has null"
        if "vector data config for vector sparse" in message:
            return "diversity over sparse vectors is refused"
        if ("sparse" in fields(argument) or operation.kind == "many") and finds_replaced(test):
            return "a sparse vector that was deleted or replaced is found"
        if has_parted(test):
            return "a point that the engine holds otherwise than both others"
    if oracle == "memory":
        if any(names_points(p.query) for p in prefetches):
            return "points that a prefetch names are among the answers"
        if any(p.prefetch and p.filter for p in prefetches) or (isinstance(argument, dict) and argument.get("query_filter") and any(p.prefetch for p in prefetches)):
            return "filters are not handed down to earlier stages"
        if any(isinstance(part, m.DatetimeKeyExpression | m.GeoDistance) for part in parts(argument)):
            return "a stored null is no default in formulas over dates and places"
        if operation.kind == "groups" and prefetches:
            return "groups lift the limits of prefetches"
    if prefetches and isinstance(argument, dict) and has_ties(test, argument):
        return "equal scores in a prefetch"
    return None
