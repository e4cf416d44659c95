"""Texts of mixed length, the same on every machine: common words, lengths drawn from a log-normal distribution."""

import math
import random

WORDS = """the of and to in is that for it as was with be by on not he his but at are this have from or had an they which
one you were her all she there would their we him been has when who will more no if out so said what up its about into
than them can only other new some could time these two may then do first any my now such like our over man me even most
made after also did many before must through back years where much your way well down should because each just those
people how too little state good very make world still own see men work long get here between both life being under
never day same another know while last might us great old year off come since against go came right used take three
water house river mountain engine market paper signal protein energy language history music theory garden village
temperature pressure government computer memory science measurement experiment treatment patient molecule equation""".split()


def mixed_texts(count: int, seed: int = 1) -> list[str]:
    """`count` texts of 2 to 190 words, half of them shorter than 40."""
    generator = random.Random(seed)
    texts = []
    for _ in range(count):
        length = int(min(190, max(2, math.exp(generator.gauss(math.log(40), 0.9)))))
        texts.append(" ".join(generator.choice(WORDS) for _ in range(length)))
    return texts


def query(words: int, seed: int = 2) -> list[str]:
    """One text of so many words."""
    generator = random.Random(seed)
    return [" ".join(generator.choice(WORDS) for _ in range(words))]
