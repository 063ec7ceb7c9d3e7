"""Light and film: bloom, grain, vignette, fade."""

from typing import TYPE_CHECKING, Any

from studio.motion.effects.stage import Applied, Moment, Stage, rgb
from studio.story.effects import Bloom, Fade, Grain, Vignette

if TYPE_CHECKING:
    import numpy as np

LUMA = (0.2126, 0.7152, 0.0722)
"""Shares of red, green and blue in brightness, ITU-R BT.709."""
BLUR_AT = 6.0
"""Pixels of blur above which a glow is computed on a smaller picture: it has no details that would be lost."""
GRAIN_SIZE = 0.55
"""Pixels of blur of film grain on a picture 1080 pixels high: single pixels would look like a broken sensor."""


def bloom(effect: Bloom, stage: Stage) -> Applied:
    """What is brighter than the threshold is blurred and laid over the picture by screening, so that nothing burns out."""
    import cv2
    import numpy as np

    blur = max(0.3, effect.radius * stage.width / 2)
    shrink = max(1, int(blur / BLUR_AT))
    small = max(1, stage.width // shrink), max(1, stage.height // shrink)
    knee = max(0.02, (1 - effect.threshold) / 2)

    def glow(frame: "np.ndarray", moment: Moment) -> "np.ndarray":
        bright = np.clip((frame @ np.asarray(LUMA, np.float32) - effect.threshold) / knee, 0, 1)
        light: Any = cv2.resize(frame * bright[..., None], small, interpolation=cv2.INTER_AREA)
        light = cv2.GaussianBlur(light, (0, 0), blur / shrink, borderType=cv2.BORDER_REPLICATE)
        light = cv2.resize(light, (stage.width, stage.height), interpolation=cv2.INTER_LINEAR)
        return 1 - (1 - frame) * (1 - np.float32(effect.amount) * light)

    return glow


def grain(effect: Grain, stage: Stage) -> Applied:
    """Normal noise of brightness, `amount` tenths strong, in clumps a little wider than a pixel."""
    import cv2
    import numpy as np

    blur = GRAIN_SIZE * max(1.0, stage.height / 1080)
    kernel: Any = cv2.getGaussianKernel(2 * int(3 * blur + 0.5) + 1, blur, cv2.CV_32F)
    strength = np.float32(effect.amount * 0.1 / float((kernel**2).sum()))

    def speckle(frame: "np.ndarray", moment: Moment) -> "np.ndarray":
        noise = np.random.default_rng((*moment.seed, moment.frame)).standard_normal(frame.shape[:2], np.float32)
        clumps: Any = cv2.sepFilter2D(noise, -1, kernel, kernel)
        return np.clip(frame + clumps[..., None] * strength, 0, 1)

    return speckle


def vignette(effect: Vignette, stage: Stage) -> Applied:
    """Brightness falls smoothly from `radius` to the corners, in circles; nothing is lost when it begins beyond them."""
    import numpy as np

    y, x = np.ogrid[0 : stage.height, 0 : stage.width]
    away = np.hypot(x - (stage.width - 1) / 2, y - (stage.height - 1) / 2) / (np.hypot(stage.width, stage.height) / 2)
    far = np.clip((away - effect.radius) / max(1e-6, 1 - effect.radius), 0, 1) if effect.radius < 1 else np.zeros_like(away)
    kept = (1 - effect.amount * far * far * (3 - 2 * far)).astype(np.float32)[..., None]

    def darken(frame: "np.ndarray", moment: Moment) -> "np.ndarray":
        return frame * kept

    return darken


def fade(effect: Fade, stage: Stage) -> Applied:
    """The colour alone on the first frame and the picture alone on the last, or the other way round."""
    import numpy as np

    colour = rgb(effect.colour)

    def mix(frame: "np.ndarray", moment: Moment) -> "np.ndarray":
        share = np.float32(moment.progress if effect.to else 1 - moment.progress)
        return frame + (colour - frame) * share

    return mix
