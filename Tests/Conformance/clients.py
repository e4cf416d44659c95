"""Talks to a server through the official clients for embeddings (`openai`) and tools (`mcp`).

    python clients.py --server .build/release/needletail --data DIR

DIR is a data directory in which the standard model was fetched (`needletail model fetch --data DIR`).
"""

import argparse
import asyncio
import subprocess
import time

import openai
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


def check_embeddings(url):
    client = openai.OpenAI(base_url=url + "/v1", api_key="none")
    model = client.models.list().data[0].id
    texts = ["a swift in flight", "bread rises because of yeast", "a bird that flies"]
    plain = client.embeddings.create(model=model, input=texts, encoding_format="float").data
    packed = client.embeddings.create(model=model, input=texts).data  # base64 on the wire
    assert len(plain) == 3 and all(abs(a - b) < 1e-6 for x, y in zip(plain, packed) for a, b in zip(x.embedding, y.embedding))
    dot = lambda x, y: sum(a * b for a, b in zip(plain[x].embedding, plain[y].embedding))
    assert dot(0, 2) > dot(0, 1)
    # Tokens of the model: of MiniLM's vocabulary "a swift in flight" is these.
    tokens = client.embeddings.create(model=model, input=[1037, 9170, 1999, 3462], encoding_format="float").data[0].embedding
    assert sum(a * b for a, b in zip(tokens, plain[0].embedding)) > 0.999
    assert len(client.embeddings.create(model=model, input=[[1037], [9170, 1999]]).data) == 2
    short = client.embeddings.create(model=model, input="a", dimensions=64).data[0].embedding
    assert len(short) == 64 and abs(sum(a * a for a in short) - 1) < 1e-3
    try:
        client.embeddings.create(model="none", input="a")
        raise AssertionError("an unknown model was accepted")
    except openai.NotFoundError:
        pass
    print(f"openai: {model}, {len(plain[0].embedding)} dimensions")


async def use(session):
    await session.initialize()
    names = [t.name for t in (await session.list_tools()).tools]
    assert names == ["search", "similar", "store"], names
    stored = await session.call_tool("store", {"text": "The needletail is the fastest bird in level flight.", "id": "needletail", "collection": "mcp"})
    assert not getattr(stored, "isError", getattr(stored, "is_error", None)), stored
    found = await session.call_tool("search", {"query": "fast bird", "collection": "mcp"})
    assert "needletail" in found.content[0].text, found
    failed = await session.call_tool("search", {"query": "x", "collection": "none"})
    assert getattr(failed, "isError", getattr(failed, "is_error", None)), failed


async def check_tools(server, data, url):
    async with stdio_client(StdioServerParameters(command=server, args=["mcp", "--data", data])) as streams:
        async with ClientSession(*streams[:2]) as session:
            await use(session)
    print("mcp over standard input and output: search, similar, store")
    try:
        from mcp.client.streamable_http import streamable_http_client as connect
    except ImportError:
        from mcp.client.streamable_http import streamablehttp_client as connect
    async with connect(url + "/mcp") as streams:
        async with ClientSession(*streams[:2]) as session:
            await use(session)
    print("mcp over HTTP: search, similar, store")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--port", type=int, default=6397)
    arguments = parser.parse_args()
    url = f"http://127.0.0.1:{arguments.port}"
    process = subprocess.Popen([arguments.server, "serve", "--port", str(arguments.port), "--data", arguments.data], stdout=subprocess.DEVNULL)
    time.sleep(2)
    try:
        check_embeddings(url)
        asyncio.run(check_tools(arguments.server, arguments.data, url))
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
