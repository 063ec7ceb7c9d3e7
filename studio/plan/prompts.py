"""From a panel to its recipe: template and words to a prompt, names to digests, ids to a seed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from studio.errors import GengaError, PresetError
from studio.plan.library import Library
from studio.plan.presets import Override, Preset, PresetStamp, apply_overrides
from studio.plan.recipes import ImageRecipe, UpscaleRecipe
from studio.plan.refs import ControlRef, InitRef, LoraRef, PoseRef
from studio.plan.seeds import SeedPolicy
from studio.plan.sizes import render_size
from studio.record import nfc
from studio.story.cast import Character
from studio.story.drawn import Drawn, LoraUse
from studio.story.show import Show


@dataclass(frozen=True)
class PanelWish:
    """What ought to be rendered for one panel or keyframe, with everything that a take remembers of why."""

    unit: str
    recipe: ImageRecipe
    preset: Preset
    """As written, without the panel's overrides."""
    overrides: tuple[Override, ...]
    words: dict[str, str]
    inputs: dict[str, Path] = field(default_factory=dict)
    """sha256 -> file in the show: control maps and init pictures that the recipe names."""
    characters: tuple[str, ...] = ()
    """Names of who appears."""
    take: int = 1
    """Take number that the author wrote."""
    candidates: int = 0
    """Of how many takes the best is picked; 0 leaves it to the show."""
    missing: tuple[int, ...] = ()
    """Seeds of those that are not drawn yet, the recipe's own first."""
    seed_of: Callable[[int], int] = field(default=lambda take: take, compare=False)
    """Take number -> seed."""

    @property
    def stamp(self) -> PresetStamp:
        return self.preset.stamp


def panel_wish(
    show: Show, library: Library, unit: str, panel: Drawn, aspect: float, default: str | None = None
) -> PanelWish:
    """The recipe of a panel or keyframe on a box of `aspect`; `default` is the preset of one that names none.

    Raises PresetError (unknown or locked), ModelError (weights missing or altered); both are the author's to mend.
    """
    written = library.preset(panel.preset or default or show.settings.default_preset, f"{unit}.preset")
    preset, overrides = apply_overrides(written, panel, unit)
    cast = [_character(show, name, unit) for name in panel.characters]
    words = _words(preset, cast, panel)
    inputs: dict[str, Path] = {}
    width, height = render_size(aspect, preset.native, preset.max_side or 2 * preset.native)
    recipe = ImageRecipe(
        engine=preset.engine, contract=library.contract(preset.engine, f"{preset.name}.engine"),
        model=library.models.expect(preset.model, "sd15"),
        vae=library.models.expect(preset.vae, "vae") if preset.vae else None,
        loras=_loras(library, preset, cast, panel, unit),
        prompt=_join(words["template"].format(characters=words["characters"], prompt=words["prompt"])),
        negative=words["negative"],
        sampler=preset.sampler, scheduler=preset.scheduler, steps=preset.steps, guidance=preset.guidance,
        clip_skip=preset.clip_skip, width=width, height=height, seed=panel_seed(show, cast, unit, panel),
        controls=_controls(show, library, panel, inputs), init=_init(show, library, panel, inputs),
        precision=preset.precision, batch_size=preset.batch_size,
    )
    return PanelWish(unit, recipe, written, overrides, words, inputs, panel.characters, panel.take,
                     panel.candidates or 0, (),
                     lambda take: panel_seed(show, cast, unit, panel.model_copy(update={"take": take})))


def final_recipe(library: Library, preset: Preset, image: str) -> UpscaleRecipe:
    """How the picked panel picture `image` (sha256) becomes a final."""
    up = preset.upscale
    return UpscaleRecipe(
        engine=up.engine, contract=library.contract(up.engine, f"{preset.name}.upscale.engine"),
        model=library.models.expect(up.model, "upscaler") if up.model else None,
        image=image, scale=up.scale, tile=up.tile, overlap=up.overlap, precision=preset.precision,
    )


def panel_seed(show: Show, cast: list[Character], unit: str, panel: Drawn) -> int:
    """Seed by the show's policy, in the namespace of the panel's first character."""
    seeds = show.settings.seeds
    namespace = panel.seed_namespace or (cast[0].name if cast else "show")
    offset = panel.seed_offset + (cast[0].seed_offset if cast else 0)
    return SeedPolicy(root=seeds.root, lock=seeds.lock).seed(namespace, unit, panel.take, offset)


def _character(show: Show, name: str, unit: str) -> Character:
    # a checked storyboard only names known characters; a plan made by hand in Python may not
    if name not in show.cast:
        raise GengaError(f"unknown character '{name}'", field=f"{unit}.characters", remedy="Add it to cast/")
    return show.cast[name]


def _join(prompt: str) -> str:
    """One line without empty parts: `a, , b` would waste tokens and change digests for nothing."""
    return ", ".join(part for part in (" ".join(p.split()) for p in nfc(prompt).split(",")) if part)


def _words(preset: Preset, cast: list[Character], panel: Drawn) -> dict[str, str]:
    negatives = [preset.negative, *(c.negative for c in cast), panel.negative]
    return {
        "template": preset.template,
        "characters": ", ".join(c.tags for c in cast),
        "prompt": panel.prompt,
        "negative": _join(", ".join(negatives)),
    }


def _loras(
    library: Library, preset: Preset, cast: list[Character], panel: Drawn, unit: str
) -> tuple[LoraRef, ...]:
    """Preset's LoRAs, then characters', then the panel's; a later weight for the same LoRA wins."""
    uses: dict[str, LoraUse] = {use.model: use for use in preset.loras}
    asked = [use for c in cast for use in c.loras] + list(panel.loras)
    for use in asked:
        if use.model not in preset.allowed_loras and use.model not in uses:
            raise PresetError(
                f"LoRA '{use.model}' is not on the allow-list of preset '{preset.name}'", field=f"{unit}.loras",
                remedy=f"Allowed: {', '.join(preset.allowed_loras) or 'none'}. Add it to allowed_loras if it is meant",
            )
        uses[use.model] = use
    return tuple(LoraRef(model=library.models.expect(u.model, "lora"), weight=u.weight) for u in uses.values())


def _controls(show: Show, library: Library, panel: Drawn, inputs: dict[str, Path]) -> tuple[ControlRef | PoseRef, ...]:
    refs: list[ControlRef | PoseRef] = []
    for use in panel.control:
        if use.image is None:
            refs.append(PoseRef(model=library.models.expect(use.model, "controlnet"), figures=use.pose, style=use.style,
                                weight=use.weight, start=use.start, end=use.end))
            continue
        image = library.files.digest(show.folder / use.image)
        inputs[image] = show.folder / use.image
        refs.append(ControlRef(
            model=library.models.expect(use.model, "controlnet"), image=image, weight=use.weight,
            start=use.start, end=use.end,
        ))
    return tuple(refs)


def _init(show: Show, library: Library, panel: Drawn, inputs: dict[str, Path]) -> InitRef | None:
    if panel.init is None:
        return None
    image = library.files.digest(show.folder / panel.init.image)
    inputs[image] = show.folder / panel.init.image
    mask = None
    if panel.init.mask:
        mask = library.files.digest(show.folder / panel.init.mask)
        inputs[mask] = show.folder / panel.init.mask
    return InitRef(image=image, mask=mask, strength=panel.init.strength)
