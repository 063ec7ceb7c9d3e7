"""Telling: a radius by book and film, in people's words and as plain values."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from studio.plan.history import STAGES, PastPublish, Stage
from studio.plan.impact.radius import Held, Medium, Radius
from studio.plan.kinds import in_order
from studio.plan.price import Price, total
from studio.plan.reasons import Kind

DRAWN_ANEW: tuple[Stage, ...] = ("panel", "background", "figure", "keyframe", "inbetween")
"""Stages whose pictures a model draws: what costs most."""
WORK: tuple[tuple[tuple[Stage, ...], str], ...] = (
    (("final", "inbetween_final"), "enlarged again from pictures that are kept"),
    (("page",), "lettered again; no picture is drawn"),
    (("voice",), "spoken again; no picture is drawn"), (("clip",), "encoded again from frames that are kept"),
    (("subtitles",), "only subtitles and cut"), (("book",), "bound again from pages that are kept"),
    (("film",), "cut again from clips that are kept"),
)
"""The first stage that is made anew -> what that means, where nothing is drawn."""
VERBS: dict[Stage, str] = {
    **dict.fromkeys(DRAWN_ANEW, "drawn"), "blockout": "prepared", "final": "enlarged", "inbetween_final": "enlarged",
    "page": "lettered", "book": "bound", "voice": "spoken", "clip": "encoded", "subtitles": "written", "film": "cut",
}
"""What is done to each stage when it is made anew."""


@dataclass(frozen=True)
class Group:
    """One episode's book or film."""

    episode: str
    medium: Medium
    rows: tuple[Held, ...]
    used: dict[Stage, int]
    published: tuple[PastPublish, ...]

    @property
    def name(self) -> str:
        """`book 01`."""
        return f"{self.medium} {self.episode}"

    @property
    def redone(self) -> tuple[Held, ...]:
        """What a change makes anew."""
        return tuple(one for one in self.rows if one.redone)

    @property
    def seconds(self) -> float:
        """Device seconds of that."""
        return sum(one.seconds for one in self.redone)

    @property
    def price(self) -> Price:
        """USD of that."""
        return total((one.usd, one.pool) for one in self.redone)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Which kinds of stale it would be."""
        return in_order(one.kind for one in self.rows if one.direct) or in_order(one.kind for one in self.rows)

    @property
    def kept(self) -> dict[Stage, int]:
        """Units in use that stay as they are, by stage."""
        anew = Counter(one.stage for one in self.redone)
        return {stage: self.used[stage] - anew[stage] for stage in STAGES if self.used.get(stage, 0) > anew[stage]}

    @property
    def waived(self) -> int:
        """Units that are waived, or made only from such."""
        return len(self.rows) - len(self.redone)

    @property
    def work(self) -> str:
        """What is to be done, in words: drawn anew, or only lettered, encoded, bound."""
        stages = {one.stage for one in self.redone}
        if not stages:
            return "nothing until the waiver ends"
        if stages & set(DRAWN_ANEW):
            return "drawn anew"
        return next(said for first, said in WORK if stages & set(first))


def groups_of(radius: Radius) -> list[Group]:
    """The radius by episode, book before film."""
    rows: dict[tuple[str, Medium], list[Held]] = {}
    for one in radius.held:
        rows.setdefault((one.episode, one.medium), []).append(one)
    return [Group(episode, medium, tuple(held), dict(radius.used.get((episode, medium), {})),
                  tuple(past for past in radius.published if _of(past, episode, medium)))
            for (episode, medium), held in rows.items()]


def _of(past: PastPublish, episode: str, medium: Medium) -> bool:
    folder = "/books/" if medium == "book" else "/films/"
    return past.unit == episode and any(folder in f"/{file}" for file in past.files)


def counted(stages: Iterable[Stage]) -> str:
    """`3 panels, 3 finals, 1 page`, in the order of making."""
    found = Counter(stages)
    return ", ".join(many(stage, found[stage]) for stage in STAGES if found[stage])


def many(stage: str, count: int) -> str:
    """`1 panel`, `2 inbetween finals`."""
    return f"{count} {stage.replace('_', ' ')}{'s' * (count != 1 and not stage.endswith('s'))}"


def kept_said(group: Group) -> str:
    """`18 panels, 18 finals`."""
    return ", ".join(many(stage, count) for stage, count in group.kept.items()) or "nothing"


def redone_said(group: Group) -> str:
    """`3 panels drawn anew, 3 finals enlarged, 1 page lettered, 1 book bound`; empty where a change makes nothing anew."""
    found = Counter(one.stage for one in group.redone)
    by_verb: dict[str, list[str]] = {}
    for stage in STAGES:
        if found[stage]:
            by_verb.setdefault(VERBS.get(stage, "made"), []).append(many(stage, found[stage]))
    return ", ".join(f"{', '.join(some)} {verb}{' anew' * (verb == 'drawn')}" for verb, some in by_verb.items())


def published_said(group: Group) -> str:
    """`2026-05-01 (01.ja.pdf, 01.en.pdf)`, the last one first and each day once; empty where nothing was."""
    days: dict[str, list[str]] = {}
    for past in sorted(group.published, key=lambda past: past.at, reverse=True):
        days.setdefault(past.at[:10], []).append(past.files[0].rsplit("/", 1)[-1])
    return ", ".join(f"{day} ({', '.join(dict.fromkeys(files))})" for day, files in days.items())


def record(radius: Radius) -> dict[str, Any]:
    """Plain values for `genga impact --json`."""
    return {
        "of": radius.thing.name, "what": radius.thing.what, "sha256": sorted(radius.thing.shas),
        "units": sum(one.redone for one in radius.held), "waived": sum(not one.redone for one in radius.held),
        "seconds": round(radius.seconds, 3), **radius.price.to_json(),
        "published": [{"unit": past.unit, "at": past.at, "files": list(past.files)} for past in radius.published],
        "groups": [_group(group) for group in groups_of(radius)],
        "wanted": {"units": [step.key for step in radius.wanted], "seconds": round(sum(s.seconds for s in radius.wanted), 3),
                   **radius.wanted_price.to_json()} if radius.planned else None,
        "gone": list(radius.gone), "apart": radius.apart,
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "episode": group.episode, "medium": group.medium, "kinds": list(group.kinds), "seconds": round(group.seconds, 3),
        **group.price.to_json(), "work": group.work, "kept": group.kept, "published": published_said(group),
        "rows": [{"unit": one.unit, "stage": one.stage, "language": one.language, "recipe": one.recipe, "kind": one.kind,
                  "direct": one.direct, "seconds": round(one.seconds, 3), "usd": None if one.usd is None else round(one.usd, 6),
                  "pool": one.pool, "published": one.published,
                  "redone": one.redone, "waived": str(one.waiver) if one.waiver else None} for one in group.rows],
    }
