#!/usr/bin/env python3
"""Writes the byte-pair and unigram fixtures of NeedletailTextTests with the `tokenizers` package.

    pip install tokenizers sentencepiece
    python Tests/Fixtures/scripts/make_subword_fixtures.py Tests/NeedletailTextTests/Fixtures/subword

Texts are generated; vocabularies are trained on them. `lines.json` has the lines that are compared; for each tokenizer
`golden.json` has their ids and, for the first lines, byte ranges as far as ranges are defined alike.
"""
import io
import json
import pathlib
import random
import sys
import tempfile

import sentencepiece
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace("{1,3}", "")
RANGES = [(0x20, 0x7F), (0xA0, 0x180), (0x300, 0x370), (0x370, 0x400), (0x400, 0x460), (0x590, 0x700), (0x900, 0x980), (0xE00, 0xE60),
          (0x1100, 0x1200), (0x1E00, 0x2070), (0x3000, 0x3100), (0x4E00, 0x4E80), (0xAC00, 0xAD00), (0xF900, 0xFA00), (0xFE00, 0xFF70),
          (0x1D150, 0x1D180), (0x1F300, 0x1F680), (0, 0x20), (0xE000, 0xE010)]
MARKERS = ["<s>", "</s>", "<unk>", "<mask>", "<x>", "'s", "'S", "'\u017f", "'ll", "'RE", "don't", "\r\n", "\n\n \n", "   ", "\t\t", "1234567", "\u0663\u0664",
           "\u2581", "<0x41>", "\u00e9", "e\u0301", "\uac00", "\u1100\u1161", "\u200c", "\ufb01", "\uff21", "!?\n", "..."]
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


def word(generator):
    return "".join(generator.choice(["ba", "di", "ko", "mu", "ra", "ste", "in", "lo", "ing", "er"]) for _ in range(generator.randrange(1, 4)))


def piece(generator):
    kind = generator.random()
    if kind < 0.5:
        return word(generator)
    if kind < 0.58:
        return word(generator).capitalize()
    if kind < 0.7:
        low, high = generator.choice(RANGES)
        return "".join(chr(generator.randrange(low, high)) for _ in range(generator.randrange(1, 6)))
    if kind < 0.92:
        return generator.choice(MARKERS)
    if kind < 0.94:
        return generator.choice("aé한中") * generator.randrange(40, 60)
    return str(generator.randrange(10_000))


def line(generator):
    parts = [piece(generator) + generator.choice(["", " ", " ", " ", "  ", "\n"]) for _ in range(generator.randrange(1, 16))]
    return "".join(parts)


def plain(generator, count):
    return [" ".join(word(generator) for _ in range(12)) + generator.choice([".", "!", " 12", "\n"]) for _ in range(count)]


def byte_pairs(pre_tokenizer, texts, normalizer=None, post_processor=None, **options):
    tokenizer = Tokenizer(models.BPE(**options))
    tokenizer.pre_tokenizer = pre_tokenizer
    if normalizer:
        tokenizer.normalizer = normalizer
    trainer = trainers.BpeTrainer(vocab_size=420, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    if post_processor:
        tokenizer.post_processor = post_processor
    return json.loads(tokenizer.to_str())


def split(pattern):
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"),
                                    pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def sentencepiece_pairs(texts, prepends, unknown_only):
    """The form of Llama 2 (`prepends`) and of Mistral."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    specials = ["<unk>", "<s>", "</s>"] + ([] if unknown_only else BYTES)
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=len(specials) + 160, special_tokens=specials, show_progress=False))
    if prepends:
        tokenizer.pre_tokenizer = None
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    content = json.loads(tokenizer.to_str())
    content["model"].update(byte_fallback=not unknown_only, fuse_unk=prepends, unk_token="<unk>")
    content["added_tokens"] = content["added_tokens"][:3]
    return content


def unigram(texts, normalizer, pre_tokenizer, falls_back=False):
    tokenizer = Tokenizer(models.Unigram())
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    specials = ["<s>", "<pad>", "</s>", "<unk>"] + (BYTES if falls_back else [])
    tokenizer.train_from_iterator(texts, trainers.UnigramTrainer(vocab_size=len(specials) + 160, special_tokens=specials, unk_token="<unk>", show_progress=False))
    content = json.loads(tokenizer.to_str())
    content["model"]["byte_fallback"] = falls_back
    content["added_tokens"] = content["added_tokens"][:4]
    content["post_processor"] = json.loads(with_frame().to_str())["post_processor"]
    return content


def with_frame():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    return tokenizer


def fields(message):
    """The fields of a protocol-buffer message."""
    position = 0

    def number():
        nonlocal position
        value, shift = 0, 0
        while True:
            byte = message[position]
            position, value, shift = position + 1, value | (byte & 127) << shift, shift + 7
            if byte < 128:
                return value

    while position < len(message):
        key = number()
        size = {1: 8, 5: 4}.get(key & 7)
        if key & 7 == 0:
            yield key >> 3, number()
            continue
        size = number() if size is None else size
        yield key >> 3, message[position:position + size]
        position += size


def character_map(texts):
    """A small map as SentencePiece compiles it: full-width letters, ligatures, a composition, control characters."""
    rules = [([code], [code - 0xFEE0]) for code in range(0xFF01, 0xFF5F)] + [([0xFB01], [0x66, 0x69]), ([0x65, 0x301], [0xE9]),
             ([0x3000], [0x20]), ([0x09], [0x20]), ([0x0A], [0x20]), ([0x0D], [0x20]), ([0x200C], []), ([0x1100, 0x1161], [0xAC00])]
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as file:
        for source, target in rules:
            file.write(" ".join(f"{c:x}" for c in source) + "\t" + " ".join(f"{c:x}" for c in target) + "\n")
        file.flush()
        out = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(texts), model_writer=out, vocab_size=60, normalization_rule_tsv=file.name,
                                                 minloglevel=2, hard_vocab_limit=False)
    (specification,) = [value for field, value in fields(out.getvalue()) if field == 3]
    return dict(fields(specification))[2]


def variants(texts):
    roberta = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=False, add_prefix_space=False)
    llama = processors.Sequence([processors.ByteLevel(trim_offsets=False),
                                 processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 0)])])
    byte_level = pre_tokenizers.ByteLevel
    pieces = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    mapped = normalizers.Sequence([normalizers.Precompiled(character_map(texts)), normalizers.Replace(Regex(" {2,}"), " ")])
    plain_form = normalizers.Sequence([normalizers.NFKD(), normalizers.Lowercase(), normalizers.StripAccents()])
    return {
        "byte-level": byte_pairs(byte_level(add_prefix_space=False), texts, post_processor=roberta),
        "byte-level-prefix": byte_pairs(byte_level(add_prefix_space=True), texts, normalizers.NFC(), roberta),
        "llama3": byte_pairs(split(LLAMA3), texts, post_processor=llama, ignore_merges=True),
        "qwen2": byte_pairs(split(QWEN2), texts, normalizers.NFC()),
        "gpt2-nfkc": byte_pairs(split(GPT2), texts, normalizers.NFKC()),
        "llama2": sentencepiece_pairs(texts, True, False),
        "mistral": sentencepiece_pairs(texts, False, False),
        "mistral-unknown": sentencepiece_pairs(texts, False, True),
        "unigram-map": unigram(texts, mapped, pieces),
        "unigram-plain": unigram(texts, None, pre_tokenizers.Metaspace(prepend_scheme="always")),
        "unigram-bytes": unigram(texts, plain_form, pre_tokenizers.Metaspace(prepend_scheme="first"), True),
        "unigram-parts": unigram(texts, normalizers.Strip(), pre_tokenizers.Sequence(
            [pre_tokenizers.Whitespace(), pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.Punctuation("contiguous")])),
    }


def main(folder):
    generator = random.Random(11)
    texts = plain(generator, 1500)
    lines = ["", " ", "\n", "'s"] + [line(generator) for _ in range(250)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lines.json").write_text(json.dumps(lines) + "\n")
    for name, content in variants(texts).items():
        directory = folder / name
        directory.mkdir(exist_ok=True)
        (directory / "tokenizer.json").write_text(json.dumps(content, separators=(",", ":")) + "\n")
        tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
        golden = {"ids": [tokenizer.encode(text).ids for text in lines]}
        if content["post_processor"] and "pair" in json.dumps(content["post_processor"]) or "Roberta" in json.dumps(content["post_processor"]):
            pairs = [tokenizer.encode(a, b) for a, b in zip(lines[10:40], lines[40:70])]
            golden["pairs"] = [{"ids": pair.ids, "types": pair.type_ids} for pair in pairs]
        (directory / "golden.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


main(pathlib.Path(sys.argv[1]))
