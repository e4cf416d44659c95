#!/usr/bin/env python3
"""Makes tiny models of late interaction in the three layouts there are, with what sentence-transformers computes for them.

    pip install torch transformers sentence-transformers
    python Tests/Fixtures/scripts/make_multivector.py Tests/NeedletailModelsTests/Fixtures

The network and the tokenizer are those of the folder tiny-bert that make_transformers.py made.
"""
import json
import pathlib
import shutil
import string
import sys

import torch
import transformers
from safetensors.torch import load_file, save_file
from sentence_transformers import MultiVectorEncoder
from sentence_transformers.base.modules.dense import Dense
from sentence_transformers.base.modules.transformer import Transformer
from sentence_transformers.multi_vector_encoder.modules import MultiVectorMask
from sentence_transformers.sentence_transformer.modules import Normalize

TEXTS = ["needle in a haystack", "", "find the quick fox", "hay " * 80, "hello, world!", "a, b. c"]


def dense(size, bias):
    module = Dense(in_features=size, out_features=6, bias=bias, activation_function=torch.nn.Identity(), module_input_name="token_embeddings")
    for parameter in module.parameters():
        parameter.data = torch.randn(parameter.shape, generator=torch.Generator().manual_seed(4)) * 0.3
    return module


def clean(place):
    for name in ["README.md", "vocab.txt"]:
        (place / name).unlink(missing_ok=True)


def native(base, place, expansion, skiplist_tasks, prompts, bias):
    network = Transformer(str(base), document_length=14, query_expansion=expansion)
    mask = MultiVectorMask(skiplist_words=list(string.punctuation), skiplist_tasks=skiplist_tasks)
    modules = [network, dense(network.get_embedding_dimension(), bias), mask, Normalize(module_input_name="token_embeddings")]
    MultiVectorEncoder(modules=modules, prompts=prompts).save(str(place))


def older(base, place):
    """As PyLate saved: two modules, the rest beside the prompts; its markers are tokens of the vocabulary."""
    native(base, place, None, ["document"], {"query": "", "document": ""}, False)
    modules = json.loads((place / "modules.json").read_text())[:2]
    modules[1]["type"] = "pylate.models.Dense.Dense"
    (place / "modules.json").write_text(json.dumps(modules))
    (place / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 24, "do_lower_case": False}))
    (place / "config_sentence_transformers.json").write_text(json.dumps({
        "model_type": "ColBERT", "prompts": {}, "default_prompt_name": None, "similarity_fn_name": "MaxSim", "query_prefix": "fox ",
        "document_prefix": "[Z] ", "query_length": 10, "document_length": 12, "attend_to_expansion_tokens": True, "skiplist_words": [",", "."]}))
    for folder in ["2_MultiVectorMask", "3_Normalize"]:
        shutil.rmtree(place / folder, ignore_errors=True)


def inline(base, place):
    """As ColBERT's authors publish: the projection beside the network, the settings in artifact.metadata."""
    place.mkdir(parents=True)
    tokenizer = transformers.AutoTokenizer.from_pretrained(base)
    network = transformers.AutoModel.from_pretrained(base)
    network.save_pretrained(place)
    tokenizer.save_pretrained(place)
    tensors = {f"bert.{name}": tensor for name, tensor in load_file(place / "model.safetensors").items()}
    tensors["linear.weight"] = dense(network.config.hidden_size, False).linear.weight.data.clone()
    save_file(tensors, place / "model.safetensors", {"format": "pt"})
    configuration = json.loads((place / "config.json").read_text()) | {"architectures": ["HF_ColBERT"]}
    (place / "config.json").write_text(json.dumps(configuration, indent=1))
    (place / "artifact.metadata").write_text(json.dumps({
        "query_token_id": "hay", "doc_token_id": "fox", "query_maxlen": 11, "doc_maxlen": 13, "mask_punctuation": True,
        "attend_to_mask_tokens": False}))


def main():
    fixtures = pathlib.Path(sys.argv[1])
    base = fixtures / "transformers" / "tiny-bert"
    fixed = {"strategy": "fixed", "attend": False, "length": 12}
    least = {"strategy": "min", "attend": True, "length": 9}
    makers = {
        "fixed": lambda place: native(base, place, fixed, ["document"], {"query": "find ", "document": "hay "}, False),
        "least": lambda place: native(base, place, least, ["query"], {"query": "", "document": ""}, True),
        "plain": lambda place: native(base, place, None, ["query", "document"], {"query": "", "document": ""}, False),
        "older": lambda place: older(base, place), "inline": lambda place: inline(base, place),
    }
    for name, make in makers.items():
        place = fixtures / "multivector" / name
        shutil.rmtree(place, ignore_errors=True)
        make(place)
        clean(place)
        model = MultiVectorEncoder(str(place), device="cpu")
        rounded = lambda vectors: [[[round(x, 6) for x in row] for row in text.tolist()] for text in vectors]
        expected = {"texts": TEXTS, "query": rounded(model.encode_query(TEXTS)), "document": rounded(model.encode_document(TEXTS))}
        (place / "expected.json").write_text(json.dumps(expected) + "\n")
        print(name, [len(v) for v in expected["query"]], [len(v) for v in expected["document"]])


if __name__ == "__main__":
    main()
