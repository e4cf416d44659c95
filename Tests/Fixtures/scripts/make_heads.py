#!/usr/bin/env python3
"""Makes tiny cross-encoders and SPLADE models with what sentence-transformers computes for them, and the weights that the tiny language
models of make_architectures.py give to terms when they read a text twice.

    pip install torch transformers sentence-transformers tokenizers
    python Tests/Fixtures/scripts/make_heads.py Tests/NeedletailModelsTests/Fixtures

Tokenizers are those of the folders that make_transformers.py and make_architectures.py made.
"""
import json
import pathlib
import shutil
import sys

import torch
import transformers
from sentence_transformers import CrossEncoder, SparseEncoder
from sentence_transformers.sparse_encoder.modules import MLMTransformer, SpladePooling

PAIRS = [("needle", "a needle in the hay"), ("", "hay"), ("find the fox", ""), ("the quick fox", "hay " * 60), ("hay " * 30, "needle " * 60)]
TEXTS = ["needle in a haystack", "", "find the quick fox", "hay " * 80, "hello, world!"]
ECHOES = ["llama", "mistral", "qwen3"]
SHAPE = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=44)


def scramble(network, spread=1.3):
    generator = torch.Generator().manual_seed(9)
    for name, parameter in network.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if parameter.dim() == 2:
            parameter.data = noise * (0.8 if "embeddings" in name else spread / parameter.shape[1] ** 0.5)
        else:
            parameter.data = noise * 0.2 + (1.0 if "norm" in name.lower() and name.endswith("weight") else 0.0)
    network.tie_weights()
    return network.eval()


def configurations(tokenizers):
    t = transformers
    bert, roberta = (len(t.AutoTokenizer.from_pretrained(path)) for path in tokenizers)
    more = dict(max_position_embeddings=60, num_labels=1)
    return {
        "bert": (0, t.BertConfig(vocab_size=bert, **SHAPE, **more), t.BertForSequenceClassification, t.BertForMaskedLM),
        "distilbert": (0, t.DistilBertConfig(vocab_size=bert, dim=32, n_layers=2, n_heads=4, hidden_dim=44, **more),
                       t.DistilBertForSequenceClassification, t.DistilBertForMaskedLM),
        "roberta": (1, t.RobertaConfig(vocab_size=roberta, pad_token_id=1, bos_token_id=0, eos_token_id=2, type_vocab_size=1, layer_norm_eps=1e-5, **SHAPE, **more),
                    t.RobertaForSequenceClassification, t.RobertaForMaskedLM),
    }


def save(network, tokenizer, place):
    shutil.rmtree(place, ignore_errors=True)
    plain = place / "plain"
    network.save_pretrained(plain)
    transformers.AutoTokenizer.from_pretrained(tokenizer).save_pretrained(plain)
    return plain


def finish(place, expected):
    shutil.rmtree(place / "plain")
    (place / "README.md").unlink(missing_ok=True)
    (place / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
    print(place, sorted(path.name for path in place.rglob("*") if path.is_file()))


def echo(place):
    """Doshi et al., 2024: the text twice, the maximum over the second copy (and the token before it) of log(1 + relu(h E'))."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(place)
    network = transformers.AutoModelForCausalLM.from_pretrained(place).eval()
    declared = json.loads((place / "config.json").read_text())
    framed = tokenizer("a")["input_ids"]
    frame = tokenizer("")["input_ids"]
    before = next((i for i, (x, y) in enumerate(zip(frame, framed)) if x != y), len(frame))
    silent = set(frame) | {declared.get(key) for key in ("bos_token_id", "eos_token_id", "pad_token_id")} - {None}
    vectors = []
    # Only texts that are not cut.
    texts = [text for text in TEXTS if len(tokenizer(text)["input_ids"]) <= 20]
    for text in texts:
        ids = tokenizer(text)["input_ids"]
        ids = ids[before : len(ids) - (len(frame) - before)]
        weights = torch.zeros(network.config.vocab_size)
        if ids:
            with torch.no_grad():
                states = network.model(torch.tensor([frame[:before] + ids + ids])).last_hidden_state[0]
            scores = states[-len(ids) - 1 :] @ network.model.embed_tokens.weight.T
            weights = torch.log1p(torch.relu(scores)).amax(0)
            weights[list(silent)] = 0
        vectors.append([round(x, 6) for x in weights.tolist()])
    (place / "echo.json").write_text(json.dumps({"texts": texts, "vectors": vectors}, separators=(",", ":")) + "\n")


def main(folder):
    for name in ECHOES:
        echo(folder / "architectures" / name)
    tokenizers = [folder / "transformers" / "tiny-bert", folder / "architectures" / "roberta"]
    for name, (kind, configuration, classifier, language_model) in configurations(tokenizers).items():
        place = folder / "rerankers" / name
        model = CrossEncoder(str(save(scramble(classifier(configuration)), tokenizers[kind], place)), max_length=48, device="cpu")
        model.save(str(place))
        finish(place, {"pairs": PAIRS, "scores": [float(score) for score in model.predict(PAIRS)]})

        place = folder / "sparse" / name
        plain = save(scramble(language_model(configuration), 0.9), tokenizers[kind], place)
        model = SparseEncoder(modules=[MLMTransformer(str(plain), max_seq_length=48), SpladePooling("max")], device="cpu")
        model.save(str(place))
        vectors = [model.encode([text], convert_to_sparse_tensor=False)[0].tolist() for text in TEXTS]
        finish(place, {"texts": TEXTS, "vectors": [[round(x, 6) for x in vector] for vector in vectors]})
        if name == "bert":
            summing = SparseEncoder(modules=[MLMTransformer(str(place), max_seq_length=48), SpladePooling("sum")], device="cpu")
            vectors = [summing.encode([text], convert_to_sparse_tensor=False)[0].tolist() for text in TEXTS]
            summed = {"texts": TEXTS, "vectors": [[round(x, 7) for x in vector] for vector in vectors]}
            (place / "summed.json").write_text(json.dumps(summed, separators=(",", ":")) + "\n")


main(pathlib.Path(sys.argv[1]))
