"""Makes the tiny encoders of Tests/NeedletailModelsTests/Fixtures/transformers with what the Python reference computes for them.

    python Tests/Fixtures/scripts/make_transformers.py [DIRECTORY]

With the directory of all-MiniLM-L6-v2, also what the reference computes with it for a few texts; its weights stay where they are.

Needs torch, transformers, tokenizers and safetensors. Weights are random, wide enough apart that mistakes show; extents are no
multiples of what kernels work in. Each directory has the layout of sentence-transformers, and expected.json with texts, token
ids and unit vectors.
"""

import json
import string
import sys
from pathlib import Path

import tokenizers
import torch
import transformers
from safetensors.torch import save_file

FOLDER = Path(__file__).resolve().parents[2] / "NeedletailModelsTests" / "Fixtures" / "transformers"
MAXIMUM_TOKENS = 40
SHAPE = dict(hidden_size=48, num_hidden_layers=2, num_attention_heads=3, intermediate_size=76)
TEXTS = [
    "needle in a haystack",
    "",
    "a",
    "Hello, World! The quick brown fox jumps over the lazy dog; twice, thrice, 42 times.",
    "hay " * 100,
    "crème brûlée",
    "find the needle",
    "unknown: 漢字 \U0001f600 end",
]


def vocabulary():
    letters = string.ascii_lowercase + string.digits
    words = ["the", "in", "a", "of", "needle", "hay", "##stack", "hello", "world", "fox", "find", "quick", "##s", "##ing"]
    entries = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *string.punctuation, *letters, *("##" + c for c in letters), *words]
    return list(dict.fromkeys(entries))


def write_tokenizer(folder):
    (folder / "vocab.txt").write_text("\n".join(vocabulary()) + "\n")
    tokenizer = transformers.BertTokenizerFast(str(folder / "vocab.txt"), do_lower_case=True)
    tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
    settings = {"do_lower_case": True, "tokenizer_class": "BertTokenizer", "model_max_length": MAXIMUM_TOKENS}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2))
    return tokenizer


def write_numbers_as_words(folder, size):
    words = tokenizers.models.WordLevel({str(number): number for number in range(size)}, unk_token="0")
    tokenizer = tokenizers.Tokenizer(words)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    tokenizer.save(str(folder / "tokenizer.json"))


def write_modules(folder, pooling, width):
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    entries = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(modules)
    ]
    (folder / "modules.json").write_text(json.dumps(entries, indent=2))
    settings = {"max_seq_length": MAXIMUM_TOKENS, "do_lower_case": False}
    (folder / "sentence_bert_config.json").write_text(json.dumps(settings))
    settings = {"prompts": {}, "default_prompt_name": None, "similarity_fn_name": "cosine"}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(settings, indent=2))
    (folder / "1_Pooling").mkdir(exist_ok=True)
    modes = {"cls_token": "cls", "mean_tokens": "mean", "max_tokens": "max", "mean_sqrt_len_tokens": "none"}
    flags = {f"pooling_mode_{key}": mode == pooling for key, mode in modes.items()}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"word_embedding_dimension": width} | flags, indent=2))


def scramble(network):
    """Random weights of the size that trained networks have relative to their inputs, biases and norms that matter."""
    generator = torch.Generator().manual_seed(7)
    for name, parameter in network.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if parameter.dim() == 2:
            parameter.data = noise * (1.0 if "embeddings" in name else 1.5 / parameter.shape[1] ** 0.5)
        else:
            parameter.data = noise * 0.2 + (1.0 if "orm.weight" in name or "_norm.weight" in name else 0.0)


def pool(states, pooling):
    return {"mean": states.mean(0), "cls": states[0], "max": states.max(0).values}[pooling]


def make(name, network, pooling, sequences, texts, folder):
    scramble(network)
    network.eval()
    tensors = {k: v.contiguous() for k, v in network.state_dict().items() if "position_ids" not in k and "pooler" not in k}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    configuration = network.config.to_dict()
    configuration["architectures"] = [type(network).__name__]
    for key in ("transformers_version", "dtype", "_name_or_path"):
        configuration.pop(key, None)
    (folder / "config.json").write_text(json.dumps(configuration, indent=2, default=str))
    write_modules(folder, pooling, 48)
    vectors = []
    with torch.inference_mode():
        for ids in sequences:
            states = network(input_ids=torch.tensor([ids])).last_hidden_state[0]
            vectors.append(torch.nn.functional.normalize(pool(states, pooling), dim=0).tolist())
    expected = {"texts": texts, "ids": sequences, "vectors": [[round(x, 8) for x in v] for v in vectors]}
    (folder / "expected.json").write_text(json.dumps(expected))
    print(name, len(sequences), "texts,", (folder / "model.safetensors").stat().st_size, "bytes of weights")


def make_real(directory):
    """The vectors of a real model for a few texts."""
    network = transformers.AutoModel.from_pretrained(directory).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(directory)
    texts = TEXTS[:4] + ["hay " * 400, "Crème brûlée, 漢字 and \U0001f600"]
    vectors = []
    with torch.inference_mode():
        for text in texts:
            tokens = tokenizer(text, truncation=True, max_length=256, return_tensors="pt")
            vectors.append(torch.nn.functional.normalize(network(**tokens).last_hidden_state[0].mean(0), dim=0).tolist())
    expected = {"texts": texts, "ids": [], "vectors": [[round(x, 7) for x in v] for v in vectors]}
    (FOLDER / "all-MiniLM-L6-v2.json").write_text(json.dumps(expected))


def folder(name):
    path = FOLDER / name
    path.mkdir(parents=True, exist_ok=True)
    return path


def main():
    place = folder("tiny-bert")
    tokenizer = write_tokenizer(place)
    sequences = [tokenizer(text, truncation=True, max_length=MAXIMUM_TOKENS)["input_ids"] for text in TEXTS]
    size = len(vocabulary())
    configuration = transformers.BertConfig(vocab_size=size, max_position_embeddings=MAXIMUM_TOKENS + 4, **SHAPE)
    make("tiny-bert", transformers.BertModel(configuration, add_pooling_layer=False), "mean", sequences, TEXTS, place)

    place = folder("tiny-distilbert")
    write_tokenizer(place)
    configuration = transformers.DistilBertConfig(
        vocab_size=size, max_position_embeddings=MAXIMUM_TOKENS, dim=48, n_layers=2, n_heads=3, hidden_dim=76
    )
    make("tiny-distilbert", transformers.DistilBertModel(configuration), "cls", sequences, TEXTS, place)

    # texts of the RoBERTa family are pieces of bytes, which is the tokenizer's affair: here each is a list of ids
    place = folder("tiny-roberta")
    write_numbers_as_words(place, 64)
    sequences = [[0, 5, 9, 60, 2], [0, 2], [0, *range(10, 48), 2]]
    texts = [" ".join(map(str, ids)) for ids in sequences]
    configuration = transformers.RobertaConfig(
        vocab_size=64, max_position_embeddings=MAXIMUM_TOKENS + 2, type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=1,
        hidden_act="gelu_new", **SHAPE,
    )  # fmt: skip
    make("tiny-roberta", transformers.RobertaModel(configuration, add_pooling_layer=False), "max", sequences, texts, place)


if __name__ == "__main__":
    main()
    if len(sys.argv) > 1:
        make_real(sys.argv[1])
