"""Needletail's encoder next to onnxruntime, OpenVINO and torch: same texts, same machine, alternating runs.

    python Benchmarks/peers/encoder.py --model DIRECTORY [--bench PATH] [--threads 1 2] [--repetitions 5] [--texts 512]

Every engine gets strings and gives unit vectors; tokenising is part of the time. Peers are given their best: graphs fused by
onnxruntime's transformer optimiser, batches sorted by length (and as given, for comparison), the best batch size of those tried.
Prints one Markdown table per number of threads, with ratios to the best peer of the same precision, and the cosine of each
engine's vectors to those of torch in float32. Needs the packages of peers/requirements.txt.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from texts import mixed_texts, query

BATCHES = (8, 32)


class Peer:
    """An engine that runs on padded batches of token ids."""

    def __init__(self, tokenizer, run):
        self.tokenizer, self.run, self.sorted, self.batch = tokenizer, run, True, 32

    def encode(self, texts):
        encodings = self.tokenizer.encode_batch(texts)
        order = list(range(len(texts)))
        if self.sorted:
            order.sort(key=lambda i: len(encodings[i].ids))
        result = np.empty((len(texts), 0), np.float32)
        for start in range(0, len(order), self.batch):
            rows = order[start : start + self.batch]
            width = max(len(encodings[i].ids) for i in rows)
            ids, mask = np.zeros((len(rows), width), np.int64), np.zeros((len(rows), width), np.int64)
            for row, i in enumerate(rows):
                ids[row, : len(encodings[i].ids)] = encodings[i].ids
                mask[row, : len(encodings[i].ids)] = 1
            states = self.run(ids, mask)
            vectors = (states * mask[:, :, None]).sum(1) / mask.sum(1)[:, None]
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            if result.shape[1] == 0:
                result = np.empty((len(texts), vectors.shape[1]), np.float32)
            result[rows] = vectors
        return result

    def seconds(self, file, texts):
        start = time.perf_counter()
        self.encode(texts)
        return time.perf_counter() - start


class Needletail:
    """The Swift side, in a process that answers requests."""

    def __init__(self, bench, model, precision, threads):
        self.precision, self.threads = precision, threads
        self.process = subprocess.Popen(
            [bench, "encoder", "--model", model], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit("needletail-bench ended early")
        return answer

    def seconds(self, file, texts):
        return float(self.ask("time", self.precision, self.threads, file))

    def vectors(self, file, count):
        with tempfile.NamedTemporaryFile() as out:
            self.ask("vectors", self.precision, self.threads, file, out.name)
            return np.fromfile(out.name, np.float32).reshape(count, -1)


def export_graphs(model, folder, tokenizer):
    """Writes the network for each peer, fused and dynamically quantised for onnxruntime, plain and statically quantised for OpenVINO."""
    import onnx
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.transformers import optimizer
    from transformers import AutoModel

    network = AutoModel.from_pretrained(model, attn_implementation="eager").eval()

    class States(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network = network

        def forward(self, ids, mask):
            return self.network(input_ids=ids, attention_mask=mask, token_type_ids=torch.zeros_like(ids)).last_hidden_state

    plain, fused, vino8, fused8 = (str(folder / name) for name in ("plain.onnx", "fused.onnx", "vino8.xml", "fused8.onnx"))
    example = torch.ones(2, 8, dtype=torch.long)
    axes = {name: {0: "batch", 1: "length"} for name in ("ids", "mask", "states")}
    torch.onnx.export(
        States().eval(), (example, example), plain, input_names=["ids", "mask"], output_names=["states"], dynamic_axes=axes,
        opset_version=17, dynamo=False,
    )  # fmt: skip
    heads, size = network.config.num_attention_heads, network.config.hidden_size
    best = optimizer.optimize_model(plain, model_type="bert", num_heads=heads, hidden_size=size, opt_level=1)
    best.save_model_to_file(fused)
    print("fused for onnxruntime:", {k: v for k, v in best.get_fused_operator_statistics().items() if v}, file=sys.stderr)
    quantize_dynamic(
        fused, fused8, weight_type=QuantType.QInt8, per_channel=True,
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )  # fmt: skip
    quantize_for_openvino(plain, vino8, tokenizer)
    return network, plain, fused, vino8, fused8


def quantize_for_openvino(source, target, tokenizer):
    """Static int8 by NNCF, calibrated on texts like those measured: the fastest form that OpenVINO runs."""
    import nncf
    import openvino

    def feed(text):
        ids = np.array([tokenizer.encode(text).ids], np.int64)
        return {"ids": ids, "mask": np.ones_like(ids)}

    model = openvino.Core().read_model(source)
    data = nncf.Dataset(mixed_texts(128, seed=3), feed)
    openvino.save_model(nncf.quantize(model, data, model_type=nncf.ModelType.TRANSFORMER, subset_size=128), target)


def load_peers(network, graphs, tokenizer, threads):
    """All peers by (name, precision) with so many threads."""
    import onnxruntime
    import openvino
    import torch

    plain, fused, vino8, fused8 = graphs
    torch.set_num_threads(threads)

    def onnx(path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return lambda ids, mask: session.run(None, {"ids": ids, "mask": mask})[0]

    def vino(path, precision):
        settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": precision}
        request = openvino.Core().compile_model(path, "CPU", settings).create_infer_request()
        return lambda ids, mask: request.infer({"ids": ids, "mask": mask}, share_inputs=True)[0]

    def pytorch(ids, mask):
        torch.set_num_threads(threads)
        with torch.inference_mode():
            return network(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask)).last_hidden_state.numpy()

    runs = {
        ("torch", "float32"): pytorch,
        ("onnxruntime", "float32"): onnx(fused),
        ("OpenVINO", "float32"): vino(plain, "f32"),
        ("OpenVINO", "bfloat16"): vino(plain, "bf16"),
        ("onnxruntime", "int8"): onnx(fused8),
        ("OpenVINO", "int8"): vino(vino8, "f32"),
    }
    return {key: Peer(tokenizer, run) for key, run in runs.items()}


def choose_batch(peer, texts):
    """The batch size of those tried that suits the peer best, measured on a part of the texts."""
    part = texts[:64]
    times = {}
    for peer.batch in BATCHES:
        peer.encode(part)
        times[peer.batch] = min(peer.seconds(None, part) for _ in range(2))
    peer.batch = min(times, key=times.get)


def medians(engines, file, texts, repetitions, calls=1):
    """Each engine's median, runs of all engines alternating.

    Of the calls of a turn the first third only warms: an engine whose threads sleep between turns would otherwise be measured by how soon
    the system finds a processor for them, and one whose threads spin through the others' turns would not.
    """
    times = {key: [] for key in engines}
    for repetition in range(repetitions + 1):
        for key, engine in engines.items():
            turn = [engine.seconds(file, texts) for _ in range(calls)]
            if repetition > 0:
                times[key] += turn[calls // 3 :]
    return {key: statistics.median(values) for key, values in times.items()}


def print_table(threads, columns, cosines):
    print(f"\n{threads} thread{'s' if threads > 1 else ''}, milliseconds (median), in brackets best peer / Needletail\n")
    print("| engine | " + " | ".join(columns) + " | cosine to torch |")
    print("|---" * (len(columns) + 2) + "|")
    for name, precision in cosines:
        cells = []
        for times in columns.values():
            if (name, precision) not in times:
                cells.append("-")
                continue
            cell = f"{times[name, precision] * 1e3:.2f}"
            rivals = [t for (n, p), t in times.items() if p == precision and n != "Needletail"]
            if name == "Needletail" and rivals:
                cell += f" (**{min(rivals) / times[name, precision]:.2f}x**)"
            cells.append(cell)
        lowest, mean = cosines[name, precision]
        print(f"| {name} {precision} | " + " | ".join(cells) + f" | {mean:.5f} (least {lowest:.5f}) |", flush=True)


def measure(arguments, network, graphs, tokenizer, threads, folder):
    peers = load_peers(network, graphs, tokenizer, threads)
    swift = {
        ("Needletail", p): Needletail(arguments.bench, arguments.model, p, threads) for p in ("float32", "bfloat16", "int8")
    }
    mixed = mixed_texts(arguments.texts)
    for peer in peers.values():
        choose_batch(peer, mixed)
    inputs = {"one text, 8 words": query(8), "one text, 60 words": query(60), f"{len(mixed)} mixed texts": mixed}
    columns = {}
    for number, (title, texts) in enumerate(inputs.items()):
        file = str(folder / f"texts-{number}.json")
        Path(file).write_text(json.dumps(texts))
        columns[title] = medians(peers | swift, file, texts, arguments.repetitions, calls=1 if len(texts) > 1 else 45)
    for peer in peers.values():
        peer.sorted = False
    columns["the same, peers unsorted"] = medians(peers | swift, file, mixed, max(1, arguments.repetitions // 2))

    reference = peers["torch", "float32"].encode(mixed)
    vectors = {key: peer.encode(mixed) for key, peer in peers.items()}
    vectors |= {key: engine.vectors(file, len(mixed)) for key, engine in swift.items()}
    cosines = {}
    for key, values in vectors.items():
        each = (values * reference).sum(1)
        cosines[key] = (each.min(), each.mean())
    print_table(threads, columns, cosines)
    for engine in swift.values():
        engine.process.stdin.close()
        engine.process.wait()


def main():
    here = Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="directory of the model")
    parser.add_argument("--bench", default=str(here / ".build/release/needletail-bench"), help="the benchmark executable")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--texts", type=int, default=512)
    arguments = parser.parse_args()
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    tokenizer = Tokenizer.from_file(str(Path(arguments.model) / "tokenizer.json"))
    tokenizer.no_padding()
    settings = json.loads((Path(arguments.model) / "sentence_bert_config.json").read_text())
    tokenizer.enable_truncation(settings["max_seq_length"])
    with tempfile.TemporaryDirectory() as folder:
        network, *graphs = export_graphs(arguments.model, Path(folder), tokenizer)
        for threads in arguments.threads:
            measure(arguments, network, graphs, tokenizer, threads, Path(folder))


if __name__ == "__main__":
    main()
