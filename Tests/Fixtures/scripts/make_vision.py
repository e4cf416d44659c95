#!/usr/bin/env python3
"""Makes a tiny vision transformer and what the library transformers computes for a picture, and a picture in other sizes by Pillow.

    pip install torch transformers pillow
    python Tests/Fixtures/scripts/make_vision.py Tests/NeedletailModelsTests/Fixtures
"""
import json
import pathlib
import shutil
import sys

import torch
import transformers
from PIL import Image


def scramble(network):
    generator = torch.Generator().manual_seed(9)
    for name, parameter in network.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if parameter.dim() >= 2:
            parameter.data = noise * (0.5 if "embeddings" in name else 1.3 / parameter[0].numel() ** 0.5)
        else:
            parameter.data = noise * 0.2 + (1.0 if "norm" in name and name.endswith("weight") else 0.0)
    return network.eval()


def picture(width, height):
    data = bytes((x * 7 + y * 13 + c * 41 + x * y * (c + 1)) % 256 for y in range(height) for x in range(width) for c in range(3))
    return Image.frombytes("RGB", (width, height), data)


def main():
    place = pathlib.Path(sys.argv[1]) / "vision"
    shutil.rmtree(place, ignore_errors=True)
    configuration = transformers.ViTConfig(
        hidden_size=36, num_hidden_layers=3, num_attention_heads=4, intermediate_size=44, image_size=20, patch_size=5, layer_norm_eps=1e-6)
    network = scramble(transformers.ViTModel(configuration, add_pooling_layer=False))
    network.save_pretrained(place)
    settings = {"do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": [0.5, 0.4, 0.3], "image_std": [0.5, 0.25, 0.2]}
    (place / "preprocessor_config.json").write_text(json.dumps(settings) + "\n")
    own = picture(20, 20)
    pixels = torch.tensor(list(own.tobytes())).reshape(20, 20, 3).permute(2, 0, 1).float() / 255
    pixels = (pixels - torch.tensor(settings["image_mean"])[:, None, None]) / torch.tensor(settings["image_std"])[:, None, None]
    with torch.no_grad():
        states = network(pixel_values=pixels[None]).last_hidden_state[0]
    scaled = {f"{w}x{h}": list(picture(23, 17).resize((w, h), Image.BILINEAR).tobytes()) for w, h in [(9, 8), (40, 30), (23, 5)]}
    expected = {"states": [[round(x, 6) for x in row] for row in states.tolist()], "scaled": scaled}
    (place / "expected.json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main()
