"""The word search benchmark: Needletail, bm25s, tantivy and PISA on the same tokens.

    python lexical.py --needletail PATH-OF-needletail-bench --collections DIR [DIR ...] [--queries 1000] [--rounds 3]

Collections are directories in BEIR layout; their documents are pooled, and questions come from all of them. Texts are cut
into lower-case words without stop words here, so that every engine gets the same terms. One thread; the engines run in
turns, and the best round of each counts. Parsing of queries does not count. tantivy knows only k1 1.2 and b 0.75.
PISA runs by batch (MaxScore and block-max WAND, block SIMD-BP128), since a single call through Java takes ten milliseconds.
"""

import argparse
import gzip
import json
import os
import re
import subprocess
import tempfile
import time

STOP = set(
    "a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to "
    "was will with".split()
)


def lines(path):
    opened = gzip.open(path + ".gz", "rt") if os.path.exists(path + ".gz") else open(path)
    with opened as file:
        for line in file:
            yield json.loads(line)


def terms(text):
    return [word for word in re.findall(r"[a-z0-9]+", text.lower()) if word not in STOP]


def load(directories, query_count):
    documents, queries = [], []
    for directory in directories:
        documents += [terms(record.get("title", "") + " " + record["text"]) for record in lines(directory + "/corpus.jsonl")]
        own = [terms(record["text"]) for record in lines(directory + "/queries.jsonl")]
        queries.append([query for query in own if query])
    share = query_count // len(queries)
    return documents, [query for own in queries for query in own[:share]]


class BM25S:
    def __init__(self, documents, folder):
        import bm25s

        self.name = "bm25s (numba)"
        self.retriever = bm25s.BM25(method="lucene", k1=0.9, b=0.4, backend="numba")
        self.retriever.index(documents, show_progress=False)
        self.retriever.activate_numba_scorer()

    def run(self, queries, k):
        start = time.perf_counter()
        self.retriever.retrieve(queries, k=k, show_progress=False, n_threads=1, sorted=True)
        return time.perf_counter() - start


class Tantivy:
    name = "tantivy"

    def __init__(self, documents, folder):
        import tantivy

        self.tantivy = tantivy
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("text", tokenizer_name="whitespace", index_option="freq")
        self.schema = builder.build()
        index = tantivy.Index(self.schema)
        writer = index.writer(256 << 20, num_threads=1)
        for document in documents:
            writer.add_document(tantivy.Document(text=" ".join(document)))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self.searcher = index.searcher()

    def run(self, queries, k):
        tantivy = self.tantivy
        prepared = [
            tantivy.Query.boolean_query(
                [
                    (tantivy.Occur.Should, tantivy.Query.term_query(self.schema, "text", term, index_option="freq"))
                    for term in query
                ]
            )
            for query in queries
        ]
        start = time.perf_counter()
        for query in prepared:
            self.searcher.search(query, k, count=False)
        return time.perf_counter() - start


class Pisa:
    def __init__(self, documents, folder):
        from pyterrier_pisa import PisaIndex

        self.name = "PISA"
        self.index = PisaIndex(folder + "/pisa", stemmer="none", threads=1, overwrite=True)
        self.index.index({"docno": str(number), "text": " ".join(document)} for number, document in enumerate(documents))

    def run(self, queries, k):
        import pandas

        frame = pandas.DataFrame({"qid": [str(n) for n in range(len(queries))], "query": [" ".join(q) for q in queries]})
        best = 1e9
        for algorithm in ("block_max_wand", "maxscore", "block_max_maxscore"):
            retrieve = self.index.bm25(k1=0.9, b=0.4, num_results=k, query_algorithm=algorithm, threads=1)
            start = time.perf_counter()
            retrieve(frame)
            best = min(best, time.perf_counter() - start)
        return best


class Needletail:
    def __init__(self, program, algorithm, documents, queries, folder):
        self.name = f"Needletail ({algorithm})"
        self.program = program
        self.algorithm = algorithm
        self.folder = folder
        for name, texts in (("documents", documents), ("queries", queries)):
            with open(f"{folder}/{name}.txt", "w") as file:
                file.writelines(" ".join(text) + "\n" for text in texts)

    def run(self, queries, k):
        printed = subprocess.run(
            [
                *[self.program, "lexical", "--documents", self.folder + "/documents.txt"],
                *["--queries", self.folder + "/queries.txt", "--index", self.folder + "/lexical.index", "--limit", str(k)],
                *["--algorithm", self.algorithm],
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        return float(re.search(r"([0-9.]+) seconds", printed).group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--needletail", required=True)
    parser.add_argument("--collections", nargs="+", required=True)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    documents, queries = load(arguments.collections, arguments.queries)
    mean = sum(map(len, queries)) / len(queries)
    print(f"{len(documents)} documents, {len(queries)} queries of {mean:.1f} terms", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        engines = [
            Needletail(arguments.needletail, algorithm, documents, queries, folder) for algorithm in ("maxscore", "block-max-wand")
        ]
        for make in (BM25S, Tantivy, Pisa):
            start = time.perf_counter()
            try:
                engines.append(make(documents, folder))
                print(f"{engines[-1].name}: indexed in {time.perf_counter() - start:.1f} s", flush=True)
            except Exception as error:
                print(f"{make.__name__} cannot be measured: {error}", flush=True)
        for k in (10, 1000):
            times = {}
            for _ in range(arguments.rounds):
                for engine in engines:
                    times.setdefault(engine.name, []).append(engine.run(queries, k))
            for name, measured in times.items():
                print(f"top {k}: {name}: {len(queries) / min(measured):.0f} queries/s", flush=True)


if __name__ == "__main__":
    main()
