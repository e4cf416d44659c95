"""Makes Tests/NeedletailTrainingTests/Fixtures/gradients-*.json: gradients of whole tiny networks, computed by PyTorch.

    python Tests/Fixtures/scripts/make_training.py

Needs torch and transformers, and the tiny networks of make_transformers.py. For each network: the states of a few sequences, a
loss (the sum of states times fixed numbers), and of every parameter's gradient its norm and a few entries.
"""

import json
import math
from pathlib import Path

import torch
import transformers

TESTS = Path(__file__).resolve().parents[2]
MODELS = TESTS / "NeedletailModelsTests" / "Fixtures" / "transformers"
FOLDER = TESTS / "NeedletailTrainingTests" / "Fixtures"
SEQUENCES = {
    "tiny-bert": [[2, 40, 41, 42, 3], [2, 3], [2, *range(20, 50), 3]],
    "tiny-distilbert": [[2, 40, 41, 42, 3], [2, *range(20, 50), 3]],
    "tiny-roberta": [[0, 5, 9, 60, 2], [0, 2], [0, *range(10, 48), 2]],
}


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, sequences in SEQUENCES.items():
        extra = {} if name == "tiny-distilbert" else {"add_pooling_layer": False}
        network = transformers.AutoModel.from_pretrained(MODELS / name, attn_implementation="eager", **extra).eval()
        loss, states, row = 0, [], 0
        for ids in sequences:
            state = network(input_ids=torch.tensor([ids])).last_hidden_state[0]
            rows = torch.arange(row, row + len(ids)).unsqueeze(1)
            columns = torch.arange(state.shape[1]).unsqueeze(0)
            loss = loss + (state * torch.sin(rows * 7.0 + columns * 3.0)).sum()
            row += len(ids)
            states.append([round(x, 7) for x in state[0].tolist()])
        loss.backward()
        gradients = {}
        for key, parameter in network.named_parameters():
            flat = parameter.grad.flatten()
            places = sorted({0, 1, len(flat) // 3, len(flat) // 2, len(flat) - 1})
            entries = [[place, flat[place].item()] for place in places]
            gradients[key] = {"norm": flat.norm().item(), "entries": entries}
        expected = {"sequences": sequences, "loss": loss.item(), "firstStates": states, "gradients": gradients}
        (FOLDER / f"gradients-{name}.json").write_text(json.dumps(expected))
        print(name, loss.item(), len(gradients), "parameters")


if __name__ == "__main__":
    main()
