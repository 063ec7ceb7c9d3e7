"""What a picture shows, as values: sampled from a seed, told as tags.  The words here are the house model's vocabulary."""

import random
from dataclasses import dataclass, replace
from typing import Any

from house.draw.canvas import Colour

HAIR: dict[str, tuple[Colour, Colour, Colour]] = {  # base, shade, light
    "blonde": ((246, 214, 110), (212, 160, 62), (255, 242, 186)),
    "brown": ((138, 88, 56), (94, 54, 38), (190, 138, 96)),
    "black": ((58, 56, 74), (30, 28, 44), (112, 114, 146)),
    "red": ((206, 54, 48), (142, 26, 40), (250, 128, 104)),
    "blue": ((74, 124, 220), (40, 74, 164), (150, 196, 255)),
    "pink": ((248, 150, 186), (212, 96, 146), (255, 208, 224)),
    "green": ((88, 178, 104), (46, 122, 82), (164, 228, 160)),
    "white": ((230, 232, 242), (170, 176, 206), (255, 255, 255)),
}
EYES: dict[str, Colour] = {
    "blue": (52, 120, 226),
    "red": (214, 44, 56),
    "green": (50, 164, 84),
    "purple": (144, 74, 206),
    "yellow": (240, 184, 30),
    "brown": (132, 78, 40),
}
CLOTH: dict[str, tuple[Colour, Colour]] = {  # base, shade
    "white": ((244, 244, 250), (196, 200, 224)),
    "black": ((62, 60, 78), (36, 34, 50)),
    "red": ((204, 58, 62), (148, 32, 50)),
    "blue": ((70, 104, 186), (42, 66, 134)),
    "green": ((88, 148, 106), (54, 102, 80)),
    "purple": ((136, 92, 180), (92, 56, 134)),
    "yellow": ((244, 204, 92), (206, 152, 54)),
}
TONES: dict[str, Colour] = {
    "pink": (252, 206, 218),
    "blue": (190, 220, 246),
    "green": (200, 232, 204),
    "yellow": (252, 238, 184),
    "white": (250, 250, 252),
    "gray": (176, 178, 188),
}
LENGTHS = ("short hair", "medium hair", "long hair")
HAIRSTYLES = ("loose", "twintails", "ponytail")  # loose is not a tag
EXPRESSIONS = ("smile", "angry", "sad", "surprised", "closed eyes")
MOUTHS = ("closed mouth", "open mouth")
OUTFITS = ("school uniform", "hoodie", "dress", "jacket", "armor", "kimono")
FRAMINGS = ("portrait", "upper body", "full body")
FACINGS = ("facing left", "looking at viewer", "facing right")
POSES = ("arms at sides", "arm raised", "hand on hip")
ACCESSORIES = ("none", "cat ears", "glasses", "hair ribbon", "headphones")  # none is not a tag
BACKGROUNDS = ("sky", "city night", "classroom", "sunset", "forest", "beach", "snow", "village", "simple background")
STYLES = ("cel shading", "flat pastel", "neon", "dark fantasy", "monochrome")
ANIMALS = ("dog", "monkey", "pheasant")
BANGS = ("straight", "swept", "spiky")


@dataclass(frozen=True)
class Person:
    """One figure.  The fields from bangs on have no tag: they make two drawings of the same words differ."""

    gender: str = "1girl"
    hair: str = "brown"
    length: str = "long hair"
    hairstyle: str = "loose"
    eyes: str = "blue"
    expression: str = "smile"
    mouth: str = "closed mouth"
    outfit: str = "school uniform"
    cloth: str = "white"
    facing: str = "looking at viewer"
    pose: str = "arms at sides"
    accessory: str = "none"
    bangs: str = "straight"
    skin: int = 0
    tilt: float = 0.0  # degrees
    yaw: float = 0.0  # -1 is a profile to the left
    eye_size: float = 0.0  # -0.1 to 0.1
    hair_growth: float = 0.0  # -0.1 to 0.1 of the length
    left_handed: bool = False
    ahoge: bool = False


@dataclass(frozen=True)
class Scene:
    """A picture to draw: people or an animal before a background, in a style.  shift in units, zoom as a share."""

    seed: int = 0
    people: tuple[Person, ...] = (Person(),)
    animal: str | None = None
    framing: str = "portrait"
    background: str = "sky"
    tone: str = "white"  # of a simple background
    style: str = "cel shading"
    shift: tuple[float, float] = (0.0, 0.0)
    zoom: float = 0.0

    def tags(self) -> list[str]:
        """What the picture shows, in the order that the house model was trained on."""
        if self.animal:
            return ["no humans", self.animal, *self._setting()]
        one, *others = self.people
        colour = self.style != "monochrome"
        head = [_count(self.people)] if others else [one.gender, "solo"]
        told = head + _tags(one, colour)
        for other in others:
            told += [tag for tag in _tags(other, colour) if tag not in told]
        told.append(self.framing)
        if not others:
            told.append(one.facing)
            if self.framing != "portrait":
                told.append(one.pose)
        return told + self._setting()

    def _setting(self) -> list[str]:
        if self.background != "simple background":
            return [self.background, self.style]
        if self.style == "monochrome":
            return [self.background, self.style]
        return [f"{self.tone} background", self.background, self.style]

    def caption(self) -> str:
        """The tags as one prompt."""
        return ", ".join(self.tags())

    def with_people(self, **fixed: Any) -> "Scene":
        """The same scene with these fields of every person fixed."""
        return replace(self, people=tuple(replace(person, **fixed) for person in self.people))


def _count(people: tuple[Person, ...]) -> str:
    girls = sum(person.gender == "1girl" for person in people)
    return {0: "2boys", 1: "1girl, 1boy", 2: "2girls"}[girls]


def _tags(person: Person, colour: bool) -> list[str]:
    """The tags of one figure; a colour that a black and white picture cannot show is not told."""
    tags: list[str] = []
    if colour or person.hair in ("black", "white"):
        tags.append(f"{person.hair} hair")
    tags.append(person.length)
    if person.hairstyle != "loose":
        tags.append(person.hairstyle)
    if colour and person.expression != "closed eyes":
        tags.append(f"{person.eyes} eyes")
    tags.append(person.expression)
    if person.expression != "surprised":
        tags.append(person.mouth)
    tags.append(f"{person.cloth} {person.outfit}" if colour else person.outfit)
    if person.accessory != "none":
        tags.append(person.accessory)
    return tags


def sample(seed: int, **fixed: Any) -> Scene:
    """The scene of a seed; keyword arguments fix fields of the scene or of its people (style="neon", hair="red")."""
    dice = random.Random(seed * 7919 + 13)
    animal = dice.choice(ANIMALS) if dice.random() < 0.08 else None
    two = dice.random() < 0.14
    scene = Scene(
        seed=seed,
        people=tuple(_person(dice) for _ in range(2 if two else 1)),
        animal=animal,
        framing=dice.choices(FRAMINGS, [0, 0.7, 0.3] if two else [0.45, 0.36, 0.19])[0],
        background=dice.choices(BACKGROUNDS, [1] * 8 + [1.6])[0],
        tone=dice.choice(list(TONES)),
        style=dice.choices(STYLES, [0.40, 0.18, 0.14, 0.14, 0.14])[0],
        shift=(dice.uniform(-26, 26), dice.uniform(-16, 16)),
        zoom=dice.uniform(-0.06, 0.06),
    )
    own = {name: value for name, value in fixed.items() if name in Scene.__dataclass_fields__}
    people = {name: value for name, value in fixed.items() if name not in own}
    if people:
        own.setdefault("animal", None)
    count = own.pop("count", None) if "count" in own else people.pop("count", None)
    if count:
        own["animal"] = None
        own["people"] = tuple(_person(dice) for _ in range(count))
        if count == 2 and scene.framing == "portrait" and "framing" not in own:
            own["framing"] = "upper body"
    return replace(scene, **own).with_people(**people)


def _person(dice: random.Random) -> Person:
    gender = dice.choices(("1girl", "1boy"), [0.65, 0.35])[0]
    girl = gender == "1girl"
    length = dice.choices(LENGTHS, [0.30, 0.30, 0.40] if girl else [0.72, 0.20, 0.08])[0]
    tied = [0.5, 0.26, 0.24] if girl else [0.84, 0, 0.16]
    outfit = dice.choice(OUTFITS)
    return Person(
        gender=gender,
        hair=dice.choice(list(HAIR)),
        length=length,
        hairstyle=dice.choices(HAIRSTYLES, tied)[0] if length != "short hair" else "loose",
        eyes=dice.choice(list(EYES)),
        expression=dice.choices(EXPRESSIONS, [0.28, 0.19, 0.18, 0.18, 0.17])[0],
        mouth=dice.choice(MOUTHS),
        outfit="jacket" if outfit == "dress" and not girl else outfit,
        cloth=dice.choice(list(CLOTH)),
        facing=dice.choices(FACINGS, [0.25, 0.5, 0.25])[0],
        pose=dice.choices(POSES, [0.45, 0.3, 0.25])[0],
        accessory=dice.choices(ACCESSORIES, [0.64, 0.09, 0.09, 0.10, 0.08])[0],
        bangs=dice.choice(BANGS),
        skin=dice.choices((0, 1, 2), [0.6, 0.28, 0.12])[0],
        tilt=dice.uniform(-6, 6),
        yaw=dice.uniform(-0.14, 0.14),
        eye_size=dice.uniform(-0.08, 0.08),
        hair_growth=dice.uniform(-0.1, 0.1),
        left_handed=dice.random() < 0.5,
        ahoge=dice.random() < 0.4,
    )


@dataclass(frozen=True)
class Motion:
    """Continuous animation: every field at rest is 0, except talk (None: the mouth as drawn) and camera_zoom (1)."""

    blink: float = 0.0  # 1: eyes shut
    talk: float | None = None  # mouth opening, 0 to 1
    turn: float = 0.0  # added to yaw
    tilt: float = 0.0  # degrees, added
    wave: float = 0.0  # -1 to 1, swing of the raised arm
    sway: float = 0.0  # -1 to 1, hair and cloth
    camera: tuple[float, float] = (0.0, 0.0)  # units
    camera_zoom: float = 1.0
