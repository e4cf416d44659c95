"""Makes the fixtures of NeedletailEvaluationTests: `reference.json`, random runs with ties and what pytrec_eval and ir_measures say of
them, `statistics.json`, correlations, classifications and corrections by scipy, scikit-learn and statsmodels, and `tiny-benchmark`, a
benchmark in the layout of BEIR with a compressed corpus.

Usage, from the package root, with pytrec_eval(-terrier), ir_measures, cwl-eval, scipy, scikit-learn and statsmodels installed:
    python Tests/Fixtures/scripts/evaluation.py
"""

import gzip
import json
import pathlib
import random
import struct

import ir_measures
import pytrec_eval
from scipy import stats
from sklearn import metrics
from statsmodels.stats.multitest import multipletests

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
        relevant = sum(grade > 0 for grade in judgements[query].values())
        for k in CUTOFFS:
            precision, recall = row[f"P_{k}"], row[f"recall_{k}"]
            named[f"F1@{k}"] = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
            named[f"R_cap@{k}"] = precision * k / min(relevant, k) if relevant else 0.0
        result[query] = named
    add_ir_measures(result, judgements, answered)
    for k in CUTOFFS:
        for query, row in pytrec_eval.RelevanceEvaluator(judgements, {"recip_rank"}).evaluate(cut(answered, k)).items():
            result[query][f"RR@{k}"] = row["recip_rank"]
    return result


def add_ir_measures(result, judgements, run):
    """Scores are replaced by ranks in trec_eval's order first, because ir_measures breaks ties in other ways than trec_eval."""
    ranked = {query: dict(zip(documents, range(len(documents), 0, -1))) for query, documents in cut(run, 10**6).items()}
    names = {"RBP(rel=1,p=0.8)": "RBP(p=0.8)", "RBP(rel=1,p=0.5)": "RBP(p=0.5)", "Rprec": "Rprec", "SetF": "F1", "Judged@3": "Judged@3", "Judged@10": "Judged@10"}
    for theirs, ours in names.items():
        for query in result:
            result[query][ours] = 0.0
        for value in ir_measures.iter_calc([ir_measures.parse_measure(theirs)], judgements, {q: d for q, d in ranked.items() if d}):
            result[value.query_id][ours] = float(value.value)


def statistics(rng):
    """Lists with ties, classes that one side lacks, and probabilities that tie."""
    lists = []
    for size in (3, 12, 60):
        first = [round(rng.random(), 1) for _ in range(size)]
        second = [round(value + rng.gauss(0, 0.3), 1) for value in first]
        lists.append({
            "first": first, "second": second, "pearson": float(stats.pearsonr(first, second)[0]),
            "spearman": float(stats.spearmanr(first, second)[0]), "kendall": float(stats.kendalltau(first, second)[0])})
    classes = []
    for size in (1, 9, 50):
        truth = [rng.randrange(4) for _ in range(size)]
        found = [value if rng.random() < 0.6 else rng.randrange(5) for value in truth]
        scores = [round(rng.random() + (0.4 if value else 0), 1) for value in truth]
        positive = [value > 0 for value in truth]
        best = 0.0
        for threshold in set(scores):
            best = max(best, float(metrics.f1_score(positive, [score >= threshold for score in scores], zero_division=0)))
        classes.append({
            "truth": truth, "found": found, "macroF1": float(metrics.f1_score(truth, found, average="macro", zero_division=0)),
            "microF1": float(metrics.f1_score(truth, found, average="micro")), "scores": scores, "positive": positive, "bestF1": best,
            "area": float(metrics.roc_auc_score(positive, scores)) if len(set(positive)) == 2 else 0.5})
    corrections = []
    for size in (1, 5, 20):
        probabilities = [round(rng.random() ** 3, 3) for _ in range(size)]
        corrections.append({"probabilities": probabilities} | {
            ours: [float(value) for value in multipletests(probabilities, method=theirs)[1]]
            for ours, theirs in (("bonferroni", "bonferroni"), ("holm", "holm"), ("benjamini-hochberg", "fdr_bh"))})
    return {"lists": lists, "classes": classes, "corrections": corrections}


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
    (fixtures / "statistics.json").write_text(json.dumps(statistics(random.Random(21)), separators=(",", ":")))


main()
