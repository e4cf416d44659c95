"""Runs random changes and queries against a Needletail server and against other engines, and compares.

    python differential.py --server .build/release/needletail --operations 10000 [--oracle memory|edge|both] [--seed 1]
"""

import argparse
import collections
import json
import subprocess
import sys
import tempfile
import time
import warnings

from qdrant_client import QdrantClient

import compare
import deviations
from edge import Edge
from engines import Memory, Unsupported
from generate import Generator
from operations import NAME, Operation, Operations

warnings.filterwarnings("ignore")


class Differential:
    def __init__(self, ours, oracles, seed, verbose):
        self.ours = ours
        self.oracles = oracles
        self.g = Generator(seed)
        self.operations = Operations(self.g, lambda ids: {str(p.id) for p in ours.retrieve(NAME, ids, with_payload=False)})
        self.verbose = verbose
        self.counts = collections.Counter()
        self.compared = {name: collections.Counter() for name in oracles}
        self.explained = {name: collections.Counter() for name in oracles}
        self.failures = collections.Counter()

    def outcome(self, client, operation):
        try:
            return operation.call(client, operation.argument), None
        except Unsupported:
            raise
        except Exception as error:  # whatever the client raises is an outcome
            return None, error

    def run_one(self, operation):
        """Carries it out everywhere: all have to fail, or give the same. True if the states may have parted."""
        self.counts[operation.kind] += 1
        answers = {}
        for name, oracle in self.oracles.items():
            try:
                answers[name] = self.outcome(oracle, operation)
            except Unsupported:
                if operation.changes:
                    raise
        ours, our_error = self.outcome(self.ours, operation)
        messages = {}
        for name, (theirs, their_error) in answers.items():
            if (our_error is None) != (their_error is None):
                messages[name] = f"ours: {str(our_error)[:300]!r}, theirs: {str(their_error)[:300]!r}"
            else:
                messages[name] = operation.check(ours, theirs) if our_error is None and operation.check else None
            self.compared[name]["fails alike" if our_error is not None and not messages.get(name) else "same" if not messages.get(name) else "differs"] += 1
        differing = [name for name in answers if messages[name]]
        shown = set()
        for name in differing:
            others_agree = len(answers) > len(differing)
            reason = deviations.reason(name, operation, messages[name], self)
            if reason:
                self.explained[name][reason] += 1
                continue
            who = f"{name} alone" if others_agree else "both" if len(differing) > 1 else f"{name}, the only one to answer"
            kind = f"{operation.kind}: {who}"
            if kind in shown:
                continue
            shown.add(kind)
            self.failures[kind] += 1
            if self.failures[kind] <= self.verbose:
                print(f"--- {operation.kind} ({who}; from {name}): {str(messages[name])[:1500]}\n    {str(operation.argument)[:6000]}", flush=True)
        return bool(differing) and operation.changes

    def prepare(self):
        for operation in self.operations.preparation():
            self.run_one(operation)

    def run(self, operations, seconds):
        self.prepare()
        start = time.time()
        for number in range(1, operations + 1):
            if seconds and time.time() - start > seconds:
                break
            parted = self.run_one(self.operations.change() if self.g.chance(0.25) else self.operations.read())
            if number % 500 == 0:
                self.restore_snapshot()
            if parted or number % 250 == 0:
                parted = self.compare_everything()
            if parted or number % 2000 == 0:
                self.prepare()
        self.compare_everything()

    def compare_everything(self):
        everything = lambda c, _: c.scroll(NAME, limit=1000, with_vectors=True)[0]
        return self.run_one(Operation("everything", everything, None, compare.difference, changes=True))

    def restore_snapshot(self):
        """Copies the collection and puts the copy in its place, which nobody may notice."""
        description = self.ours.create_snapshot(NAME)
        self.counts["snapshot"] += 1
        folder = f"file://{self.snapshots}" if self.snapshots else None
        if folder and description:
            import glob

            path = next(iter(glob.glob(f"{self.snapshots}/*/{glob.escape(description.name)}")), None)
            assert path, "the snapshot is not in its folder"
            assert self.ours.recover_snapshot(NAME, f"file://{path}", checksum=description.checksum)
        self.ours.delete_snapshot(NAME, description.name)

    snapshots = None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", help="the executable `needletail`; it is started on a free folder")
    parser.add_argument("--oracle", choices=["memory", "edge", "both"], default="both", help="the client's in-memory engine, the engine itself, or both")
    parser.add_argument("--url", default="http://127.0.0.1:6399", help="where the server is or will be")
    parser.add_argument("--operations", type=int, default=2000)
    parser.add_argument("--seconds", type=int, help="stop after so long")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--verbose", type=int, default=3, help="differences shown of each kind")
    parser.add_argument("--json", help="a file for the counts")
    arguments = parser.parse_args()
    process = None
    data = tempfile.mkdtemp()
    if arguments.server:
        port = arguments.url.rsplit(":", 1)[1]
        process = subprocess.Popen([arguments.server, "serve", "--port", port, "--data", data], stdout=subprocess.DEVNULL)
        time.sleep(2)
    makers = {"memory": Memory, "edge": Edge}
    chosen = list(makers) if arguments.oracle == "both" else [arguments.oracle]
    start = time.time()
    try:
        test = Differential(QdrantClient(url=arguments.url), {name: makers[name]() for name in chosen}, arguments.seed, arguments.verbose)
        test.snapshots = f"{data}/points/snapshots" if process else None
        test.run(arguments.operations, arguments.seconds)
    finally:
        if process:
            process.terminate()
            process.wait()
    report = {
        "operations": sum(test.counts.values()), "seconds": round(time.time() - start), "kinds": dict(test.counts), "compared": test.compared,
        "explained": test.explained, "differences": dict(test.failures),
    }
    print(json.dumps(report, indent=1))
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump(report, file)
    sys.exit(1 if test.failures else 0)


if __name__ == "__main__":
    main()
