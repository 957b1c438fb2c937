"""Labelled texts by recombination: the patterns of general/phrases.txt, filled, joined and wrapped.

What flows through Kafka is tickets, chats, posts, reviews and notices; no data set here has them. The same things and
services appear under all three labels, so that a thing alone says nothing.
"""

import random
import re
from pathlib import Path

from data import TRAINING

LABELS = ("NEGATIVE", "NEUTRAL", "POSITIVE")
PHRASES = TRAINING / "general" / "phrases.txt"
SLOT = re.compile(r"\{(\w+)\}")
CHOICE = re.compile(r"\(([^()]*\|[^()]*)\)")
OPENERS = [
    ["hi", "hello", "hey", "dear team", "hi there", "ok so", "so", "well", "hello again", "good morning", "update"],
    ["hi", "hello", "hey", "dear team", "hi there", "ok so", "so", "quick question", "good morning", "update", "fyi"],
    ["hi", "hello", "hey", "dear team", "hi there", "ok so", "so", "just wanted to say", "good morning", "update"],
]
CLOSERS = [
    ["please fix this", "please advise", "regards", "thanks", "what now", "please respond", "not cool", "smh", "sigh"],
    ["thanks", "please advise", "regards", "thank you", "best regards", "thanks in advance", "let me know", "cheers"],
    ["thanks", "thank you", "regards", "thanks again", "cheers", "keep it up", "have a nice day", "thank you all"],
]
JOINTS = [". ", ". ", ". ", ", ", " and ", "; ", "! ", " - ", "... "]


class Patterns:
    def __init__(self, path: Path = PHRASES) -> None:
        sections: dict[str, list[str]] = {}
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("["):
                current = sections.setdefault(line.strip("[]"), [])
            elif line and not line.startswith("# "):
                current.append(line)
        self.patterns = [sections.pop(label) for label in LABELS]
        self.slots = {name: [v for line in lines for v in line.split(" | ")] for name, lines in sections.items()}

    def clause(self, label: int, rng: random.Random) -> str:
        text = rng.choice(self.patterns[label])
        while CHOICE.search(text):
            text = CHOICE.sub(lambda found: rng.choice(found[1].split("|")), text)
        while SLOT.search(text):
            text = SLOT.sub(lambda found: rng.choice(self.slots[found[1]]), text)
        return " ".join(text.split())

    def text(self, label: int, rng: random.Random) -> str:
        """One to three clauses; a second one is of the same label or, behind an opinion or before it, neutral."""
        clauses = [self.clause(label, rng)]
        for _ in range(rng.choices((0, 1, 2), (55, 35, 10))[0]):
            other = label if rng.random() < 0.6 else 1
            clauses.insert(rng.choice((0, len(clauses))), self.clause(other, rng))
        question = clauses[-1].split()[0] in QUESTIONS
        text = clauses[0]
        for clause in clauses[1:]:
            text += rng.choice(JOINTS) + clause
        if rng.random() < 0.15:
            text = f"{rng.choice(OPENERS[label])}{rng.choice((', ', ' ', '. ', ': '))}{text}"
        if question:
            text += rng.choice(("?", "?", "", "??"))
        else:
            text += rng.choice((".", ".", "", "", "!" if label != 1 else ".", "!!" if label != 1 else ""))
        if rng.random() < 0.1:
            text += f" {rng.choice(CLOSERS[label])}{rng.choice(('', '.', '!'))}"
        return capitalised(text) if rng.random() < 0.6 else text


QUESTIONS = frozenset("what which how where is can could do does who when are why".split())


def capitalised(text: str) -> str:
    """Sentences begin with a capital letter (which only MiniLM's and our tokenizer do not care about)."""
    return re.sub(r"(^|[.!?] )([a-z])", lambda found: found[1] + found[2].upper(), text)


def labelled_texts(count: int, seed: int) -> list[tuple[str, int]]:
    """`count` different texts with their labels, a third of each."""
    patterns, rng = Patterns(), random.Random(seed)
    seen: set[str] = set()
    out: list[tuple[str, int]] = []
    while len(out) < count:
        label = len(out) % 3
        text = patterns.text(label, rng)
        if text not in seen:
            seen.add(text)
            out.append((text, label))
    rng.shuffle(out)
    return out
