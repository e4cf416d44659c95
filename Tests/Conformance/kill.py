"""Kills a server that is being written to, again and again, and checks that nothing it acknowledged is lost.

    python kill.py --server .build/release/needletail --rounds 20
"""

import argparse
import random
import subprocess
import tempfile
import threading
import time
import warnings

from qdrant_client import QdrantClient, models as m

warnings.filterwarnings("ignore")
NAME = "durable"


def start(server, port, data):
    process = subprocess.Popen([server, "serve", "--port", str(port), "--data", data], stdout=subprocess.DEVNULL)
    client = QdrantClient(url=f"http://127.0.0.1:{port}", check_compatibility=False, timeout=10)
    for _ in range(100):
        try:
            client.get_collections()
            return process, client
        except Exception:
            time.sleep(0.1)
    raise SystemExit("the server did not start")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True)
    parser.add_argument("--port", type=int, default=6398)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    r = random.Random(arguments.seed)
    data = tempfile.mkdtemp()
    acknowledged, unknown = {}, {}
    lock = threading.Lock()
    writes = 0
    for round_number in range(arguments.rounds):
        process, client = start(arguments.server, arguments.port, data)
        if round_number == 0:
            client.create_collection(NAME, vectors_config=m.VectorParams(size=8, distance=m.Distance.DOT), optimizers_config=m.OptimizersConfigDiff(indexing_threshold=50))
        stop = threading.Event()

        def writer(number):
            nonlocal writes
            own = random.Random(f"{arguments.seed}-{round_number}-{number}")
            while not stop.is_set():
                # Each writer has ids of its own, so the last acknowledged value of each is known.
                ids = [own.randrange(2000) * 4 + number for _ in range(own.randint(1, 40))]
                value = own.random()
                expected = None if own.random() < 0.2 else value
                with lock:
                    for i in ids:
                        unknown.setdefault(i, set()).add(expected)
                try:
                    if expected is None:
                        client.delete(NAME, ids)
                    else:
                        client.upsert(NAME, [m.PointStruct(id=i, vector=[value] * 8, payload={"v": value}) for i in ids])
                except Exception:
                    return
                with lock:
                    writes += 1
                    for i in ids:
                        acknowledged[i] = expected
                        unknown.pop(i, None)

        threads = [threading.Thread(target=writer, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(r.uniform(0.2, 1.5))
        process.kill()
        process.wait()
        stop.set()
        for thread in threads:
            thread.join()
        process, client = start(arguments.server, arguments.port, data)
        found, offset = {}, None
        while True:
            points, offset = client.scroll(NAME, limit=1000, offset=offset, with_vectors=True)
            for p in points:
                found[p.id] = p.payload["v"]
                assert abs(p.vector[0] - p.payload["v"]) < 1e-6, "a point is half of one write and half of another"
            if offset is None:
                break
        for i, expected in acknowledged.items():
            allowed = {expected} | unknown.get(i, set())
            assert found.get(i) in allowed, f"round {round_number}: point {i} is {found.get(i)}, expected one of {allowed}"
        # What was under way may have happened or not; from here on it is known.
        for i in list(unknown):
            acknowledged[i] = found.get(i)
        unknown.clear()
        count = client.count(NAME).count
        assert count == len(found), f"{count} points counted, {len(found)} scrolled"
        process.kill()
        process.wait()
    print(f"{arguments.rounds} kills, {writes} acknowledged writes, {len(acknowledged)} points: nothing lost")


if __name__ == "__main__":
    main()
