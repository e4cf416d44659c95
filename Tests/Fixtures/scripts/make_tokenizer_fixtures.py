#!/usr/bin/env python3
"""Writes the WordPiece fixtures of NeedletailTextTests with the `tokenizers` package.

    pip install tokenizers
    python Tests/Fixtures/scripts/make_tokenizer_fixtures.py Tests/NeedletailTextTests/Fixtures/wordpiece

The vocabulary is made up. Lines come from a generator that `GeneratedLines.swift` repeats; for each tokenizer the file
holds one hash for each block of lines, and the ids and byte ranges of the first lines in full.
"""
import json
import pathlib
import sys

from tokenizers import Tokenizer

MASK = (1 << 64) - 1
LINES, BLOCK, EXAMPLES = 12_000, 200, 60
RANGES = [(0x20, 0x7F), (0xA0, 0x180), (0x300, 0x370), (0x370, 0x400), (0x400, 0x460), (0x590, 0x700), (0x900, 0x980), (0xE00, 0xE60),
          (0x1100, 0x1200), (0x1E00, 0x2070), (0x3000, 0x3100), (0x4E00, 0x4E80), (0xAC00, 0xAD00), (0xF900, 0xFA00), (0xFE00, 0xFF70),
          (0x1D150, 0x1D180), (0x1F300, 0x1F680), (0, 0x20), (0x1B40, 0x1B50), (0xE000, 0xE010)]
MARKERS = ["[SEP]", "[CLS]", "[MASK]", "[UNK]", "[PAD]", "[sep]", "[SEP", "<ab>", "fad", "Hij", "hij"]
SEPARATORS = ["", "\t", " ", " ", " "]


class Random:
    """SplitMix64."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, bound):
        return self.next() % bound


def word(random, length):
    return "".join(chr(97 + random.below(10)) for _ in range(length))


def piece(random):
    kind = random.below(10)
    if kind <= 3:
        return word(random, 1 + random.below(8))
    if kind == 4:
        return word(random, 1 + random.below(8)).upper()
    if kind == 5:
        low, high = RANGES[random.below(len(RANGES))]
        return "".join(chr(low + random.below(high - low)) for _ in range(1 + random.below(6)))
    if kind == 6:
        return word(random, 90 + random.below(30)) if random.below(4) == 0 else word(random, 12)
    if kind == 7:
        return MARKERS[random.below(len(MARKERS))]
    if kind == 8:
        return chr(33 + random.below(15))
    return str(random.below(100_000))


def line(random):
    text = ""
    for _ in range(1 + random.below(24)):
        text += piece(random) + SEPARATORS[random.below(len(SEPARATORS))]
    return text


def vocabulary():
    random = Random(7)
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = [chr(c) for c in [*range(33, 127), 0xDF, 0xE9, 0xE5, 0x131, *range(0x3B1, 0x3C9), *range(0x430, 0x450), *range(0x5D0, 0x5EB),
                                *range(0x627, 0x64B), *range(0x904, 0x940), *range(0xE01, 0xE2F), *range(0x1100, 0x1113),
                                *range(0x1161, 0x1176), *range(0x11A8, 0x11C3), *range(0x3041, 0x3097), *range(0x4E00, 0x4E40)]]
    tokens += letters + ["##" + letter for letter in letters]
    for _ in range(500):
        tokens += [word(random, 2 + random.below(3)), "##" + word(random, 2 + random.below(3))]
    tokens += ["Abc", "##BC", "e\u0301", "##\u0301"]
    return {token: number for number, token in enumerate(dict.fromkeys(tokens))}


def added(content, number, **options):
    base = dict(id=number, content=content, single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
    return {**base, **options}


def description(vocab, normalizer, more=()):
    specials = [added(token, vocab[token]) for token in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")]
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": specials + list(more),
        "normalizer": {"type": "BertNormalizer", **normalizer}, "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                       {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
            "pair": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                     {"SpecialToken": {"id": "[SEP]", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}},
                     {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
            "special_tokens": {token: {"id": token, "ids": [vocab[token]], "tokens": [token]} for token in ("[CLS]", "[SEP]")}},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
                  "vocab": vocab}}


def digest(hash_, ids):
    for value in [*ids, -1]:
        for byte in (value & 0xFFFFFFFF).to_bytes(4, "little"):
            hash_ = ((hash_ ^ byte) * 0x100000001B3) & MASK
    return hash_


def golden(tokenizer, lines):
    blocks, examples = [], []
    for start in range(0, len(lines), BLOCK):
        hash_ = 0xCBF29CE484222325
        for text in lines[start:start + BLOCK]:
            hash_ = digest(hash_, tokenizer.encode(text).ids)
        blocks.append(f"{hash_:016x}")
    for text in lines[:EXAMPLES]:
        encoding = tokenizer.encode(text)
        offsets = [0]
        for character in text:
            offsets.append(offsets[-1] + len(character.encode()))
        examples.append({"text": text, "ids": encoding.ids, "ranges": [[offsets[a], offsets[b]] for a, b in encoding.offsets]})
    return {"blockSize": BLOCK, "blocks": blocks, "examples": examples}


def main(folder):
    vocab = vocabulary()
    number = len(vocab)
    bert = dict(clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True)
    variants = {
        "uncased": description(vocab, bert),
        "cased": description(vocab, {**bert, "lowercase": False}),
        "accents": description(vocab, {**bert, "lowercase": False, "strip_accents": True}),
        "bare": description(vocab, dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=True)),
        "added": description(vocab, bert, [added("<ab>", number, lstrip=True), added("fad", number + 1, single_word=True),
                                           added("Hij", number + 2, rstrip=True, normalized=True)]),
    }
    random = Random(42)
    lines = [line(random) for _ in range(LINES)]
    for name, content in variants.items():
        directory = folder / name
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "tokenizer.json").write_text(json.dumps(content, ensure_ascii=True, separators=(",", ":")) + "\n")
        tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
        (directory / "golden.json").write_text(json.dumps(golden(tokenizer, lines), separators=(",", ":")) + "\n")
    plain = folder / "vocabulary"
    plain.mkdir(exist_ok=True)
    (plain / "vocab.txt").write_text("".join(token + "\n" for token in vocab))
    (plain / "tokenizer_config.json").write_text(json.dumps(
        {"do_lower_case": True, "tokenize_chinese_chars": True, "strip_accents": None, "model_max_length": 512,
         "tokenizer_class": "BertTokenizer"}) + "\n")


main(pathlib.Path(sys.argv[1]))
