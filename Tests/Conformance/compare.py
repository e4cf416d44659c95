"""Whether two answers are the same, equal scores in any order."""


def plain(value):
    if hasattr(value, "model_dump"):
        return plain(value.model_dump(exclude_none=True))
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if v is not None}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def close(a, b, tolerance=2e-4):
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return abs(a - b) <= tolerance * max(1.0, abs(a), abs(b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(close(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(close(x, y) for x, y in zip(a, b))
    return a == b


def ranked_difference(ours, theirs, tolerance=2e-4, skips=False):
    """Scored points: the scores have to agree place by place, and whoever is above the last score has to be there.

    With an offset those of the first score may be others, too.
    """
    a = [(p.id, p.score) for p in ours]
    b = [(p.id, p.score) for p in theirs]
    if len(a) != len(b):
        return f"{len(a)} points instead of {len(b)}: {a} instead of {b}"
    for (_, x), (_, y) in zip(a, b):
        if not close(x, y, tolerance):
            return f"scores {a} instead of {b}"
    if not a:
        return None
    last = b[-1][1]
    first = b[0][1] if skips else float("inf")
    above = lambda pairs: {str(i) for i, s in pairs if not close(s, last, tolerance) and not close(s, first, tolerance)}
    if above(a) != above(b):
        return f"points {a} instead of {b}"
    theirs_by_id = {str(p.id): p for p in theirs}
    for point in ours:
        other = theirs_by_id.get(str(point.id))
        if other is not None:
            x, y = plain({"p": point.payload, "v": point.vector}), plain({"p": other.payload, "v": other.vector})
            if not close(x, y):
                return f"contents of {point.id}: {x} instead of {y}"
    return None


def difference(ours, theirs):
    a, b = plain(ours), plain(theirs)
    return None if close(a, b) else f"{a} instead of {b}"


def same_order(ours, theirs):
    # Equal values come in the order of ids here, in any order there.
    values = lambda points: [str(p.order_value) for p in points]
    return difference(values(ours), values(theirs))


def same_groups(ours, theirs):
    if len(ours) != len(theirs):
        return f"{len(ours)} groups instead of {len(theirs)}: {plain(ours)} instead of {plain(theirs)}"
    for a, b in zip(ours, theirs):
        if not close([h.score for h in a.hits], [h.score for h in b.hits]):
            return f"group {plain(a)} instead of {plain(b)}"
    return None


def same_facets(ours, theirs):
    return difference([h.count for h in ours], [h.count for h in theirs if h.count])


def same_pairs(ours, theirs):
    if [a for a, _ in ours] != [a for a, _ in theirs]:
        return f"{ours} instead of {theirs}"
    # Rounded, scores that differ by less than the tolerance might end up a whole step apart.
    by_id = lambda pairs: sorted(pairs)
    return difference([s for _, s in by_id(ours)], [s for _, s in by_id(theirs)])
