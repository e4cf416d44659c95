"""Ends a server that is being written to, again and again, and checks that nothing it acknowledged is lost.

    python kill.py --server .build/release/needletail --rounds 20 [--power-cuts]
    python kill.py --server .build/release/needletail --full

--full is what counts: 200 ends, every second one a loss of power (about 12 minutes on two cores). A machine that stops long commands
does it in parts, each with its own seed: --rounds 40 --power-cuts --seed 1, then 2, 3, 4 and 5.

With --power-cuts every second round is a loss of power: what the server wrote and did not synchronise may be gone (see
`powercut.py`); the C compiler has to be there for it. The other rounds end with kill -9.
--lying-disk is a disk that forgets what was synchronised, too: then the test has to fail, which shows that it can.
"""

import argparse
import os
import pathlib
import random
import subprocess
import tempfile
import threading
import time
import warnings

from qdrant_client import QdrantClient, models as m

from powercut import Disk

warnings.filterwarnings("ignore")
NAME = "durable"


class Place:
    """A data directory, the server over it, and the record of what the server does to it."""

    def __init__(self, server, port, power_cuts, lies=False):
        self.lies = lies
        self.server, self.port = server, port
        self.folder = os.path.realpath(tempfile.mkdtemp())
        self.data = self.folder + "/data"
        os.makedirs(self.data)
        self.journal = self.folder + "/journal"
        self.library = self.process = None
        if power_cuts:
            self.library = self.folder + "/powercut.so"
            source = pathlib.Path(__file__).with_name("powercut.c")
            subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", self.library, source], check=True)

    def start(self, records=False):
        environment = dict(os.environ)
        if records:
            open(self.journal, "wb").close()
            self.disk = Disk(self.data, heeds_syncs=not self.lies)
            environment |= {"LD_PRELOAD": self.library, "POWERCUT_ROOT": self.data, "POWERCUT_JOURNAL": self.journal}
        command = [self.server, "serve", "--port", str(self.port), "--data", self.data]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
        client = QdrantClient(url=f"http://127.0.0.1:{self.port}", check_compatibility=False, timeout=10)
        for _ in range(300):
            try:
                client.get_collections()
                return client
            except Exception:
                assert self.process.poll() is None, "the server did not start"
                time.sleep(0.05)
        raise SystemExit("the server did not start")

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()

    def cut(self, r):
        """The state of the disk after a loss of power at this moment."""
        self.disk.apply(self.journal)
        return self.disk.cut(r)


class Ledger:
    """What was acknowledged, and what was asked for without an answer."""

    def __init__(self):
        self.acknowledged, self.unknown = {}, {}
        self.lock = threading.Lock()
        self.writes = 0

    def ask(self, keys, value):
        with self.lock:
            for key in keys:
                self.unknown.setdefault(key, set()).add(value)

    def note(self, keys, value):
        with self.lock:
            self.writes += 1
            for key in keys:
                self.acknowledged[key] = value
                self.unknown.pop(key, None)

    def check(self, found, when):
        """What was under way may have happened or not; from here on it is known."""
        for key, expected in self.acknowledged.items():
            allowed = {expected} | self.unknown.get(key, set())
            assert found.get(key) in allowed, f"{when}: {key} is {found.get(key)}, expected one of {allowed}"
        for key in self.unknown:
            self.acknowledged[key] = found.get(key)
        self.unknown.clear()


def write_points(client, points, random, number, stop):
    """Each writer has ids of its own, so the last acknowledged value of each is known."""
    while not stop.is_set():
        ids = [random.randrange(2000) * 4 + number for _ in range(random.randint(1, 40))]
        value = random.random()
        expected = None if random.random() < 0.2 else value
        points.ask(ids, expected)
        try:
            if expected is None:
                client.delete(NAME, ids)
            else:
                client.upsert(NAME, [m.PointStruct(id=i, vector=[value] * 8, payload={"v": value}) for i in ids])
        except Exception:
            return
        points.note(ids, expected)


def write_collections(client, names, random, stop):
    """Makes, aliases and removes collections; each name is only ever there or not."""
    while not stop.is_set():
        name = f"extra-{random.randrange(6)}"
        alias = f"alias-{random.randrange(3)}"
        try:
            if names.acknowledged.get(name) is None:
                names.ask([name], "there")
                client.create_collection(name, vectors_config=m.VectorParams(size=2, distance=m.Distance.DOT))
                names.note([name], "there")
            else:
                names.ask([name], None)
                client.delete_collection(name)
                names.note([name], None)
            target = NAME if random.random() < 0.7 else None
            names.ask([alias], target)
            action = m.CreateAliasOperation(create_alias=m.CreateAlias(collection_name=NAME, alias_name=alias)) if target else m.DeleteAliasOperation(
                delete_alias=m.DeleteAlias(alias_name=alias))
            client.update_collection_aliases([action])
            names.note([alias], target)
            time.sleep(0.02)
        except Exception:
            return


def contents(client):
    """All points and their values; none may be half of one write and half of another."""
    found, offset = {}, None
    while True:
        points, offset = client.scroll(NAME, limit=1000, offset=offset, with_vectors=True)
        for p in points:
            found[p.id] = p.payload["v"]
            assert abs(p.vector[0] - p.payload["v"]) < 1e-6, "a point is half of one write and half of another"
        if offset is None:
            break
    count = client.count(NAME).count
    assert count == len(found), f"{count} points counted, {len(found)} scrolled"
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True)
    parser.add_argument("--port", type=int, default=6398)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--power-cuts", action="store_true", help="every second end is a loss of power")
    parser.add_argument("--full", action="store_true", help="200 ends, 100 of them losses of power")
    parser.add_argument("--lying-disk", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.full:
        arguments.rounds, arguments.power_cuts = 200, True
    r = random.Random(arguments.seed)
    place = Place(arguments.server, arguments.port, arguments.power_cuts, arguments.lying_disk)
    points, names = Ledger(), Ledger()
    doubtful = cuts = 0
    try:
        for number in range(arguments.rounds):
            if number % 20 == 0 and number:
                print(f"{number} of {arguments.rounds} ends, nothing lost", flush=True)
            is_cut = arguments.power_cuts and number % 2 == 1
            client = place.start(records=is_cut)
            if number == 0:
                client.create_collection(NAME, vectors_config=m.VectorParams(size=8, distance=m.Distance.DOT), optimizers_config=m.OptimizersConfigDiff(indexing_threshold=50))
            stop = threading.Event()
            own = lambda n: random.Random(f"{arguments.seed}-{number}-{n}")
            threads = [threading.Thread(target=write_points, args=(client, points, own(n), n, stop)) for n in range(4)]
            threads.append(threading.Thread(target=write_collections, args=(client, names, own("names"), stop)))
            for thread in threads:
                thread.start()
            time.sleep(r.uniform(0.2, 1.5))
            place.kill()
            stop.set()
            for thread in threads:
                thread.join()
            if is_cut:
                doubtful += place.cut(r)
                cuts += 1
            client = place.start()
            when = f"round {number}{', power lost' if is_cut else ''}"
            points.check(contents(client), when)
            there = {c.name: "there" for c in client.get_collections().collections}
            names.check(there | {a.alias_name: a.collection_name for a in client.get_aliases().aliases}, when)
            place.kill()
    finally:
        place.kill()
    print(f"{arguments.rounds} ends ({cuts} by loss of power, {doubtful} changes not synchronised then), {points.writes} acknowledged writes of points, "
          f"{names.writes} of collections and aliases, {len(points.acknowledged)} points: nothing lost")


if __name__ == "__main__":
    main()
