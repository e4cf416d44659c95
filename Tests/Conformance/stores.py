"""Runs LangChain's and LlamaIndex's stores for Qdrant, as they are, against a server.

    pip install langchain-qdrant llama-index-vector-stores-qdrant
    python stores.py --server .build/release/needletail

A store whose package is missing is left out, which is said. Vectors are made here of letters, so no model is needed.
"""

import argparse
import subprocess
import tempfile
import time
import warnings

from qdrant_client import QdrantClient, models as m

warnings.filterwarnings("ignore")
TEXTS = ["the swift is fast", "bread needs yeast", "a swift sleeps in flight", "rye bread is dark", "tides follow the moon"]
TOPICS = ["bird", "food", "bird", "food", "sea"]


def embed(text):
    """How often each letter occurs, at unit length."""
    counts = [float(text.count(chr(97 + i))) + 0.01 for i in range(26)]
    length = sum(c * c for c in counts) ** 0.5
    return [c / length for c in counts]


def check_langchain(client):
    from langchain_core.documents import Document
    from langchain_core.embeddings import Embeddings
    from langchain_qdrant import FastEmbedSparse, QdrantVectorStore, RetrievalMode, SparseEmbeddings  # noqa: F401: part of the surface
    from langchain_qdrant.sparse_embeddings import SparseVector

    class Letters(Embeddings):
        def embed_documents(self, texts):
            return [embed(t) for t in texts]

        def embed_query(self, text):
            return embed(text)

    class Words(SparseEmbeddings):
        def embed_documents(self, texts):
            return [self.embed_query(t) for t in texts]

        def embed_query(self, text):
            words = sorted({sum(map(ord, w)) for w in text.split()})
            return SparseVector(indices=words, values=[1.0] * len(words))

    def use(mode):
        name = f"langchain-{mode.value}"
        if client.collection_exists(name):
            client.delete_collection(name)
        dense = {} if mode == RetrievalMode.SPARSE else {"vectors_config": {"dense": m.VectorParams(size=26, distance=m.Distance.COSINE)}}
        client.create_collection(name, sparse_vectors_config={"sparse": m.SparseVectorParams()}, **dense)
        store = QdrantVectorStore(
            client=client, collection_name=name, embedding=Letters(), sparse_embedding=Words(), retrieval_mode=mode, vector_name="dense", sparse_vector_name="sparse")
        ids = store.add_documents([Document(page_content=t, metadata={"topic": topic, "n": n}) for n, (t, topic) in enumerate(zip(TEXTS, TOPICS))])
        assert len(ids) == 5 and client.count(name).count == 5
        found = store.similarity_search_with_score("the swift is fast", k=3)
        assert found[0][0].page_content == TEXTS[0], found
        only_food = m.Filter(must=[m.FieldCondition(key="metadata.topic", match=m.MatchValue(value="food"))])
        assert {d.metadata["topic"] for d in store.similarity_search("bread is dark", k=5, filter=only_food)} == {"food"}
        assert [d.metadata["n"] for d in store.get_by_ids([ids[4]])] == [4]
        if mode == RetrievalMode.DENSE:
            assert len(store.max_marginal_relevance_search("swift", k=3, fetch_k=5)) == 3
            assert len(store.similarity_search_by_vector(embed("moon"), k=2)) == 2
            assert store.as_retriever(search_kwargs={"k": 1}).invoke("tides follow the moon")[0].page_content == TEXTS[4]
        store.delete([ids[0]])
        assert client.count(name).count == 4
        return f"{name} ({len(found)} found)"

    return [use(mode) for mode in (RetrievalMode.DENSE, RetrievalMode.SPARSE, RetrievalMode.HYBRID)]


def check_llama_index(client):
    from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
    from llama_index.core.vector_stores.types import FilterOperator, MetadataFilter, MetadataFilters, VectorStoreQuery, VectorStoreQueryMode
    from llama_index.vector_stores.qdrant import QdrantVectorStore

    def terms(texts):
        rows = [sorted({sum(map(ord, w)) for w in t.split()}) for t in texts]
        return rows, [[1.0] * len(r) for r in rows]

    done = []
    for hybrid in (False, True):
        name = f"llama-{'hybrid' if hybrid else 'dense'}"
        if client.collection_exists(name):
            client.delete_collection(name)
        options = dict(enable_hybrid=True, sparse_doc_fn=terms, sparse_query_fn=terms) if hybrid else {}
        store = QdrantVectorStore(collection_name=name, client=client, **options)
        nodes = [
            TextNode(text=t, metadata={"topic": topic, "n": n}, embedding=embed(t), relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=f"doc-{n % 2}")})
            for n, (t, topic) in enumerate(zip(TEXTS, TOPICS))
        ]
        ids = store.add(nodes)
        assert len(ids) == 5
        mode = VectorStoreQueryMode.HYBRID if hybrid else VectorStoreQueryMode.DEFAULT
        ask = lambda text, **more: store.query(VectorStoreQuery(query_embedding=embed(text), query_str=text, similarity_top_k=3, sparse_top_k=3, mode=mode, **more))
        assert ask(TEXTS[2]).nodes[0].text == TEXTS[2]
        filters = MetadataFilters(filters=[MetadataFilter(key="topic", value="food"), MetadataFilter(key="n", value=1, operator=FilterOperator.GT)])
        assert [n.metadata["n"] for n in ask("bread", filters=filters).nodes] == [3]
        assert len(store.get_nodes([ids[1]])) == 1
        store.delete("doc-1")
        assert client.count(name).count == 3
        store.delete_nodes([ids[0]])
        assert client.count(name).count == 2
        store.clear()
        done.append(name)
    return done


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True)
    parser.add_argument("--port", type=int, default=6396)
    arguments = parser.parse_args()
    process = subprocess.Popen([arguments.server, "serve", "--port", str(arguments.port), "--data", tempfile.mkdtemp()], stdout=subprocess.DEVNULL)
    try:
        client = QdrantClient(url=f"http://127.0.0.1:{arguments.port}", check_compatibility=False)
        for _ in range(100):
            try:
                client.get_collections()
                break
            except Exception:
                time.sleep(0.1)
        for check in (check_langchain, check_llama_index):
            try:
                print(f"{check.__name__}: {', '.join(check(client))}")
            except ImportError as error:
                print(f"{check.__name__}: left out, {error}")
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
