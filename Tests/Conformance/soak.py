"""Loads a server for a long time, with searches, in the second half while points are replaced, and checks that its memory does not grow.

    python soak.py --server .build/release/needletail --minutes 60

The first third of the time is for warming up: what is in memory at the end is compared with what was there after it.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
import time


def resident(process):
    with open(f"/proc/{process.pid}/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS:"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True)
    parser.add_argument("--port", type=int, default=6395)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--points", type=int, default=50_000)
    parser.add_argument("--growth", type=float, default=1.1, help="how much more there may be at the end")
    parser.add_argument("--memory-budget", help="MiB, handed to the server")
    arguments = parser.parse_args()
    budget = ["--memory-budget", arguments.memory_budget] if arguments.memory_budget else []
    server = subprocess.Popen(
        [arguments.server, "serve", "--port", str(arguments.port), "--data", tempfile.mkdtemp()] + budget, stdout=subprocess.DEVNULL)
    samples, load = [], None
    try:
        time.sleep(2)
        # One half of the seconds is quiet, in the other points are replaced meanwhile.
        command = [arguments.server, "bench", "load", "--port", str(arguments.port), "--points", str(arguments.points), "--connections", "16"]
        load = subprocess.Popen(command + ["--seconds", str(arguments.minutes * 30), "--json"], stdout=subprocess.PIPE, text=True)
        start = time.time()
        while load.poll() is None:
            samples.append((time.time() - start, resident(server)))
            assert server.poll() is None, "the server ended"
            time.sleep(min(10, arguments.minutes))
        report = json.loads(load.stdout.read())
        assert load.returncode == 0
    finally:
        if load and load.poll() is None:
            load.kill()
        server.terminate()
        server.wait()
    third = len(samples) // 3
    assert third >= 3, "too short to tell"
    middle, last = (statistics.median(one for _, one in part) for part in (samples[third:2 * third], samples[2 * third:]))
    searches = report["quiet"] + report["duringUpserts"]
    failures = sum(one["failures"] for one in searches)
    print(json.dumps({"samples": len(samples), "middle MiB": round(middle), "last MiB": round(last), "failures": failures, "load": report}, indent=1))
    assert failures == 0, "requests failed"
    assert last <= arguments.growth * middle, f"it grew from {middle:.0f} to {last:.0f} MiB"


if __name__ == "__main__":
    main()
