"""Show: a folder that holds a story. `open_show` reads settings and cast; storyboards are read one by one."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from studio.errors import StoryError
from studio.story.cast import Character
from studio.story.fields import Id, Words
from studio.story.prices import POOLS, Pool, Rate, Storage
from studio.story.reading import Source, Written, read_record
from studio.story.shots import Voice

Positive = Annotated[float, Field(gt=0)]


class PageSize(Written):
    """Paper, in millimetres. Default: B5, the size of a manga magazine."""

    width_mm: Positive = 182.0
    height_mm: Positive = 257.0
    margin_mm: Annotated[float, Field(ge=0)] = 10.0
    """From the trimmed edge to the live area that holds panels."""
    bleed_mm: Annotated[float, Field(ge=0)] = 3.0
    """Picture beyond the trimmed edge, cut off by the printer."""
    gutter_mm: Annotated[float, Field(ge=0)] = 4.0
    """Space between two panels."""
    border_mm: Annotated[float, Field(ge=0)] = 0.6
    """Ink line around a panel."""
    dpi: Annotated[int, Field(ge=36, le=1200)] = 150


class Seeds(Written):
    """Where all seeds come from."""

    root: Words = "genga"
    """Another root is another seed for every unit."""
    lock: Annotated[int, Field(ge=0, lt=2**32)] | None = None
    """One seed for everything (take numbers still count)."""


class Budget(Written):
    """What the show may cost."""

    max_usd: Annotated[float, Field(ge=0)] | None = None
    """`genga apply` refuses a plan above this unless told otherwise with --max-usd."""
    show_usd: Annotated[float, Field(ge=0)] | None = None
    """Ceiling of all that the show spends: at it, queued renders are held until `genga budget raise`."""
    episode_usd: Annotated[float, Field(ge=0)] | None = None
    """The same for each episode."""
    episodes: dict[Id, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    """Episode -> its own ceiling, instead of `episode_usd`."""
    marks: tuple[Annotated[int, Field(ge=1, le=1000)], ...] = (50, 80, 100)
    """Per cent of a ceiling at which people are told."""
    notify: tuple[Words, ...] = ()
    """Whom: Apprise URLs (mailto://, slack://, discord://, json://host/path); `$NAME` takes one from the environment."""


class Lettering(Written):
    """Type sizes of balloons."""

    size_pt: Annotated[float, Field(ge=4, le=40)] = 9.0
    """Type size that a balloon starts with, in points (1/72 inch)."""
    min_pt: Annotated[float, Field(ge=3, le=40)] = 5.5
    """Never smaller than this: text that needs less does not fit."""


class Picture(Written):
    """Size of a film's frames."""

    width: Annotated[int, Field(ge=16, le=8192)] = 1280
    height: Annotated[int, Field(ge=16, le=8192)] = 720


class Canaries(Written):
    """When the fixed pictures of every preset are drawn again by themselves; `genga canary` works all the same."""

    enabled: bool = True
    every: Literal["hourly", "daily", "weekly"] = "daily"


class Metrics(Written):
    """When the tables over the ledger are made by themselves while `genga up` runs; `genga metrics build` works all the same."""

    enabled: bool = True
    every_minutes: Annotated[int, Field(ge=1, le=10_080)] = 30
    """At most this often, and only after something happened."""


class Limits(Written):
    """When a render is stopped that takes much too long."""

    factor: Annotated[float, Field(gt=1)] | None = 20.0
    """Times the seconds that nine of ten like takes stay under; null never stops."""
    least_seconds: Positive = 600.0
    """Nothing is stopped before, by its factor: machines are busy at times."""
    stages: dict[
        Literal["panel", "final", "background", "figure", "keyframe", "inbetween", "inbetween_final", "sweep", "refinement",
                "refinement_final", "canary"], Positive,
    ] = Field(default_factory=dict)
    """Stage -> its own limit in device seconds per picture or gap, in place of the factor."""


class ShowFile(Written):
    """show.yaml."""

    SCHEMA = "show"

    title: Words
    author: str = ""
    reading: Literal["rtl", "ltr"] = "rtl"
    languages: Annotated[tuple[Literal["en", "ja"], ...], Field(min_length=1)] = ("en",)
    """One book is lettered in each."""
    page: PageSize = PageSize()
    lettering: Lettering = Lettering()
    picture: Picture = Picture()
    """Of films, in pixels. Keyframes are drawn in its proportions."""
    fps: Annotated[int, Field(ge=1, le=120)] = 24
    """Frames a second of films."""
    default_preset: Id
    narrator: Voice = Voice()
    """Who says lines without a speaker."""
    seeds: Seeds = Seeds()
    pools: dict[Id, Pool] = Field(default_factory=lambda: {"image": Pool(), "post": Pool(limit=2)})
    """`image`, `video`, `post`, `text`, and those that presets name as their own."""
    storage: Storage = Storage()
    budget: Budget = Budget()
    candidates: Annotated[int, Field(ge=1, le=16)] = 1
    """Takes drawn of every panel and keyframe, the best of which within the gates is used; docs/judging.md."""
    canaries: Canaries = Canaries()
    metrics: Metrics = Metrics()
    limits: Limits = Limits()
    artifacts: Annotated[str, Field(pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?$")] | None = None
    """Where pictures are kept: `s3://bucket/prefix`; out/artifacts when left out. Keys, region and endpoint come from the
    AWS_* environment variables or ~/.aws."""


@dataclass(frozen=True)
class Show:
    """A show's folder, settings and cast. Nothing in it changes after it was opened."""

    folder: Path
    settings: ShowFile
    cast: dict[str, Character]

    @property
    def name(self) -> str:
        """The folder's name; how ledger and Dagster call the show."""
        return self.folder.name

    @property
    def out(self) -> Path:
        """Everything that genga makes; never committed."""
        return self.folder / "out"

    @cached_property
    def storyboard_files(self) -> tuple[Path, ...]:
        """Storyboards in reading order: sorted by file name."""
        return tuple(sorted((self.folder / "storyboards").glob("*.yaml")))

    @property
    def shards(self) -> dict[str, int]:
        """Pools of the show's own, for the presets that name them: how many steps may use each at once."""
        return {name: pool.limit for name, pool in self.settings.pools.items() if name not in POOLS}

    @property
    def pools(self) -> tuple[str, ...]:
        """Names of all pools."""
        return (*POOLS, *self.shards)

    def price(self, pool: str) -> Rate | None:
        """What a device hour of `pool` costs; None when the show names no price, which is not the same as free."""
        found = self.settings.pools.get(pool)
        return found.rate if found else None

    def rate(self, pool: str) -> float | None:
        """USD per device hour of `pool`; None when the show names no price."""
        found = self.price(pool)
        return found.usd_per_hour if found else None


def read_cast(folder: Path) -> dict[str, Character]:
    """All characters of cast/*.yaml by name. Raises StoryError for a name used twice."""
    cast: dict[str, Character] = {}
    for file in sorted(folder.glob("*.yaml")):
        source = Source(file)
        character = source.parse(Character)
        if character.name in cast:
            raise source.error(f"character '{character.name}' exists twice", ("name",), "Give one another name")
        cast[character.name] = character
    return cast


def open_show(folder: Path) -> Show:
    """The show in `folder`. Raises StoryError when it is none, or what is written in it is broken."""
    folder = folder.resolve()
    if not (folder / "show.yaml").is_file():
        raise StoryError(
            "no show.yaml here, so this is not a show", file=folder,
            remedy="Name a show with --show FOLDER, or write one with 'genga init NAME'",
        )
    return Show(folder, read_record(folder / "show.yaml", ShowFile), read_cast(folder / "cast"))
