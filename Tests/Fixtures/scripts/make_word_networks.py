#!/usr/bin/env python3
"""Makes tiny models over words (WordEmbeddings, WordWeights, LSTM, CNN, Dense) with what sentence-transformers computes for them.

    pip install torch sentence-transformers
    python Tests/Fixtures/scripts/make_word_networks.py Tests/NeedletailModelsTests/Fixtures/words

Texts are embedded one at a time: in a batch sentence-transformers lets convolutions see the vector of word 0 behind shorter texts.
"""
import json
import pathlib
import shutil
import sys

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import (
    CNN, LSTM, Dense, Normalize, Pooling, WordEmbeddings, WordWeights)
from sentence_transformers.sentence_transformer.modules.tokenizer import WhitespaceTokenizer

WORDS = ["needle", "hay", "stack", "fox", "Quick", "quick", "jumps", "über", "don't", "dog", "(odd)", "lazy"]
TEXTS = [
    "needle hay stack", "The Quick, quick FOX jumps!", "Über (odd) don't ... dog's", "", "unknown words only", "lazy",
    "hay\u00a0needle\tstack\u2003dog\x1cfox", "needle needle hay fox dog lazy jumps über stack quick Quick hay", "a hay of the Dog",
]


def words(lowercases=False, limit=1000):
    tokenizer = WhitespaceTokenizer(WORDS, stop_words=["the", "a", "of"], do_lower_case=lowercases)
    return WordEmbeddings(tokenizer, torch.randn(len(WORDS), 6), max_seq_length=limit)


def models():
    weights = {"needle": 2.5, "hay": 0.25, "quick": 1.5, "fox": 0.75}
    yield "weighted", [words(), WordWeights(WORDS, weights, 0.5), Pooling(6, pooling_mode="mean"), Dense(6, 5), Normalize()]
    yield "recurrent", [words(limit=7), LSTM(6, 4, num_layers=2, bidirectional=True), Pooling(8, pooling_mode="max")]
    yield "forward", [words(), LSTM(6, 5, bidirectional=False), Pooling(5, pooling_mode="mean")]
    yield "convolved", [
        words(lowercases=True), CNN(6, 3, [1, 3, 5]), Pooling(9, pooling_mode=["mean", "mean_sqrt_len_tokens"]),
        Dense(18, 4, bias=False, activation_function=torch.nn.Identity())]


def main(target):
    shutil.rmtree(target, ignore_errors=True)
    torch.manual_seed(5)
    for name, modules in models():
        model = SentenceTransformer(modules=modules, device="cpu")
        place = target / name
        model.save(str(place), create_model_card=False)
        texts = TEXTS if name != "recurrent" else [text for text in TEXTS if modules[0].tokenizer.tokenize(text)]
        vectors = [model.encode(text).tolist() for text in texts]
        (place / "expected.json").write_text(json.dumps({"texts": texts, "vectors": vectors}))


main(pathlib.Path(sys.argv[1]))
