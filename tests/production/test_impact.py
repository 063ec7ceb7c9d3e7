"""What holds a thing, up to books and films; what its change would cost, and what would be kept."""

import hashlib
import shutil
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from studio.errors import ModelError, StoryError
from studio.plan.impact.graph import Graph, graph_of, inputs_of, kind_at
from studio.plan.impact.radius import Radius
from studio.plan.impact.telling import groups_of, kept_said, published_said, record, redone_said
from studio.production.impact import elsewhere, impact
from studio.production.opening import open_production
from studio.production.waiving import waive
from studio.render.catalogue import surroundings
from tests.motion.sounding import tone
from tests.story.filming import keyframe, shot, write_film_show, write_shots

from ..story.making import change, dump, edit, write_show, write_weights
from .filming import make_film
from .making import make_all, plan_of

PYTHON = ".".join(map(str, sys.version_info[:2]))
LATER = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
NIGHT = "TITLE \"night\"\nLUT_3D_SIZE 2\n" + "".join(f"{r} {g} {b}\n" for b in (0, .5) for g in (0, .5) for r in (0, .5))


@pytest.fixture
def done(tmp_path: Path) -> Path:
    folder = write_show(tmp_path / "small")
    Image.new("RGB", (64, 64), "white").save(folder / "map.png")
    models = {"net": {"file": "net.safetensors", "architecture": "controlnet"}}
    write_weights(folder / "models" / "net.safetensors", "net.w", 5)
    change(folder / "models.yaml", models={**_models(folder), **models})
    edit(folder, "prompt: river", "prompt: river\n        loras: [{model: ink, weight: 0.7}]")
    edit(folder, "prompt: mountain", "prompt: mountain\n        control: [{model: net, image: map.png}]")
    make_all(folder)
    return folder


@pytest.fixture
def filmed(tmp_path: Path) -> Path:
    folder = write_film_show(tmp_path / "show")
    (folder / "night.cube").write_text(NIGHT)
    tone(folder / "song.wav", 1.0)
    line = {"id": "l1", "text": "Look!", "speaker": "momo"}
    write_shots(folder, shot("s1", effects=[{"kind": "grade", "lut": "night.cube"}], lines=[line]),
                shot("s2", keyframes=[keyframe("k1", characters=["momo"]), keyframe("k2")]),
                film={"music": [{"file": "song.wav"}]})
    assert [m.error for m in make_film(folder) if m.error] == []
    return folder


def _models(folder: Path) -> dict[str, object]:
    import yaml

    return yaml.safe_load((folder / "models.yaml").read_text())["models"]


def of(folder: Path, asked: str, planned: bool = False) -> Radius:
    production = open_production(folder)
    return impact(production, asked, production.history(), planned=planned)


def anew(radius: Radius) -> dict[str, int]:
    return dict(Counter(one.stage for one in radius.held if one.redone))


ALL = {"panel": 3, "final": 3, "page": 2, "book": 1}


@pytest.mark.parametrize("asked", ["tiny", "models/tiny.safetensors", "fake", "presets/fake.yaml", "show.yaml",
                                   "storyboards/01.yaml", "models.yaml"])
def test_what_everything_is_drawn_with_reaches_every_panel_page_and_book(done: Path, asked: str) -> None:
    radius = of(done, asked)
    assert anew(radius) == ALL and not radius.gone
    (group,) = groups_of(radius)
    assert group.name == "book 01" and group.work == "drawn anew" and kept_said(group) == "nothing"
    assert redone_said(group) == "3 panels drawn anew, 3 finals enlarged, 2 pages lettered, 1 book bound"
    assert "01.en.cbz" in published_said(group) and all(one.published for one in radius.held)
    takes = open_production(done).history().takes.values()
    assert radius.seconds == pytest.approx(sum(take.seconds for take in takes)) and radius.seconds > 0


def test_usd_is_seconds_at_todays_rate_of_the_pool(done: Path) -> None:
    change(done / "show.yaml", pools={"image": {"usd_per_hour": 36.0}})
    radius = of(done, "tiny")
    drawn = sum(one.seconds for one in radius.held if one.stage == "panel")
    assert radius.price.known == pytest.approx(drawn * 0.01) and radius.price.unknown == ("post",)


def test_a_lora_reaches_its_panel_its_page_and_the_book_and_the_rest_is_kept(done: Path) -> None:
    radius = of(done, "models/ink.safetensors")
    assert anew(radius) == {"panel": 1, "final": 1, "page": 1, "book": 1}
    assert [(one.unit, one.direct, one.kind) for one in radius.held if one.stage == "panel"] == [("01.b", True, "recipe")]
    (group,) = groups_of(radius)
    assert group.kept == {"panel": 2, "final": 2, "page": 1} and group.kinds == ("recipe",)
    assert kept_said(group) == "2 panels, 2 finals, 1 page"


def test_a_control_map_is_content_and_its_controlnet_is_recipe(done: Path) -> None:
    for asked, kind in (("map.png", "content"), ("net", "recipe")):
        radius = of(done, asked)
        assert {one.unit for one in radius.held if one.direct} == {"01.c"} and {one.kind for one in radius.held} == {kind}


def test_bytes_are_found_by_the_first_digits_of_their_sha256(done: Path) -> None:
    sha = hashlib.sha256((done / "map.png").read_bytes()).hexdigest()
    assert of(done, sha[:8]).held == of(done, sha).held == of(done, "map.png").held
    artifact = open_production(done).history().picks["01.a", "panel", ""].artifact
    picture = of(done, artifact[:12])
    assert "panel 01.a" in picture.thing.name
    assert anew(picture) == {"panel": 1, "final": 1, "page": 1, "book": 1}
    weights = hashlib.sha256((done / "models" / "ink.safetensors").read_bytes()).hexdigest()
    assert of(done, weights[:16]).thing.name == "model card ink (ink.safetensors)"


def test_a_book_as_it_lies_in_out_is_known_by_its_bytes(done: Path) -> None:
    assert anew(of(done, "out/books/01.en.cbz")) == {"book": 1}


def test_a_character_is_in_panels_and_on_pages_that_have_the_name(done: Path) -> None:
    for asked in ("momo", "cast/momo.yaml"):
        assert anew(of(done, asked)) == {"panel": 1, "final": 1, "page": 1, "book": 1}
    edit(done, "- text: Hello!", "- text: Hello!\n            speaker: momo")
    edit(done, "prompt: mountain", "prompt: mountain\n        balloons: [{text: Oh, speaker: momo}]")
    make_all(done)
    radius = of(done, "momo")
    assert anew(radius) == {"panel": 1, "final": 1, "page": 2, "book": 1}
    assert {one.kind for one in radius.held} == {"content"}


@pytest.mark.parametrize(("asked", "stages", "work"), [
    ("night.cube", {"clip": 1, "film": 1}, "encoded again from frames that are kept"),
    ("song.wav", {"film": 1}, "cut again from clips that are kept"),
    ("momo", {"keyframe": 1, "inbetween": 1, "inbetween_final": 1, "voice": 1, "clip": 1, "subtitles": 1, "film": 1},
     "drawn anew"),
    ("fake", {"keyframe": 4, "inbetween": 2, "inbetween_final": 2, "clip": 2, "film": 1}, "drawn anew"),
])
def test_of_a_film_only_what_follows_is_made_anew(filmed: Path, asked: str, stages: dict[str, int], work: str) -> None:
    radius = of(filmed, asked)
    assert anew(radius) == stages
    (group,) = groups_of(radius)
    assert group.name == "film 01" and group.work == work and "01.en.mp4" in published_said(group)
    assert redone_said(group).endswith("1 film cut") and ("drawn anew" in redone_said(group)) == (work == "drawn anew")
    total = {"keyframe": 4, "inbetween": 2, "inbetween_final": 2, "voice": 1, "clip": 2, "subtitles": 1, "film": 1}
    assert group.kept == {stage: n for stage, count in total.items() if (n := count - stages.get(stage, 0))}


def test_a_folder_of_depth_frames_reaches_what_is_drawn_along_it(tmp_path: Path) -> None:
    folder = write_film_show(tmp_path / "show")
    (folder / "depth").mkdir()
    for n in range(3):
        Image.new("L", (64, 48), 40 * n + 20).save(folder / "depth" / f"{n}.png")
    write_weights(folder / "models" / "depth.safetensors", "net.w", 5)
    net = {"file": "depth.safetensors", "architecture": "controlnet"}
    change(folder / "models.yaml", models={**_models(folder), "depth": net})
    write_shots(folder, shot("s1", blockout={"model": "depth", "frames": "depth"}), shot("s2"))
    assert [m.error for m in make_film(folder) if m.error] == []
    radius = of(folder, "depth/")
    assert anew(radius)["keyframe"] == 2 and anew(radius)["blockout"] == 1
    assert {one.unit for one in radius.held if one.stage != "film"} == {"01.s1", "01.s1.k1", "01.s1.k2"}
    assert anew(of(folder, "depth/1.png")) == anew(radius)


def test_a_file_that_changed_already_is_known_by_what_it_was(done: Path) -> None:
    write_weights(done / "models" / "ink.safetensors", "lora_unet.w", 9)
    radius = of(done, "ink")
    assert radius.planned and {one.unit for one in radius.held if one.direct} == {"01.b"}
    assert anew(radius) == {"panel": 1, "final": 1, "page": 1, "book": 1}


def test_what_is_wanted_and_not_made_yet_is_told_from_the_plan(done: Path) -> None:
    edit(done, "prompt: smile, sky", "prompt: smile, sky\n        loras: [{model: other, weight: 0.5}]")
    change(done / "presets" / "fake.yaml", version=2, allowed_loras=["ink", "other"])
    radius = of(done, "other")
    assert radius.held == () and [step.key for step in radius.wanted] == ["01.a panel"]
    assert radius.wanted[0].seconds > 0 and record(radius)["wanted"]["units"] == ["01.a panel"]
    assert record(of(done, "ink"))["wanted"] is None and record(of(done, "ink", planned=True))["wanted"]["units"] == []


def test_a_fresh_show_holds_nothing_yet_and_wants_everything(tmp_path: Path) -> None:
    radius = of(write_show(tmp_path / "small"), "tiny")
    assert radius.held == () and radius.seconds == 0 and {step.stage for step in radius.wanted} == {"panel"}


def test_a_book_that_was_replaced_since_is_still_told_as_published(done: Path) -> None:
    edit(done, "prompt: river\n        loras: [{model: ink, weight: 0.7}]", "prompt: river")
    make_all(done)
    sha = hashlib.sha256((done / "models" / "ink.safetensors").read_bytes()).hexdigest()
    radius = of(done, sha)
    assert radius.held == () and [past.unit for past in radius.published] == ["01"]


def test_a_unit_that_is_gone_is_told_and_costs_nothing(done: Path) -> None:
    edit(done, "- id: b\n", "- id: brook\n")
    radius = of(done, "ink")
    assert radius.gone == ("01.b",) and "panel" not in anew(radius)
    shutil.move(done / "storyboards" / "01.yaml", done / "away.yaml")
    assert set(of(done, "tiny").gone) == {"01.a", "01.b", "01.c", "01.p01", "01.p02", "01"}


def test_what_is_waived_stays_and_so_does_what_is_made_of_it_alone(done: Path) -> None:
    waive(open_production(done), "01.c", LATER, "printed", "mika")
    radius = of(done, "tiny")
    assert anew(radius) == {"panel": 2, "final": 2, "page": 1, "book": 1}
    stays = {(one.unit, one.stage): one.waiver is not None for one in radius.held if not one.redone}
    assert stays == {("01.c", "panel"): True, ("01.c", "final"): True, ("01.p02", "page"): False}
    waive(open_production(done), "01.p01", LATER, "printed", "mika")
    radius = of(done, "tiny")
    assert anew(radius) == {} and radius.seconds == radius.price.usd == 0
    assert groups_of(radius)[0].work == "nothing until the waiver ends"


@pytest.mark.parametrize(("asked", "finding", "remedy"), [
    ("tinny", "no model, preset, character, file or sha256 'tinny'", "Did you mean 'tiny'?"),
    ("storyboards/1.yaml", "no model, preset", "Did you mean 'storyboards/01.yaml'?"),
    ("models/fake.safetensors", "no model, preset", "Did you mean 'fake'?"),
    ("nosuch", "no model, preset", "Known here: model cards "),
    ("01.b", "'01.b' is a unit", "'genga why 01.b'"), ("01", "'01' is a unit", "'genga why 01'"),
    ("3203", "'3203' is too short: a sha256 needs 8 digits", "Write more of it"),
    (" ", "nothing was named", "Name a model"),
    ("abcdef12", "no model, preset, character, file or sha256 'abcdef12'", ""),
    ("abc", "no model, preset, character, file or sha256 'abc'", ""),
    ("/", "no model, preset", ""), (".", "no model, preset", ""), ("out", "no model, preset", ""),
    ("../..", "no model, preset", ""),
    ("/etc/hostname", "no model, preset", ""), ("x" * 300, "no model, preset", ""), ("a\0b", "no model, preset", ""),
    ("policies/house.yaml", "gates judge pictures", "preset or a model"),
])
def test_what_nobody_knows_is_told_with_the_nearest(done: Path, asked: str, finding: str, remedy: str) -> None:
    (done / "policies").mkdir()
    dump(done / "policies" / "house.yaml", {"gates": []})
    with pytest.raises(StoryError, match=finding) as caught:
        impact(open_production(done), asked, open_production(done).ledger.history())
    assert remedy in (caught.value.remedy or "")


def test_digits_that_several_things_begin_with_are_told(done: Path) -> None:
    production = open_production(done)
    history = production.history()
    one = next(iter(history.takes.values()))
    for tail in ("0", "1"):
        history.takes["abcd" * 4 + tail * 48] = one
    with pytest.raises(StoryError, match="2 things begin with 'abcdabcd'"):
        impact(production, "abcdabcd", history)


def test_a_card_whose_file_is_gone_is_known_by_its_sha256_or_says_so(done: Path) -> None:
    file = done / "models" / "ink.safetensors"
    sha = hashlib.sha256(file.read_bytes()).hexdigest()
    file.unlink()
    with pytest.raises(ModelError, match="ink.safetensors"):
        of(done, "ink")
    models = _models(done)
    change(done / "models.yaml", models={**models, "ink": {"file": "ink.safetensors", "architecture": "lora", "sha256": sha}})
    assert {one.unit for one in of(done, "ink").held if one.direct} == {"01.b"}


def test_another_environment_is_told_and_makes_nothing_stale(done: Path) -> None:
    production = open_production(done)
    history = production.history()
    assert elsewhere(production, history).radius.held == ()
    other = elsewhere(production, history, facts_of=lambda engine: {**surroundings(engine), "fan": "on", "python": "3.99"})
    assert {(one.stage, one.kind) for one in other.radius.held} == {("panel", "environment"), ("final", "environment")}
    assert other.unknown == 3 and other.differences == {"fan: - -> on": 6, f"python: {PYTHON} -> 3.99": 6}
    assert plan_of(done).done
    within = impact(production, "ink", history)
    few = elsewhere(production, history, within, lambda engine: {**surroundings(engine), "fan": "on"})
    assert {one.unit for one in few.radius.held} == {"01.b"}


def test_the_graph_walks_both_ways(done: Path) -> None:
    graph: Graph = graph_of(open_production(done).history())
    book = next(recipe for recipe, take in graph.takes.items() if take.stage == "book")
    assert graph.below([book]) == set(graph.takes)
    panel = next(recipe for recipe, take in graph.takes.items() if (take.unit, take.stage) == ("01.a", "panel"))
    assert {graph.takes[r].stage for r in graph.above([panel])} == {"panel", "final", "page", "book"}
    assert graph.above([panel], stopping=[panel]) == {panel}


def test_every_digest_in_a_recipe_is_seen_and_words_are_not_looked_at() -> None:
    sha = ["".join(str(n) * 64) for n in range(6)]
    body = {"kind": "image", "model": sha[0], "loras": [{"model": sha[1], "weight": 1}], "prompt": sha[2],
            "files": {"a.cube": sha[3]}, "controls": [{"model": sha[4], "image": sha[5]}], "page": {"id": sha[2]}}
    found = dict(inputs_of(body))
    assert found == {("model",): sha[0], ("loras", 0, "model"): sha[1], ("files", "a.cube"): sha[3],
                     ("controls", 0, "model"): sha[4], ("controls", 0, "image"): sha[5]}
    assert {path: kind_at(path) for path in found} == {
        ("model",): "recipe", ("loras", 0, "model"): "recipe", ("files", "a.cube"): "content", ("controls", 0, "model"): "recipe",
        ("controls", 0, "image"): "content"}
