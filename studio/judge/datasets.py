"""Datasets: what is wrong with the pictures and captions that a LoRA is to be trained on. Pure: values in, findings out."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from studio.plan.vocabulary import unknown_words

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
MOST_PIXELS = 40_000_000
MOST_TOKENS = 75
"""CLIP reads 77, with a first and a last one of its own; trainers cut off the rest unless told otherwise."""
ODD = 2.0
"""Longer side by shorter side, above which bucketing crops or shrinks much."""
OFTEN = 0.9
"""Share of the captions above which a tag belongs to everything that the LoRA draws."""
TOGETHER = 3
"""Captions that tags must share before it means something that they never part."""
BITS = 4
"""Bits of 64 in which the perceptual hashes of two near-duplicates differ at most. Measured on drawings: other JPEG quality,
size or brightness moves up to 4, a crop of 2 % 4 on average; like busts of other seeds are 6 and more apart."""


@dataclass(frozen=True)
class Kind:
    """One sort of finding."""

    severity: Severity
    title: str
    remedy: str


KINDS: dict[str, Kind] = {
    "broken": Kind("error", "Broken pictures", "Replace or delete them"),
    "huge": Kind("error", "More than 40 megapixels", "Scale them down; a trainer does no more than that"),
    "identical": Kind("error", "The same file twice", "Keep one: the other counts double"),
    "near_duplicate": Kind("warning", "Near-duplicates", "Keep the better one, or the LoRA learns this picture by heart"),
    "mirrored": Kind("warning", "Mirrored copies", "Keep one, and let the trainer flip if that is meant"),
    "tiny": Kind("error", "Far too small", "Replace them: they would be enlarged to more than twice their sides"),
    "small": Kind("warning", "Too small", "Replace them, or enlarge them with care; a blur is learnt as a style"),
    "aspect": Kind("warning", "Odd aspect", "Crop them to what matters"),
    "no_caption": Kind("error", "No caption", "Write one beside the picture, NAME.txt"),
    "empty_caption": Kind("error", "Empty caption", "Say what is in the picture"),
    "bad_caption": Kind("error", "Captions that cannot be read", "Save the file as UTF-8"),
    "no_trigger": Kind("error", "Trigger word missing", "Put it into the caption, first of all"),
    "long_caption": Kind("warning", "More than 75 tokens", "Shorten it: the end is cut off"),
    "unknown_words": Kind("warning", "Words that the model does not know", "Use words of its vocabulary.txt"),
    "two_captions": Kind("warning", "Two captions that differ", "Keep one of them"),
    "orphan_caption": Kind("warning", "Captions without a picture", "Delete them, or call them as their picture"),
    "listed_but_missing": Kind("error", "Listed, but no such picture", "Correct the table"),
    "no_face": Kind("warning", "No face found", "Look at them: fine for backs and landscapes, not for a character"),
    "several_faces": Kind("warning", "Several faces", "Crop to the one that is meant, or caption who else is there"),
    "everywhere": Kind("warning", "Tags in more than 90 %", "Drop them (the trigger word takes them in), or vary the pictures"),
    "together": Kind("note", "Tags that always occur together", "A LoRA cannot tell them apart; drop all but one, or vary them"),
}
"""In the order in which a report tells them."""


@dataclass(frozen=True)
class Example:
    """One picture with its caption."""

    file: str
    """Relative to the dataset."""
    width: int = 0
    height: int = 0
    sha256: str = ""
    hash: int = 0
    """64 bits of its perceptual hash."""
    mirrored: int = 0
    """The same of its mirror image."""
    faces: int | None = None
    """None where nobody looked."""
    caption: str | None = None
    fault: tuple[str, str] | None = None
    """Kind of finding and what was found, where the picture cannot be used at all."""

    @property
    def usable(self) -> bool:
        """It was decoded, so that size and hash mean something."""
        return self.fault is None and self.width * self.height <= MOST_PIXELS

    @property
    def tags(self) -> tuple[str, ...]:
        """The caption's parts between commas, each once, in lower case."""
        parts = (" ".join(part.split()).lower() for part in (self.caption or "").split(","))
        return tuple(dict.fromkeys(part for part in parts if part))


@dataclass(frozen=True)
class Finding:
    """Something that ought to be looked at."""

    kind: str
    files: tuple[str, ...]
    """Pictures that it is about; empty where it is about the whole."""
    note: str = ""

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return KINDS[self.kind].severity


@dataclass(frozen=True)
class Rules:
    """What the dataset is meant for."""

    resolution: int = 512
    """Side in pixels of the square whose area is trained at."""
    word: str = ""
    """Trigger word."""
    bits: int = BITS
    tokens: Callable[[str], int] = field(default=lambda caption: about_tokens(caption))
    exact: bool = False
    """`tokens` counts with the model's own tokenizer."""
    vocabulary: frozenset[str] | None = None


@dataclass(frozen=True)
class Audit:
    """What was found."""

    examples: tuple[Example, ...]
    findings: tuple[Finding, ...]
    tags: tuple[tuple[str, int], ...]
    """Tag and number of captions with it, most frequent first."""

    @property
    def captioned(self) -> int:
        """Pictures with words."""
        return sum(bool(example.caption) for example in self.examples)

    def of_kind(self, kind: str) -> list[Finding]:
        """The findings of one kind."""
        return [finding for finding in self.findings if finding.kind == kind]

    def count(self, severity: Severity) -> int:
        """How many findings are so bad."""
        return sum(finding.severity == severity for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        total = max(self.captioned, 1)
        return {
            "pictures": len(self.examples), "captioned": self.captioned, **{f"{s}s": self.count(s) for s in SEVERITIES},
            "findings": [{"kind": f.kind, "severity": f.severity, "files": list(f.files), "note": f.note} for f in self.findings],
            "tags": [{"tag": tag, "count": n, "share": round(n / total, 4)} for tag, n in self.tags],
        }


def audit(examples: Sequence[Example], rules: Rules, further: Sequence[Finding] = ()) -> Audit:
    """All findings on a dataset, in the order of KINDS. further: what was found while it was read."""
    found = [*further, *duplicates(examples, rules.bits)]
    unread = {file for finding in further if finding.kind == "bad_caption" for file in finding.files}
    for example in examples:
        found += [*of_size(example, rules.resolution), *of_faces(example)]
        # what is broken itself, or has a caption that cannot be read, is told once, as that
        if example.caption is not None or not (example.fault or example.file in unread):
            found += of_caption(example, rules)
    counts = Counter(tag for example in examples for tag in example.tags)
    found += balance(examples, counts, rules.word)
    order = list(KINDS)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return Audit(tuple(examples), tuple(sorted(found, key=lambda f: (order.index(f.kind), f.files))), tuple(ranked))


def duplicates(examples: Sequence[Example], bits: int) -> Iterator[Finding]:
    """Pairs of pictures that are the same, nearly, or mirrored; a pair is told once, as the worst of them."""
    import numpy as np

    usable = [example for example in examples if example.usable]
    hashes = np.array([example.hash for example in usable], dtype=np.uint64)
    mirrored = np.array([example.mirrored for example in usable], dtype=np.uint64)
    for i, one in enumerate(usable):
        apart = np.bitwise_count(hashes[i + 1 :] ^ hashes[i])
        turned = np.bitwise_count(mirrored[i + 1 :] ^ hashes[i])
        for j in np.flatnonzero((apart <= bits) | (turned <= bits)):
            other = usable[i + 1 + int(j)]
            pair = (one.file, other.file)
            if one.sha256 == other.sha256:
                yield Finding("identical", pair)
            elif apart[j] <= bits:
                yield Finding("near_duplicate", pair, f"{apart[j]} bits apart")
            else:
                yield Finding("mirrored", pair, f"{turned[j]} bits apart, mirrored")


def of_size(example: Example, resolution: int) -> Iterator[Finding]:
    """Broken, too many pixels, too few, or far from square."""
    if example.fault:
        yield Finding(example.fault[0], (example.file,), example.fault[1])
        return
    width, height = example.width, example.height
    if not example.usable:
        yield Finding("huge", (example.file,), f"{width}x{height}, {width * height / 1e6:.0f} megapixels")
        return
    if width * height < resolution**2:
        kind = "tiny" if width * height < (resolution / 2) ** 2 else "small"
        yield Finding(kind, (example.file,), f"{width}x{height}, enlarged {resolution / math.sqrt(width * height):.1f} times")
    aspect = max(width, height) / min(width, height)
    if aspect > ODD:
        yield Finding("aspect", (example.file,), f"{width}x{height}, {aspect:.1f} to 1")


def of_caption(example: Example, rules: Rules) -> Iterator[Finding]:
    """Missing, empty, without the trigger word, too long, or with words that the model does not know."""
    if not example.caption:
        yield Finding("no_caption" if example.caption is None else "empty_caption", (example.file,))
        return
    if rules.word and not _says(example.caption, rules.word):
        yield Finding("no_trigger", (example.file,), f"'{rules.word}' is not in '{example.caption[:60]}'")
    count = rules.tokens(example.caption)
    if count > MOST_TOKENS:
        yield Finding("long_caption", (example.file,), f"{'' if rules.exact else 'about '}{count} tokens")
    if rules.vocabulary is not None:
        known = rules.vocabulary | frozenset(_WORDS.findall(rules.word.lower()))
        unknown = unknown_words(example.caption, known)
        if unknown:
            yield Finding("unknown_words", (example.file,), ", ".join(unknown))


def of_faces(example: Example) -> Iterator[Finding]:
    """None, or several, where somebody looked for them."""
    if example.faces == 0:
        yield Finding("no_face", (example.file,))
    elif example.faces and example.faces > 1:
        yield Finding("several_faces", (example.file,), f"{example.faces} faces")


def balance(examples: Sequence[Example], counts: Counter[str], word: str) -> Iterator[Finding]:
    """Tags that are nearly everywhere, and tags that never part."""
    captioned = [example for example in examples if example.tags]
    where: dict[frozenset[str], list[str]] = defaultdict(list)
    files: dict[str, set[str]] = defaultdict(set)
    for example in captioned:
        for tag in example.tags:
            files[tag].add(example.file)
    for tag, count in counts.most_common():
        if word and _says(tag, word):
            continue
        share = count / len(captioned)
        if len(captioned) >= TOGETHER and share > OFTEN:
            yield Finding("everywhere", (), f"'{tag}' in {count} of {len(captioned)} captions ({share:.0%})")
        elif count >= TOGETHER:
            where[frozenset(files[tag])].append(tag)
    for shared, tags in where.items():
        if len(tags) > 1:
            yield Finding("together", (), f"{', '.join(sorted(tags))}: in the same {len(shared)} captions")


_WORDS = re.compile(r"[^\W\d_]+")
_PIECES = re.compile(r"[^\W\d_]+|\d|[^\w\s]+")
LETTERS = 9
"""Letters that CLIP's tokenizer mostly takes as one token; a longer word is rarer, and cut."""


def about_tokens(caption: str) -> int:
    """Tokens of a caption without a tokenizer: words (long ones are more), digits and punctuation."""
    return sum(math.ceil(len(piece) / LETTERS) if piece[0].isalpha() else 1 for piece in _PIECES.findall(caption))


def _says(text: str, word: str) -> bool:
    """Whether a whole word, or several, stand in a text."""
    return re.search(rf"(?<!\w){re.escape(word.strip())}(?!\w)", text, re.IGNORECASE) is not None
