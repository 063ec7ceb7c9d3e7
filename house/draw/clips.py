"""Short clips: how each kind of motion moves a scene from its first frame to its last."""

import math
from dataclasses import replace

from house.draw.scene import Motion, Person, Scene, sample

KINDS = ("blink", "talk", "turn", "tilt", "wave", "pan", "zoom")


def motion_at(kind: str, frame: int, frames: int) -> Motion:
    """The motion of a frame of a clip; hair sways in all of them, so that no clip stands still."""
    share = frame / max(1, frames - 1)
    phase = 2 * math.pi * frame / frames
    still = Motion(sway=math.sin(phase))
    match kind:
        case "blink":
            return replace(still, blink=max(0.0, 1 - abs(share - 0.5) * 4))
        case "talk":
            return replace(still, talk=0.45 + 0.45 * math.sin(phase * 2))
        case "turn":
            return replace(still, turn=0.5 * math.sin(phase))
        case "tilt":
            return replace(still, tilt=10 * math.sin(phase))
        case "wave":
            return replace(still, wave=math.sin(phase * 2))
        case "pan":
            return replace(still, camera=(-70 + 140 * share, 0.0))
        case "zoom":
            return replace(still, camera_zoom=1 + 0.18 * share)
        case _:
            raise ValueError(f"no kind of motion is called {kind!r}; there are {', '.join(KINDS)}")


def waving_goodbye(frame: int, frames: int) -> tuple[Scene, Motion]:
    """A frame of the sample's blockout: a woman in a kimono waves while the camera draws back."""
    woman = Person(hair="white", length="medium hair", outfit="kimono", pose="arm raised")
    scene = Scene(seed=5, people=(woman,), framing="upper body", background="village")
    drawn_back = 1.18 - 0.18 * frame / max(1, frames - 1)
    return scene, replace(motion_at("wave", frame, frames), camera_zoom=drawn_back)


def clip_scene(seed: int) -> tuple[Scene, str]:
    """The scene of a clip's seed and its kind of motion; who waves has an arm raised, who blinks has open eyes."""
    kind = KINDS[seed % len(KINDS)]
    scene = sample(seed, count=1)
    if kind == "wave":
        framing = "upper body" if scene.framing == "portrait" else scene.framing
        scene = replace(scene, framing=framing).with_people(pose="arm raised")
    if kind == "blink" and scene.people[0].expression == "closed eyes":
        scene = scene.with_people(expression="smile")
    return scene, kind
