"""Measures whether embeddings for many clients at once are made as fast as for one that sends everything together.

    python batching.py --server .build/release/needletail --data DIR [--clients 32] [--texts 4096]

DIR is a data directory in which the standard model was fetched. Each client sends one text at a time; the rival is the same server
with as many texts in a request as make the best of it, which is offline batch encoding with the cost of HTTP taken out. The two take
turns. The goal is 0.9.
"""

import argparse
import http.client
import json
import random
import statistics
import subprocess
import threading
import time

WORDS = "bird swift flight wing air summer nest city tower field insect speed tail needle egg river north south rain wind bread yeast oven stone road".split()


def sentence(r):
    return " ".join(r.choice(WORDS) for _ in range(r.randint(5, 40)))


def post(connection, texts):
    connection.request("POST", "/embed", json.dumps({"inputs": texts}), {"content-type": "application/json"})
    reply = connection.getresponse()
    body = reply.read()
    assert reply.status == 200, body[:300]


def together(port, texts, size):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    start = time.time()
    for first in range(0, len(texts), size):
        post(connection, texts[first:first + size])
    return len(texts) / (time.time() - start)


def apart(port, texts, clients):
    def work(own):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for text in own:
            post(connection, [text])

    threads = [threading.Thread(target=work, args=(texts[number::clients],)) for number in range(clients)]
    start = time.time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(texts) / (time.time() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--port", type=int, default=6394)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--texts", type=int, default=4096)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    process = subprocess.Popen([arguments.server, "serve", "--port", str(arguments.port), "--data", arguments.data], stdout=subprocess.DEVNULL)
    try:
        time.sleep(2)
        r = random.Random(1)
        texts = [sentence(r) for _ in range(arguments.texts)]
        together(arguments.port, texts[:256], 64)
        size = max((32, 64, 128), key=lambda size: together(arguments.port, texts[:1024], size))
        pairs = [(together(arguments.port, texts, size), apart(arguments.port, texts, arguments.clients)) for _ in range(arguments.rounds)]
    finally:
        process.terminate()
        process.wait()
    ratio = statistics.median(b / a for a, b in pairs)
    print(f"together, {size} at a time: {statistics.median(a for a, _ in pairs):.0f} texts/s; {arguments.clients} clients, one text at a time: "
          f"{statistics.median(b for _, b in pairs):.0f} texts/s; ratio {ratio:.3f} (median of {arguments.rounds})")
    assert ratio >= 0.9, "the goal of 0.9 is not reached"


if __name__ == "__main__":
    main()
