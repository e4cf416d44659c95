#!/usr/bin/env python3
"""Makes low-rank adapters for the tiny networks with what PEFT computes with them.

    pip install torch transformers peft
    python Tests/Fixtures/scripts/make_adapters.py

Needs the folders that make_transformers.py made. Each adapter is random, B included, so that it changes every state.
"""
import json
import pathlib
import shutil

import peft
import torch
import transformers

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "NeedletailModelsTests" / "Fixtures"
SEQUENCES = [[2, 40, 41, 42, 3], [2, *range(20, 50), 3]]
ADAPTERS = {
    "tiny-bert": dict(r=3, lora_alpha=5, target_modules=["query", "value"]),
    # also the layer behind the first token's state, which no vector needs
    "tiny-bert-dense": dict(r=4, lora_alpha=4, target_modules=["key", "dense"], use_rslora=True),
    "tiny-distilbert": dict(r=2, lora_alpha=8, target_modules=["q_lin", "out_lin", "lin1", "lin2"]),
}


def main():
    torch.manual_seed(7)
    for name, settings in ADAPTERS.items():
        base = "tiny-distilbert" if "distil" in name else "tiny-bert"
        network = transformers.AutoModel.from_pretrained(FIXTURES / "transformers" / base, attn_implementation="eager").eval()
        adapted = peft.get_peft_model(network, peft.LoraConfig(task_type="FEATURE_EXTRACTION", base_model_name_or_path=base, **settings)).eval()
        for key, parameter in adapted.named_parameters():
            if "lora_" in key:
                parameter.data = torch.randn(parameter.shape) * 0.3
        folder = FIXTURES / "adapters" / name
        shutil.rmtree(folder, ignore_errors=True)
        adapted.peft_config["default"].base_model_name_or_path = base
        adapted.save_pretrained(folder)
        (folder / "README.md").unlink(missing_ok=True)
        states = [adapted(input_ids=torch.tensor([ids])).last_hidden_state[0] for ids in SEQUENCES]
        expected = {"base": base, "sequences": SEQUENCES, "means": [[round(x, 7) for x in s.mean(0).tolist()] for s in states]}
        (folder / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
        print(name, sum(p.numel() for k, p in adapted.named_parameters() if "lora_" in k), "numbers")


if __name__ == "__main__":
    main()
