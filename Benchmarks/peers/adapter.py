"""Whether an adapter that Needletail trained and wrote is, in PEFT, the same network as the model into which Needletail merged it.

    python Benchmarks/peers/adapter.py RUN --base DIRECTORY

RUN is the output of `needletail train` with `adapter` in the recipe; the base is the model it began with. Prints the largest difference
between states of the two; fails above 1e-4, or if PEFT finds tensors that are missing or too many. Needs peft and transformers.
"""

import argparse
import sys
import warnings

import peft
import torch
import transformers


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("run")
    parser.add_argument("--base", required=True)
    options = parser.parse_args()
    warnings.simplefilter("error", UserWarning)
    base = transformers.AutoModel.from_pretrained(options.base).eval()
    merged = transformers.AutoModel.from_pretrained(f"{options.run}/model").eval()
    ids = torch.tensor([[(7 * place) % base.config.vocab_size for place in range(5, 29)]])
    with torch.no_grad():
        plain = base(input_ids=ids).last_hidden_state
        adapted = peft.PeftModel.from_pretrained(base, f"{options.run}/adapter").eval()
        difference = (adapted(input_ids=ids).last_hidden_state - merged(input_ids=ids).last_hidden_state).abs().max().item()
        effect = (adapted(input_ids=ids).last_hidden_state - plain).abs().max().item()
    names = [name for name, _ in adapted.named_parameters() if "lora_" in name]
    print(f"{len(names)} tensors of the adapter; largest difference {difference:.2e}, effect of the adapter {effect:.2e}")
    sys.exit(0 if difference <= 1e-4 and effect > difference else 1)


if __name__ == "__main__":
    main()
