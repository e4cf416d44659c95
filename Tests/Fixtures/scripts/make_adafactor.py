#!/usr/bin/env python3
"""Makes Tests/NeedletailNumericsTests/Fixtures/adafactor.json: steps of Adafactor as the library transformers takes them.

    pip install torch transformers
    python Tests/Fixtures/scripts/make_adafactor.py
"""
import json
import pathlib

import torch
from transformers.optimization import Adafactor

PLACE = pathlib.Path(__file__).resolve().parents[2] / "NeedletailNumericsTests" / "Fixtures" / "adafactor.json"


def main():
    torch.manual_seed(3)
    beginning = [torch.randn(5, 7), torch.randn(6) * 0.01]
    gradients = [[torch.randn(p.shape) * 10 ** (step % 3 - 1) for p in beginning] for step in range(6)]
    cases = []
    for scale in (False, True):
        values = [torch.nn.Parameter(p.clone()) for p in beginning]
        groups = [{"params": [values[0]], "weight_decay": 0.1}, {"params": [values[1]], "weight_decay": 0.0}]
        optimizer = Adafactor(groups, lr=0.05, scale_parameter=scale, relative_step=False)
        for row in gradients:
            for value, gradient in zip(values, row):
                value.grad = gradient.clone()
            optimizer.step()
        cases.append({"scalesByValue": scale, "values": [v.flatten().tolist() for v in values]})
    PLACE.parent.mkdir(exist_ok=True)
    PLACE.write_text(json.dumps({"beginning": [p.flatten().tolist() for p in beginning],
                                 "gradients": [[g.flatten().tolist() for g in row] for row in gradients], "cases": cases}) + "\n")


if __name__ == "__main__":
    main()
