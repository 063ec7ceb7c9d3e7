"""What the plan of a film follows from, before anything is rendered."""

from pathlib import Path

from studio.plan.film_recipes import ClipRecipe, InbetweenRecipe
from studio.plan.inbetweens import inbetween_recipe
from studio.production.opening import open_production
from tests.production.filming import make_film
from tests.production.making import plan_of, states
from tests.story.filming import keyframe, shot, write_film_show, write_shots
from tests.story.making import PRESET, change, dump

LINE = {"id": "l1", "text": "To the island!"}


def test_seeds_of_keyframes_follow_from_ids_not_from_places(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "show")
    before = {s.unit: s.digest for s in plan_of(folder).steps if s.stage == "keyframe"}
    write_shots(folder, shot("s0"), shot("s1", keyframes=[keyframe("k1"), keyframe("new"), keyframe("k2")]))
    after = {s.unit: s.digest for s in plan_of(folder).steps if s.stage == "keyframe"}
    assert before.items() <= after.items() and len(after) == 5


def test_a_keyframe_drawn_over_another_waits_for_it_and_names_it(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "show", shot("s1", keyframes=[keyframe("k1"), keyframe("k2", from_previous=0.5)]))
    second = plan_of(folder).step("01.s1.k2", "keyframe")
    assert second and second.recipe is None and second.state == "missing"
    make_film(folder)
    first, second = (plan_of(folder).step(f"01.s1.{k}", "keyframe") for k in ("k1", "k2"))
    assert first and second and second.recipe.init.image == first.artifact and second.recipe.init.strength == 0.5


def test_keyframes_of_different_size_block_their_shot_before_anything_is_spent(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "show", shot("s1", keyframes=[keyframe("k1"), keyframe("k2", preset="big")]))
    dump(folder / "presets" / "big.yaml", {**PRESET, "name": "big", "native": 128})
    plan = plan_of(folder)
    assert states(plan, "keyframe") == {"01.s1.k1": "missing", "01.s1.k2": "blocked"}
    assert states(plan, "clip") == {"01.s1": "blocked"} and states(plan, "film") == {"01": "blocked"}
    told = str(plan.step("01.s1.k2", "keyframe").reasons[0])
    assert "nothing can be drawn between them" in told and "01.yaml" in told


def test_a_look_without_a_motion_adapter_says_so(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "show")
    change(folder / "presets" / "fake.yaml", motion={"engine": "animatediff"})
    production = open_production(folder)
    wish = plan_of(folder).step("01.s1.k1", "keyframe").wish
    draft = inbetween_recipe(production.library, wish, "draft", "0" * 64, "1" * 64, 8)
    assert draft.engine == "flow" and draft.model is None
    (told, *_) = [made.error for made in make_film(folder) if made.step.stage == "keyframe"]
    assert told and "needs a motion adapter" in told.message, "before anything is paid for its keyframes"


def test_a_line_follows_the_one_before_it_by_the_length_of_its_voice(tmp_path: Path) -> None:
    lines = [LINE, {"id": "l2", "text": "Wait for me!"}]
    folder = write_film_show(tmp_path / "show", shot("s1", seconds=4, lines=lines))
    make_film(folder)
    film = plan_of(folder).step("01", "film", "en")
    first, second = film.recipe.cues
    assert first.start == 0.25 and 0.4 < first.end - first.start < 2
    assert abs(second.start - first.end - 0.25) < 1e-6


def test_a_balloon_s_neighbour_a_title_makes_a_clip_for_each_language(tmp_path: Path) -> None:
    title = {"kind": "title", "text": {"en": "The river", "ja": "川"}}
    folder = write_film_show(tmp_path / "show", shot("s1", effects=[title]), shot("s2"), languages=("en", "ja"))
    make_film(folder)
    clips = {(s.unit, s.language): s.recipe for s in plan_of(folder).steps if s.stage == "clip"}
    assert set(clips) == {("01.s1", "en"), ("01.s1", "ja"), ("01.s2", "")}
    assert all(isinstance(r, ClipRecipe) for r in clips.values())
    assert clips["01.s1", "ja"].effects[0]["text"] == "川"


def test_an_inbetween_names_both_keyframes_by_their_digest(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "show")
    make_film(folder)
    plan = plan_of(folder)
    first, last = (plan.step(f"01.s1.{k}", "keyframe").artifact for k in ("k1", "k2"))
    recipe = plan.step("01.s1.k1", "inbetween").recipe
    assert isinstance(recipe, InbetweenRecipe) and (recipe.first, recipe.last, recipe.frames) == (first, last, 8)


def test_a_line_that_outlasts_its_shot_is_warned_of_with_the_overrun(tmp_path: Path) -> None:
    long = {"id": "l1", "text": "I have walked three days and three nights to reach this island."}
    folder = write_film_show(tmp_path / "show", shot("s1", lines=[long]))
    (told,) = plan_of(folder).warnings
    assert "line 01.s1.l1 (en) outlasts its shot by 3.6 s" in told
    write_shots(folder, shot("s1", seconds=8, lines=[long]))
    assert plan_of(folder).warnings == ()


def test_lines_said_at_once_and_out_of_order_are_seen_as_they_are_heard(tmp_path: Path) -> None:
    lines = [{"id": "late", "text": "Later words here", "at": 2}, {"id": "a", "text": "Run for it!", "at": 1},
             {"id": "b", "text": "Hurry up now!", "at": 1}]
    folder = write_film_show(tmp_path / "show", shot("s1", seconds=4, lines=lines))
    make_film(folder)
    cues = plan_of(folder).step("01", "film", "en").recipe.cues
    assert [cue.text for cue in cues] == ["Run for it!", "Hurry up now!", "Later words here"]
    assert all(cue.end - cue.start > 0.3 for cue in cues)


def test_other_sizes_are_told_of_where_the_first_keyframe_is_blocked_for_another_reason(tmp_path: Path) -> None:
    drawn = [keyframe("k1", preset="nowhere"), keyframe("k2"), keyframe("k3", preset="big")]
    folder = write_film_show(tmp_path / "show", shot("s1", keyframes=drawn))
    dump(folder / "presets" / "big.yaml", {**PRESET, "name": "big", "native": 128})
    assert states(plan_of(folder), "keyframe") == {"01.s1.k1": "blocked", "01.s1.k2": "missing", "01.s1.k3": "blocked"}


def test_keyframes_on_one_drawing_are_told_of_at_their_line(tmp_path: Path) -> None:
    drawn = [keyframe("k1"), keyframe("k2", at=0.01), keyframe("k3")]
    folder = write_film_show(tmp_path / "show", shot("s1", keyframes=drawn))
    told = str(plan_of(folder).step("01.s1", "clip").reasons[0])
    assert "01.yaml:" in told and "shots[0].keyframes[1].at" in told
