"""Makes the fixtures of NeedletailEvaluationTests: `reference.json`, random runs with ties and what pytrec_eval says of them, and
`tiny-benchmark`, a benchmark in the layout of BEIR with a compressed corpus.

Usage, from the package root, with pytrec_eval(-terrier) and scipy installed:
    python Tests/Fixtures/scripts/evaluation.py
"""

import gzip
import json
import pathlib
import random
import struct

import pytrec_eval
from scipy import stats

CUTOFFS = (1, 3, 5, 10, 100)
NAMES = {"ndcg_cut": "nDCG", "map_cut": "AP", "recall": "R", "P": "P", "success": "Success"}


def random_case(rng):
    """Scores that tie exactly, that tie only in single precision, unjudged and unretrieved documents, odd identifiers."""
    documents = [f"d{n}" for n in range(25)] + ["D1", "a-b", "ä", "文", "\U0001f600", "\uffff", "10", "9"]
    judgements, run = {}, {}
    for number in range(16):
        query = f"q{number}"
        judged = rng.sample(documents, rng.randint(1, 20))
        grades = [0, 0, 1] if number % 3 else [-1, 0, 0, 1, 2, 3]
        judgements[query] = {d: rng.choice(grades) for d in judged}
        if number == 5:
            judgements[query] = {d: 0 for d in judged}
        if number == 7:
            continue
        scores = [0.5, 0.25, 1.0, 1.0 + 1e-9, -3.0, 0.0, -0.0] if number % 2 else [rng.random() for _ in range(9)]
        retrieved = rng.sample(documents, rng.randint(0 if number == 9 else 1, len(documents)))
        run[query] = {d: rng.choice(scores) for d in retrieved}
    return judgements, run


def cut(run, k):
    """The first k of each ranking by trec_eval's order; recip_rank itself has no cut-off."""
    def key(item):
        return (struct.unpack("f", struct.pack("f", item[1]))[0], item[0].encode())
    return {q: dict(sorted(docs.items(), key=key, reverse=True)[:k]) for q, docs in run.items()}


def expected(judgements, run):
    answered = {q: run.get(q, {}) for q in judgements}
    cuts = ",".join(map(str, CUTOFFS))
    measures = {f"{name}.{cuts}" for name in NAMES} | {"ndcg", "map", "recip_rank"}
    values = pytrec_eval.RelevanceEvaluator(judgements, measures).evaluate(answered)
    result = {}
    for query, row in values.items():
        named = {"nDCG": row["ndcg"], "AP": row["map"], "RR": row["recip_rank"]}
        for theirs, ours in NAMES.items():
            for k in CUTOFFS:
                named[f"{ours}@{k}"] = row[f"{theirs}_{k}"]
        result[query] = named
    for k in CUTOFFS:
        for query, row in pytrec_eval.RelevanceEvaluator(judgements, {"recip_rank"}).evaluate(cut(answered, k)).items():
            result[query][f"RR@{k}"] = row["recip_rank"]
    return result


CORPUS = [
    {"_id": "apple", "title": "Apple", "text": "A fruit that grows on trees.", "metadata": {"year": 1990, "tags": ["fruit"]}},
    {"_id": "bus", "title": "", "text": "A vehicle for many people."},
    {"_id": "\u010d 1", "text": "No title at all \u2014 but accents: \u00e9."},
]
QUERIES = [
    {"_id": "1", "text": "what grows on trees"},
    {"_id": "2", "text": "how do many people travel", "metadata": {"split": "test"}},
    {"_id": "3", "text": "a question of another split"},
]
QRELS = "query-id\tcorpus-id\tscore\n1\tapple\t2\n1\tbus\t0\n2\tbus\t1\n2\tgone\t1\n"


def write_benchmark(folder):
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    lines = lambda records: "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    (folder / "corpus.jsonl.gz").write_bytes(gzip.compress(lines(CORPUS).encode(), mtime=0))
    (folder / "queries.jsonl").write_text(lines(QUERIES))
    (folder / "qrels" / "test.tsv").write_text(QRELS)


def main():
    rng = random.Random(20)
    cases = []
    for _ in range(3):
        judgements, run = random_case(rng)
        cases.append({"judgements": judgements, "run": run, "expected": expected(judgements, run)})
    comparisons = []
    for size in (2, 5, 12, 60):
        first = [round(rng.random(), 3) for _ in range(size)]
        second = [round(min(1, max(0, value + rng.gauss(0.05, 0.15))), 3) for value in first]
        result = stats.ttest_rel(second, first)
        exact = stats.permutation_test(
            ([b - a for a, b in zip(first, second)],), lambda d: abs(sum(d)), permutation_type="samples",
            alternative="greater", n_resamples=200_000 if size > 16 else 2**17, random_state=1)
        comparisons.append(
            {"first": first, "second": second, "t": float(result.pvalue), "randomization": float(exact.pvalue)})
    fixtures = pathlib.Path("Tests/NeedletailEvaluationTests/Fixtures")
    write_benchmark(fixtures / "tiny-benchmark")
    (fixtures / "reference.json").write_text(json.dumps({"cases": cases, "comparisons": comparisons}, ensure_ascii=False, separators=(",", ":")))


main()
