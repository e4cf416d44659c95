#!/usr/bin/env python3
"""Makes tiny models of many architectures, tokenizers included, with what the Python references compute for them.

    pip install torch transformers sentence-transformers tokenizers sentencepiece
    python Tests/Fixtures/scripts/make_architectures.py Tests/NeedletailModelsTests/Fixtures/architectures [NAME...]

Each directory is one that sentence-transformers loads. expected.json holds texts, their ids, the vectors of
sentence-transformers and, for the first texts, the last hidden states of transformers; for causal models also the logits after
the last token and a greedy continuation.
"""
import json
import pathlib
import random
import shutil
import sys

import torch
import transformers
from sentence_transformers import SentenceTransformer
from sentence_transformers.models import Normalize, Pooling, Transformer
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

MAXIMUM_TOKENS = 48
SPECIALS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
TEXTS = [
    "needle in a haystack", "", "Ba", "Hello, World! The quick brown fox jumps over the lazy dog; twice, thrice, 42 times.",
    "hay " * 100, "crème brûlée", "bakodi muraste\n\n12345 it's", "unknown: 漢字 \U0001f600 end", " two  blanks ",
]
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def corpus():
    generator = random.Random(3)
    parts = ["ba", "di", "ko", "mu", "ra", "ste", "in", "lo", "ing", "er", "hay", "the", "needle", "stack", "quick"]
    return [" ".join("".join(generator.choice(parts) for _ in range(generator.randrange(1, 4))) for _ in range(12)) for _ in range(800)]


def byte_level(split=None, prefix=None, suffix="</s>", pair=None):
    tokenizer = Tokenizer(models.BPE())
    blanks = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=split is None)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(split), "isolated"), blanks]) if split else blanks
    trainer = trainers.BpeTrainer(vocab_size=320, special_tokens=SPECIALS, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(corpus(), trainer)
    frame = [*([prefix] if prefix else []), "$A", *([suffix] if suffix else [])]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=" ".join(frame), pair=pair, special_tokens=[(token, SPECIALS.index(token)) for token in ("<s>", "</s>")])
    return tokenizer


def roberta_tokenizer():
    tokenizer = byte_level()
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)
    return tokenizer


def unigram():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    trainer = trainers.UnigramTrainer(vocab_size=120, special_tokens=SPECIALS, unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(corpus(), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    return tokenizer


def fast(tokenizer):
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>", mask_token="<mask>",
        cls_token="<s>", sep_token="</s>", model_max_length=MAXIMUM_TOKENS)


def scramble(network):
    """Random weights of the size that trained networks have relative to their inputs, biases and norms that matter."""
    generator = torch.Generator().manual_seed(7)
    for name, parameter in network.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if parameter.dim() == 2:
            parameter.data = noise * (0.8 if "embed" in name or "bias" in name else 1.3 / parameter.shape[1] ** 0.5)
        else:
            parameter.data = noise * 0.2 + (1.0 if "norm" in name.lower() and name.endswith("weight") else 0.0)


def base(**more):
    return dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=44, pad_token_id=1, bos_token_id=0,
                eos_token_id=2) | more


def bert_like(**more):
    return base(max_position_embeddings=MAXIMUM_TOKENS + 4, type_vocab_size=1, layer_norm_eps=1e-5) | more


def architectures():
    t = transformers
    llama3_scaling = dict(rope_type="llama3", rope_theta=5000.0, factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16)
    decoder = dict(max_position_embeddings=64, num_key_value_heads=2, rms_norm_eps=1e-5)
    return {
        "roberta": (roberta_tokenizer, t.RobertaConfig, bert_like(), t.RobertaModel, "mean"),
        "xlm-roberta": (unigram, t.XLMRobertaConfig, bert_like(), t.XLMRobertaModel, "cls"),
        "mpnet": (roberta_tokenizer, t.MPNetConfig, bert_like(relative_attention_num_buckets=32), t.MPNetModel, "mean"),
        "modernbert": (roberta_tokenizer, t.ModernBertConfig, base(
            num_hidden_layers=4, max_position_embeddings=64, local_attention=8, cls_token_id=0, sep_token_id=2), t.ModernBertModel, "mean"),
        "nomic-bert": (roberta_tokenizer, t.NomicBertConfig, base(max_position_embeddings=64, type_vocab_size=2), t.NomicBertModel, "mean"),
        "llama": (lambda: byte_level(LLAMA3, prefix="<s>", suffix=None), t.LlamaConfig, base(rope_parameters=llama3_scaling, **decoder), t.LlamaForCausalLM, "lasttoken"),
        "mistral": (lambda: byte_level(prefix="<s>"), t.MistralConfig, base(sliding_window=6, **decoder), t.MistralForCausalLM, "lasttoken"),
        "qwen2": (lambda: byte_level(LLAMA3.replace("{1,3}", "")), t.Qwen2Config, base(
            tie_word_embeddings=True, rope_parameters=dict(rope_type="linear", factor=2.0, rope_theta=10000.0), **decoder), t.Qwen2ForCausalLM, "lasttoken"),
        "qwen3": (lambda: byte_level(LLAMA3.replace("{1,3}", "")), t.Qwen3Config, base(
            head_dim=12, tie_word_embeddings=True, **decoder), t.Qwen3ForCausalLM, "mean"),
    }


def make(name, folder):
    make_tokenizer, configuration_type, settings, network_type, pooling = architectures()[name]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tokenizer = fast(make_tokenizer())
    torch.manual_seed(1)
    configuration = configuration_type(vocab_size=len(tokenizer), **settings)
    options = dict(add_pooling_layer=False) if network_type.__name__ in ("RobertaModel", "XLMRobertaModel", "MPNetModel", "NomicBertModel") else {}
    network = network_type(configuration, **options)
    scramble(network)
    network.tie_weights()
    network.eval()
    plain = folder / "plain"
    network.save_pretrained(plain)
    tokenizer.save_pretrained(plain)
    module = Transformer(str(plain), max_seq_length=MAXIMUM_TOKENS)
    sentence = SentenceTransformer(modules=[module, Pooling(32, pooling_mode=pooling), Normalize()], device="cpu")
    sentence.save(str(folder), create_model_card=False)
    shutil.rmtree(plain)
    # What is not trained with the network is kept: language models keep their head.
    network.save_pretrained(folder)
    expected = {"texts": TEXTS, "ids": [], "vectors": [], "states": []}
    loaded = SentenceTransformer(str(folder), device="cpu")
    core = getattr(network, "model", network)
    with torch.inference_mode():
        for index, text in enumerate(TEXTS):
            ids = tokenizer(text, truncation=True, max_length=MAXIMUM_TOKENS)["input_ids"]
            expected["ids"].append(ids)
            vector = loaded.encode([text], convert_to_tensor=True)[0].tolist() if ids else [0.0] * 32
            expected["vectors"].append([round(x, 7) for x in vector])
            if index in (0, 3):
                states = core(input_ids=torch.tensor([ids])).last_hidden_state[0]
                expected["states"].append([[round(x, 6) for x in row] for row in states.tolist()])
        if "ForCausalLM" in network_type.__name__:
            ids = torch.tensor([expected["ids"][0]])
            expected["logits"] = [round(x, 5) for x in network(input_ids=ids).logits[0, -1].tolist()]
            network.generation_config = transformers.GenerationConfig(pad_token_id=1)
            generated = network.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=24, do_sample=False)
            expected["continuation"] = generated[0, ids.shape[1]:].tolist()
    (folder / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
    for path in folder.rglob("*"):
        if path.name in ("README.md", "generation_config.json", "special_tokens_map.json"):
            path.unlink()
    print(name, sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()))


def main():
    for name in sys.argv[2:] or architectures():
        make(name, pathlib.Path(sys.argv[1]) / name)


main()
