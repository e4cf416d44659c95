"""Whether a model that Needletail trained and saved embeds in sentence-transformers as it does in Needletail.

    python Benchmarks/peers/saved_model.py DIRECTORY [--bench PATH]

Prints the lowest cosine over a few texts; fails below 0.9999. Needs sentence-transformers.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer

from texts import mixed_texts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("directory")
    parser.add_argument("--bench", default="Benchmarks/.build/release/needletail-bench")
    options = parser.parse_args()
    texts = ["", "a", "crème brûlée, twice", *mixed_texts(61)]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "texts.json").write_text(json.dumps(texts))
        order = f"vectors float32 2 {folder}/texts.json {folder}/vectors"
        subprocess.run([options.bench, "encoder", "--model", options.directory], input=order + "\n", text=True, check=True, stdout=subprocess.DEVNULL)
        ours = np.fromfile(f"{folder}/vectors", np.float32).reshape(len(texts), -1)
    theirs = SentenceTransformer(options.directory, device="cpu").encode(texts)
    cosines = (ours * theirs).sum(1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(theirs, axis=1)
    print(f"lowest cosine {cosines.min():.7f} over {len(texts)} texts")
    sys.exit(0 if cosines.min() >= 0.9999 else 1)


if __name__ == "__main__":
    main()
