"""Makes Tests/NeedletailTrainingTests/Fixtures/gradients-*.json: gradients of whole tiny networks, computed by PyTorch; those of
SPLADE models go to gradients-sparse-*.json.

    python Tests/Fixtures/scripts/make_training.py

Needs torch and transformers, and the tiny networks of make_transformers.py and make_heads.py. For each network: the states of a few sequences, a
loss (the sum of states, or weights of terms, times fixed numbers), and of every parameter's gradient its norm and a few entries.
"""

import json
import math
from pathlib import Path

import torch
import transformers

TESTS = Path(__file__).resolve().parents[2]
MODELS = TESTS / "NeedletailModelsTests" / "Fixtures" / "transformers"
HEADS = TESTS / "NeedletailModelsTests" / "Fixtures" / "sparse"
FOLDER = TESTS / "NeedletailTrainingTests" / "Fixtures"
SEQUENCES = {
    "tiny-bert": [[2, 40, 41, 42, 3], [2, 3], [2, *range(20, 50), 3]],
    "tiny-distilbert": [[2, 40, 41, 42, 3], [2, *range(20, 50), 3]],
    "tiny-roberta": [[0, 5, 9, 60, 2], [0, 2], [0, *range(10, 48), 2]],
}


def entries(network):
    gradients = {}
    for key, parameter in network.named_parameters():
        flat = parameter.grad.flatten()
        places = sorted({0, 1, len(flat) // 3, len(flat) // 2, len(flat) - 1})
        gradients[key] = {"norm": flat.norm().item(), "entries": [[place, flat[place].item()] for place in places]}
    return gradients


def sparse(name, sequences):
    """Formal et al., 2021: the maximum over a text's tokens of log(1 + relu(score)), for each term of the vocabulary."""
    network = transformers.AutoModelForMaskedLM.from_pretrained(HEADS / name, attn_implementation="eager").eval()
    loss, weights = 0, []
    for row, ids in enumerate(sequences):
        weight = torch.log1p(torch.relu(network(input_ids=torch.tensor([ids])).logits[0])).amax(0)
        loss = loss + (weight * torch.sin(row * 7.0 + torch.arange(len(weight)) * 3.0)).sum()
        weights.append([round(x, 7) for x in weight.tolist()])
    loss.backward()
    # files have the bias of the shared scores by itself
    gradients = {key.replace(".decoder.bias", ".bias"): value for key, value in entries(network).items()}
    expected = {"sequences": sequences, "loss": loss.item(), "firstStates": weights, "gradients": gradients}
    (FOLDER / f"gradients-sparse-{name}.json").write_text(json.dumps(expected))
    print("sparse", name, loss.item(), sorted(gradients)[-6:])


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
        gradients = entries(network)
        expected = {"sequences": sequences, "loss": loss.item(), "firstStates": states, "gradients": gradients}
        (FOLDER / f"gradients-{name}.json").write_text(json.dumps(expected))
        print(name, loss.item(), len(gradients), "parameters")
        sparse(name.removeprefix("tiny-"), sequences)


if __name__ == "__main__":
    main()
