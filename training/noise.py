"""Writes a text as people type it: slips of the keyboard, mentions, links, hashtags, emoji, stretched words.

Upper case needs no augmentation: the tokenizer lower-cases.
"""

import random
import re

POSITIVE = "😀 😃 😄 😁 😆 😊 🙂 😍 🥰 😘 😎 🤩 🤗 🥳 👍 👏 🙌 🙏 💪 👌 ✌ ❤ 🧡 💛 💚 💙 💜 💕 💖 💯 🔥 ✨ ⭐ 🌟 🎉 🎊 🏆 🥇 😂 🤣 😇 🤞 ☀ 🌈 💐 🍻 🥂 😋 😌 💃"
NEGATIVE = "😠 😡 🤬 😤 😒 🙄 😞 😔 😟 🙁 ☹ 😣 😖 😫 😩 😢 😭 😿 💔 👎 🤢 🤮 😷 🤒 😱 😨 😰 🤦 😑 😕 💩 🖕 😐 😬 🥴 😪 🤕 🙃 🥱 👿 💀 😂 🚩 ❌"
NEUTRAL = "📦 🚚 ✈ 🚆 📅 🗓 📍 📌 ⏰ 🕐 📞 📧 📎 📝 🔔 ℹ ➡ 👉 👀 🤔 🏠 🏢 🚌 🚗 📱 💻 🎧 📺 ☕ 📷 🔗 🛒 🧾 ✅ 📢 🆕 📚 ⚽ 🏈 🎬 🌍 🇺 🇬"
EMOJI = [group.split() for group in (NEGATIVE, NEUTRAL, POSITIVE)]
FACES = [
    [":(", ":-(", ":'(", ":/", ":-/", "-_-", ">:(", "=(", "D:", "</3", ":((", ":|"],
    [],
    [":)", ":-)", ":D", ":-D", ";)", "<3", "xD", "=)", ":))", "^_^", ":P", "\\o/"],
]
CRIES = [
    ["smh", "ugh", "wtf", "fml", "argh", "grr", "fail", "sigh", "nope", "ffs", "jeez", "boo", "yuck", "ew"],
    ["fyi", "btw", "hm", "ok", "rt", "imo", "via", "psa", "update"],
    ["yay", "lol", "haha", "woohoo", "omg", "lmao", "hahaha", "woot", "yess", "wow", "yum", "aww", "nice"],
]
TOPICS = (
    "travel monday news tech music food sports customerservice airline fashion weekend games tv football photography"
    " work coffee update deals books health movies nba politics love style fitness london nyc summer holiday"
).split()
NAMES = (
    "anna ben carl dora emma finn gina hugo ivy jack kate leo mia noah olga paul rosa sam tina will zoe alex chris lee"
    " delta united jetblue amazon apple google uber netflix samsung sony target walmart verizon comcast nike ikea xbox"
).split()
PEOPLE = "Anna Ben Carl Emma Finn Hugo Ivy Jack Kate Leo Mia Noah Olga Paul Rosa Sam Tina Will Zoe Alex John".split()
KEYS = "abcdefghijklmnopqrstuvwxyz"
VOWEL = re.compile(r"[aeiou](?=[a-z]?\b)")


def slip(word: str, rng: random.Random) -> str:
    """One wrong, missing, doubled or swapped letter, never the first."""
    at = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[: at + 1] + word[at:]
    if kind == 2:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + rng.choice(KEYS) + word[at + 1 :]


def stretched(word: str, rng: random.Random) -> str:
    return VOWEL.sub(lambda found: found[0] * rng.randint(2, 5), word, count=1)


def handle(rng: random.Random) -> str:
    name = rng.choice(("user", rng.choice(NAMES), rng.choice(NAMES) + rng.choice(NAMES), f"{rng.choice(NAMES)}air"))
    return f"@{name}{rng.choice(('', '', str(rng.randrange(100)), '_' + rng.choice(NAMES)))}"


def link(rng: random.Random) -> str:
    tail = "".join(rng.choices(KEYS + "0123456789", k=rng.randint(6, 10)))
    return rng.choice(("http://t.co/", "https://t.co/", "http", "bit.ly/", "https://www.ex.com/")) + tail


def ending(label: int, rng: random.Random) -> str:
    """Emoji, a face or a cry that goes with the label."""
    kind = rng.random()
    if kind < 0.6 or (kind < 0.8 and not FACES[label]):
        return rng.choice(("", " ")).join(rng.choices(EMOJI[label], k=rng.choice((1, 1, 1, 2, 3))))
    if kind < 0.8:
        return rng.choice(FACES[label])
    return rng.choice(CRIES[label])


def with_names(text: str, rng: random.Random) -> str:
    """GoEmotions has [NAME] where a name was; most of the time one is put back."""
    return re.sub(r"\[NAME\]", lambda found: rng.choice(PEOPLE) if rng.random() < 0.7 else found[0], text)


def typed(text: str, label: int, rng: random.Random, marks: bool = True) -> str:
    """The text as typed. `marks`: also emoji and the like that go with the label; a label below 0 has none."""
    words = text.split()
    if rng.random() < 0.3:
        for at, word in enumerate(words):
            if len(word) > 3 and word.isalpha() and rng.random() < 0.12:
                words[at] = slip(word, rng)
    if rng.random() < 0.08 and words:
        at = rng.randrange(len(words))
        words[at] = stretched(words[at], rng)
    if rng.random() < 0.08 and words:
        at = rng.randrange(len(words))
        if words[at].isalpha():
            words[at] = f"#{words[at]}"
    text = " ".join(words)
    if rng.random() < 0.05:
        text = text.replace(" and ", " &amp; ").replace("'", "’")
    if marks and label >= 0 and rng.random() < 0.22:
        mark = ending(label, rng)
        text = f"{mark} {text}" if rng.random() < 0.15 else f"{text}{rng.choice((' ', ' ', ''))}{mark}"
    if rng.random() < 0.18:
        first = " ".join(handle(rng) for _ in range(rng.choice((1, 1, 1, 2))))
        text = f"{rng.choice(('', '', '', 'RT '))}{first}{rng.choice((' ', ' ', ': '))}{text}"
    if rng.random() < 0.1:
        tags = "".join(rng.sample(TOPICS, rng.choice((1, 1, 2))))
        text = f"{text} #{tags}"
    if rng.random() < 0.08:
        text = f"{text} {link(rng)}"
    return text
