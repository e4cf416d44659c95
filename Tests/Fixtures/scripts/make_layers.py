#!/usr/bin/env python3
"""Makes Tests/NeedletailNumericsTests/Fixtures/layers.json: an LSTM, a GRU and a small convolutional network as PyTorch computes them, with
the gradients of all weights and of the input.

    pip install torch
    python Tests/Fixtures/scripts/make_layers.py
"""
import json
import pathlib

import torch

PLACE = pathlib.Path(__file__).resolve().parents[2] / "NeedletailNumericsTests" / "Fixtures" / "layers.json"


def numbers(tensor):
    return [round(x, 7) for x in tensor.detach().flatten().tolist()]


def record(inputs, parameters, output, orders=None):
    """The output, and what the sum of output times sin(place) has for gradients; orders say how extents are turned."""
    turn = lambda tensor, order: tensor.permute(order) if order else tensor
    orders = orders or [None] * len(parameters)
    slope = torch.sin(torch.arange(output.numel(), dtype=torch.float32)).reshape(output.shape)
    gradients = torch.autograd.grad((output * slope).sum(), [inputs, *parameters])
    return {
        "input": numbers(inputs), "weights": [numbers(turn(p, o)) for p, o in zip(parameters, orders)], "output": numbers(output),
        "inputGradient": numbers(gradients[0]), "gradients": [numbers(turn(g, o)) for g, o in zip(gradients[1:], orders)]}


def main():
    torch.manual_seed(5)
    result = {}
    for name, kind in [("lstm", torch.nn.LSTM), ("gru", torch.nn.GRU)]:
        layer = kind(5, 7)
        steps = torch.randn(6, 3, 5, requires_grad=True)
        result[name] = record(steps, list(layer.parameters()), layer(steps)[0])
    convolution, classes = torch.nn.Conv2d(3, 4, 3, padding=1, stride=1), torch.nn.Linear(4 * 3 * 2, 5)
    pictures = torch.randn(2, 6, 5, 3, requires_grad=True)
    state = torch.nn.functional.max_pool2d(torch.relu(convolution(pictures.permute(0, 3, 1, 2))), 2)
    output = classes(state.permute(0, 2, 3, 1).reshape(2, -1))
    parameters = [convolution.weight, convolution.bias, classes.weight, classes.bias]
    result["cnn"] = record(pictures, parameters, output, [[0, 2, 3, 1], None, None, None])
    PLACE.write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
