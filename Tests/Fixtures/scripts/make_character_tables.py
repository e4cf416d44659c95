#!/usr/bin/env python3
"""Writes the character tables of NeedletailText.

The tables of tokenizers are read off the behaviour of the `tokenizers` package, scalar by scalar, because a model keeps
the Unicode version its tokenizer was built with. The word-break tables come from the `regex` package's Unicode database.

    pip install tokenizers regex
    python Tests/Fixtures/scripts/make_character_tables.py Sources/NeedletailText/Normalization

Each table is text: runs of `gap length value`, where `gap` counts the scalars since the end of the run before.
"""
import pathlib
import sys
import unicodedata

import regex
import tokenizers
from tokenizers import normalizers, pre_tokenizers

SCALARS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def runs(values):
    """Runs of equal non-zero values as `gap length value`."""
    words, end, position, keys = [], 0, 0, sorted(values)
    while position < len(keys):
        start, value = keys[position], values[keys[position]]
        stop = position + 1
        while stop < len(keys) and keys[stop] == start + stop - position and values[keys[stop]] == value:
            stop += 1
        length = stop - position
        words += [start - end, length, value]
        end, position = start + length, stop
    return words


def literal(name, comment, numbers):
    lines, line = [], ""
    for number in map(str, numbers):
        if len(line) + 1 + len(number) > 110:
            lines.append(line)
            line = number
        else:
            line = f"{line} {number}" if line else number
    lines.append(line)
    body = " \\\n".join("    " + text for text in lines)
    return f'  /// {comment}\n  static let {name} = """\n{body}\n    """\n'


def bert_tables():
    def bert(**settings):
        off = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
        return normalizers.BertNormalizer(**{**off, **settings}).normalize_str

    clean, chinese, strip, lower = bert(clean_text=True), bert(handle_chinese_chars=True), bert(strip_accents=True), bert(lowercase=True)
    decompose = normalizers.NFD().normalize_str
    split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    classes, combining, decompositions, lowercase = {}, {}, [], []
    decomposed = 0
    for scalar in SCALARS:
        character = chr(scalar)
        pieces = len(split("a" + character + "b"))
        value = 1 * (clean(character) == "") + 2 * (pieces == 2) + 4 * (pieces == 3)
        value += 8 * (chinese(character) != character) + 16 * (strip(character) == "")
        if value:
            classes[scalar] = value
        form = decompose(character)
        if form != character and not 0xAC00 <= scalar <= 0xD7A3:  # Hangul syllables decompose by arithmetic
            decompositions += [scalar - decomposed, len(form), *map(ord, form)]
            decomposed = scalar
        # A combining class other than zero lets a neighbour with a lower or higher class pass.
        if form == character and (decompose("a" + character + "\u0334") != "a" + character + "\u0334"
                                  or decompose("a\u0345" + character) != "a\u0345" + character):
            combining[scalar] = unicodedata.combining(character)
        if lower(character) != character:
            if len(lower(character)) == 1:
                lowercase.append((scalar, ord(lower(character)) - scalar))
            else:
                assert (scalar, lower(character)) == (0x130, "i\u0307")
    return classes, combining, decompositions, lowercase


def lowercase_runs(pairs):
    """Runs `gap length step delta`: every step-th scalar of the run moves by delta."""
    words, end, position = [], 0, 0
    while position < len(pairs):
        start, delta = pairs[position]
        step, stop = 1, position + 1
        if stop < len(pairs) and pairs[stop] == (start + 2, delta):
            step = 2
        while stop < len(pairs) and pairs[stop] == (start + (stop - position) * step, delta):
            stop += 1
        words += [start - end, stop - position, step, delta]
        end, position = start, stop
    return words


def subword_tables():
    def alone(splitter):
        return lambda character: len(splitter.pre_tokenize_str("\u0001" + character + "\u0002")) == 3

    def matches(pattern):
        return alone(pre_tokenizers.Split(tokenizers.Regex(pattern), "isolated"))

    digits, strip = alone(pre_tokenizers.Digits(individual_digits=True)), normalizers.StripAccents().normalize_str
    words = pre_tokenizers.Whitespace()
    tests = [matches(r"\p{L}"), matches(r"\p{N}"), matches(r"\s"), lambda character: len(words.pre_tokenize_str("a" + character)) == 1
             and not matches(r"\s")(character), digits, lambda character: strip(character) == ""]
    classes = {}
    for scalar in SCALARS:
        value = sum(test(chr(scalar)) << bit for bit, test in enumerate(tests))
        if value:
            classes[scalar] = value

    canonical, compatible = normalizers.NFD().normalize_str, normalizers.NFKD().normalize_str
    compose = normalizers.NFC().normalize_str
    compatibilities, compositions, place, composed = [], [], 0, 0
    for scalar in SCALARS:
        character = chr(scalar)
        if 0xAC00 <= scalar <= 0xD7A3:  # by arithmetic
            continue
        form = compatible(character)
        if form != canonical(character):
            compatibilities += [scalar - place, len(form), *map(ord, form)]
            place = scalar
        parts = unicodedata.decomposition(character).split()
        if len(parts) == 2 and not parts[0].startswith("<") and compose("".join(chr(int(p, 16)) for p in parts)) == character:
            compositions += [scalar - composed, *(int(p, 16) for p in parts)]
            composed = scalar
    return classes, compatibilities, compositions


BREAKS = ["ALetter", "Hebrew_Letter", "Katakana", "ExtendNumLet", "MidLetter", "MidNum", "MidNumLet", "Numeric", "Extend", "Format",
          "ZWJ", "Newline", "CR", "LF", "Single_Quote", "Double_Quote", "Regional_Indicator", "WSegSpace"]


def word_break_classes():
    flags = {"Extended_Pictographic": 32, "Script=Han": 64, "Script=Hiragana": 64, "Script=Katakana": 64, "Script=Hangul": 64,
             "Line_Break=SA": 128}
    properties = [(regex.compile(rf"\p{{WB={name}}}"), number + 1) for number, name in enumerate(BREAKS)]
    properties += [(regex.compile(rf"\p{{{name}}}"), bit) for name, bit in flags.items()]
    letter = regex.compile(r"[\p{L}\p{Nl}]")
    values = {}
    for scalar in SCALARS:
        character, value = chr(scalar), 0
        for pattern, bit in properties:
            if pattern.match(character) and (bit != 64 or letter.match(character)) and (bit != 32 or scalar > 127):
                value |= bit
        if value:
            values[scalar] = value
    return values


def main(folder):
    classes, combining, decompositions, lowercase = bert_tables()
    (folder / "BertCharacterTables.swift").write_text(
        f"// Generated by Tests/Fixtures/scripts/make_character_tables.py from tokenizers {tokenizers.__version__}; do not edit.\n\n"
        "/// What BERT's normaliser and pre-tokeniser know of each scalar, frozen with the models that were trained on it.\n"
        "enum BertCharacterTables {\n"
        + literal("classes", "Runs `gap length value`; bits: 1 removed, 2 white space, 4 punctuation, 8 ideograph, 16 accent.", runs(classes))
        + literal("combiningClasses", "Runs `gap length value` of the canonical combining classes other than 0.", runs(combining))
        + literal("decompositions", "`gap count scalar…` for each full canonical decomposition; Hangul syllables are left out.", decompositions)
        + literal("lowercase", "Runs `gap count step delta`: each step-th scalar moves by delta; `gap` counts from the run before's start. U+0130 is left out.",
                  lowercase_runs(lowercase))
        + "}\n")
    classes, compatibilities, compositions = subword_tables()
    (folder / "SubwordCharacterTables.swift").write_text(
        f"// Generated by Tests/Fixtures/scripts/make_character_tables.py from tokenizers {tokenizers.__version__}; do not edit.\n\n"
        "/// What normalisers and pre-tokenisers other than BERT's know of each scalar.\n"
        "enum SubwordCharacterTables {\n"
        + literal("classes", r"Runs `gap length value`; bits: 1 \p{L}, 2 \p{N}, 4 \s, 8 \w, 16 numeric, 32 combining mark.", runs(classes))
        + literal("compatibilities", "`gap count scalar…` for each full compatibility decomposition that is not canonical.", compatibilities)
        + literal("compositions", "`gap first second` for each scalar that composes from two.", compositions)
        + "}\n")
    (folder / "WordBreakTables.swift").write_text(
        f"// Generated by Tests/Fixtures/scripts/make_character_tables.py from regex {regex.__version__}; do not edit.\n\n"
        "/// The Word_Break property of Unicode Standard Annex 29, with what else an analyser asks of a scalar.\n"
        "enum WordBreakTables {\n"
        + literal("classes", "Runs `gap length value`: bits 0-4 the class, 32 pictograph, 64 letter of a script written without spaces or in syllables, 128 complex context.",
                  runs(word_break_classes()))
        + "}\n")


main(pathlib.Path(sys.argv[1]))
