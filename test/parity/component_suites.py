"""The texts of component_parity.py, in suites: what is tried of each component, and by how many of its settings."""

import random
from functools import partial
from typing import Callable, NamedTuple

from texts import pairs, random_strings

RANDOM_PARTS = 20
CODE_POINT_PARTS = 4
EMPTY_PARTS = 8
SURROGATES = range(0xD800, 0xE000)
# Nothing has been assigned in the planes 4 to 13, nor behind the characters of the planes 3 and 14, and what people put
# into the planes 15 and 16 is their own: all of these are alike.
WITH_CHARACTERS = (range(0x32400), range(0xE0000, 0xE1000))
EMPTY = (range(0x32400, 0xE0000), range(0xE1000, 0x110000))


class Suite(NamedTuple):
    kind: str
    part: int
    parts: int
    # Each text goes to one of the settings of a component, the next text to the next one. Otherwise every setting gets
    # every text.
    is_dealt: bool
    texts: Callable[[], list]

    @property
    def name(self):
        return self.kind if self.parts == 1 else f"{self.kind} {self.part + 1} of {self.parts}"


def suites(count):
    """`count`: random texts. The quick ones come first, so that all components have been tried soon."""
    yield Suite("pairs", 0, 1, False, lambda: list(pairs()))
    size = count // RANDOM_PARTS
    for part in range(RANDOM_PARTS):
        if part == 1:
            yield from code_points("code points", WITH_CHARACTERS, CODE_POINT_PARTS, False)
            yield Suite("long", 0, 1, True, lambda: list(long_texts(count // 1000)))
        texts = partial(lambda seed: list(random_strings(size, seed)), 2026 + part)
        yield Suite("random", part, RANDOM_PARTS, part > 0, texts)
    yield from code_points("code points of empty planes", EMPTY, EMPTY_PARTS, True)


def code_points(kind, ranges, parts, is_dealt):
    """Each alone, and each between two letters."""
    points = [chr(c) for each in ranges for c in each if c not in SURROGATES]
    for part in range(parts):
        chosen = points[len(points) * part // parts : len(points) * (part + 1) // parts]
        yield Suite(kind, part, parts, is_dealt, partial(lambda own: own + [f"a{c}b" for c in own], chosen))


def long_texts(count):
    """Ten thousand bytes and more, which are normalized in pieces."""
    parts = list(random_strings(20_000))
    generator = random.Random(30)
    for _ in range(count):
        between = generator.choice((" ", "", " a ", "\n"))
        yield between.join(generator.choices(parts, k=generator.randint(100, 400)))
