"""Sets the clock of a running server back and forth, by up to years, and checks that nothing but times changes.

    python clock.py --server .build/release/needletail

Writes are acknowledged in order and found, versions ascend, the server starts again under any clock, copies made at times that
come twice do not replace one another, limits of rates do not lock anybody out, tokens end when the clock says so, and spans are as
long as they were. The C compiler has to be there.
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import pathlib
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

KEY = "secret"
JUMPS = [0, -3_600, 86_400, -400 * 86_400, 3_000 * 86_400, -1, 0]


class Server:
    def __init__(self, program, port):
        self.program, self.port = program, port
        self.folder = tempfile.mkdtemp()
        self.offset = self.folder + "/offset"
        self.spans = self.folder + "/spans.jsonl"
        self.library = self.folder + "/clock.so"
        source = pathlib.Path(__file__).with_name("clock.c")
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", self.library, source], check=True)
        self.set(0)
        self.process = None

    def set(self, seconds):
        """Written beside and renamed: the server reads the file at any moment."""
        with open(self.offset + ".new", "w") as file:
            file.write(str(seconds))
        os.rename(self.offset + ".new", self.offset)
        self.seconds = seconds

    def start(self):
        environment = dict(os.environ) | {"LD_PRELOAD": self.library, "CLOCK_OFFSET": self.offset}
        command = [self.program, "serve", "--port", str(self.port), "--data", self.folder + "/data", "--api-key", KEY, "--trace-file", self.spans]
        command += ["--audit-log", self.folder + "/audit.jsonl"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
        for _ in range(300):
            try:
                return self.call("GET", "/collections")
            except OSError:
                assert self.process.poll() is None, "the server did not start"
                time.sleep(0.05)
        raise SystemExit("the server did not start")

    def stop(self):
        self.process.terminate()
        assert self.process.wait(30) == 0

    def call(self, method, path, body=None, key=KEY):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method, headers={"api-key": key, "content-type": "application/json"})
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, data, timeout=30) as reply:
                return reply.status, json.loads(reply.read() or b"null")
        except urllib.error.HTTPError as error:
            text = error.read()
            return error.code, text.decode(errors="replace")


def token(claims):
    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    text = part(json.dumps({"alg": "HS256", "typ": "JWT"}).encode()) + "." + part(json.dumps(claims).encode())
    return text + "." + part(hmac.new(KEY.encode(), text.encode(), hashlib.sha256).digest())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    parser.add_argument("--port", type=int, default=16391)
    arguments = parser.parse_args()
    server = Server(arguments.server, arguments.port)
    server.start()
    vectors = {"vectors": {"size": 2, "distance": "Dot"}}
    assert server.call("PUT", "/collections/c", vectors)[0] == 200
    limited = vectors | {"strict_mode_config": {"enabled": True, "read_rate_limit": 600}}
    assert server.call("PUT", "/collections/limited", limited)[0] == 200
    last, names, everything = -1, set(), set()
    for number, seconds in enumerate(JUMPS):
        server.set(seconds)
        for step in range(20):
            point = {"id": number * 100 + step, "vector": [1, step], "payload": {"step": step}}
            status, reply = server.call("PUT", "/collections/c/points?wait=true", {"points": [point]})
            assert status == 200, reply
            operation = reply["result"]["operation_id"]
            assert operation > last, f"operation {operation} after {last}, the clock at {seconds}"
            last = operation
        status, reply = server.call("POST", "/collections/c/points/count", {})
        assert reply["result"]["count"] == 20 * (number + 1)
        for _ in range(30):
            status, reply = server.call("POST", "/collections/limited/points/count", {})
            assert status == 200, f"locked out with the clock at {seconds}: {reply}"
        for path, seen in (("/collections/c/snapshots", names), ("/snapshots", everything)):
            for _ in range(2):
                status, reply = server.call("POST", path)
                assert status == 200 and reply["result"]["name"] not in seen, f"{path}: {reply}"
                seen.add(reply["result"]["name"])
        now = int(time.time()) + seconds
        assert server.call("GET", "/collections/c", key=token({"exp": now + 60, "access": "r"}))[0] == 200
        assert server.call("GET", "/collections/c", key=token({"exp": now - 60, "access": "r"}))[0] in (401, 403)
        server.stop()
        # It starts under a clock before its own files, too.
        server.set(seconds - 7_200)
        server.start()
        assert server.call("POST", "/collections/c/points/count", {})[1]["result"]["count"] == 20 * (number + 1)
    _, reply = server.call("GET", "/collections/c/snapshots")
    assert {one["name"] for one in reply["result"]} == names, "a copy is gone"
    _, reply = server.call("GET", "/snapshots")
    assert {one["name"] for one in reply["result"]} == everything, "a copy of everything is gone"
    server.stop()
    longest = 0
    for line in open(server.spans):
        span = json.loads(line)["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
        length = int(span["endTimeUnixNano"]) - int(span["startTimeUnixNano"])
        assert length >= 0, span
        longest = max(longest, length)
    assert longest < 60e9, f"a span of {longest / 1e9} s"
    print(f"{len(JUMPS)} jumps of the clock, {last} operations, {len(names) + len(everything)} copies: nothing lost, nobody locked out")


if __name__ == "__main__":
    main()
