"""The genga command as people type it."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner, Result

from studio.cli import FAULT, MISTAKE, app, planning

from ..production.making import make_all, plan_of
from ..production.test_gates import policy
from ..review.visiting import pretend_to_be_served
from ..story.making import change, dump, edit

COMMANDS = (
    "init", "import", "plan", "why", "impact", "waive", "capacity", "trace", "report", "audit", "diagnose", "apply", "up", "farm",
    "review", "calibrate", "judge", "vary", "preview", "reproduce", "verify", "doctor", "schema", "demo", "metrics", "budget",
    "profile",
)
SAMPLE = Path(__file__).parents[2] / "shows" / "momotaro"


def genga(*words: object) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    assert command in genga("--help").stdout
    told = genga(command, "--help")
    assert told.exit_code == 0
    assert "Usage" in told.stdout


@pytest.mark.parametrize(("typed", "told"), [
    (["capacity"], "Missing option '--jobs'. For example: genga capacity --jobs 300/day"),
    (["budget", "raise", "01"], "Give one, as in 'genga budget raise --to 120', or --undo alone"),
    (["budget", "raise", "01", "--to", "abc"], "'abc' is no number. For example: genga budget raise --to 120"),
    (["apply", "--max-usd", "-1"], "'-1' is less than 0. For example: genga apply --yes --max-usd 0.10"),
    (["apply", "--class", "x"], "'x' is not one of 'delivery', 'demo', 'batch'. For example: genga apply --class delivery"),
    (["why"], "Missing argument 'unit'. For example: genga why 01.river"),
])
def test_an_option_that_was_mistyped_is_answered_in_words_and_with_an_example(folder: Path, typed: list[str], told: str) -> None:
    result = genga(*typed[:1], "--show", folder, *typed[1:])
    assert result.exit_code == MISTAKE and told in " ".join(result.stderr.replace("│", " ").split())


def test_budget_shows_examples_and_tables_take_a_show_like_every_other_command(folder: Path) -> None:
    assert "genga budget raise 01 --to 25" in genga("budget", "--help").stdout
    assert genga("metrics", "tables", "--show", folder).stdout == genga("metrics", "tables").stdout


def test_the_version_is_told() -> None:
    assert genga("--version").stdout.startswith("genga ")


def test_help_imports_nothing_heavy() -> None:
    heavy = ("torch", "diffusers", "dagster", "imagehash", "reportlab", "fastapi", "uvicorn", "jinja2", "duckdb", "dbt")
    code = f"import sys, studio.cli; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize(
    ("words", "finding"),
    [
        (("plan", "--unit", "01.aa"), "Did you mean '01.a'?"),
        (("plan", "--episode", "02"), "no episode '02'"),
        (("why", "01.zebra"), "there is no unit '01.zebra'"),
        (("reproduce", "gone.png"), "the file is missing"),
        (("schema", "storybord"), "unknown kind 'storybord'"),
        (("apply", "--unit", "x.y", "--yes"), "no episode 'x'"),
    ],
)
def test_a_mistake_is_answered_in_one_line_without_a_stack_trace(
    folder: Path, words: tuple[str, ...], finding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENGA_SHOW", str(folder))
    told = genga(*words)
    assert told.exit_code == MISTAKE
    assert finding in told.stderr
    assert told.stderr.startswith("error: ")
    assert "Traceback" not in told.output


def test_debug_shows_the_stack_trace(folder: Path) -> None:
    command = [sys.executable, "-c", "from studio.cli import main; main()", "--debug", "plan", "--show", str(folder / "gone")]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert "Traceback" in told.stderr


def test_a_fault_of_our_own_is_called_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("wires crossed")

    monkeypatch.setattr(planning, "open_production", broken)
    told = genga("plan", "--show", folder)
    assert told.exit_code == FAULT
    assert "RuntimeError: wires crossed" in told.stderr
    assert "Traceback" not in told.output


def test_the_show_around_the_working_folder_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GENGA_SHOW", raising=False)
    monkeypatch.chdir(folder / "cast")
    assert genga("plan").exit_code == 0
    monkeypatch.chdir(folder.parent)
    told = genga("plan")
    assert told.exit_code == MISTAKE
    assert "no show here" in told.stderr


def test_apply_refuses_a_plan_above_the_ceiling_before_anything_starts(folder: Path) -> None:
    change(folder / "show.yaml", pools={"image": {"limit": 1, "usd_per_hour": 3600.0}})
    told = genga("apply", "--show", folder, "--max-usd", "0.001", "--yes")
    assert told.exit_code == MISTAKE
    assert "the ceiling is $0.0010; nothing was submitted" in told.stderr
    assert not (folder / "out" / "dagster").exists()


def test_apply_refuses_words_that_do_not_fit_before_anything_is_paid(folder: Path) -> None:
    edit(folder, "- text: Hello!", f"- text: {'all work and no play ' * 200}")
    told = genga("apply", "--show", folder, "--yes")
    assert told.exit_code == MISTAKE
    assert "01.yaml:10:" in told.stderr
    assert "does not fit" in told.stderr
    assert not (folder / "out" / "dagster").exists()


def test_apply_asks_first(folder: Path) -> None:
    told = CliRunner().invoke(app, ["apply", "--show", str(folder)], input="n\n")
    assert told.exit_code == 1
    assert "Go on?" in told.stdout
    assert not (folder / "out" / "dagster").exists()


def test_verify_finds_damage_and_repair_lets_it_be_made_again(done: Path) -> None:
    assert genga("verify", "--show", done).exit_code == 0
    step = plan_of(done).step("01.c", "panel")
    assert step is not None
    assert step.artifact
    file = done / "out" / "artifacts" / step.artifact[:2] / f"{step.artifact}.png"
    data = file.read_bytes()
    file.write_bytes(data[:-20])
    told = genga("verify", "--show", done)
    assert told.exit_code == 1
    assert "damaged" in told.stdout
    assert "01.c panel" in told.stdout
    assert genga("verify", "--show", done, "--repair").exit_code == 0
    assert (done / "out" / "damaged" / file.name).read_bytes() == data[:-20]
    make_all(done)
    assert file.read_bytes() == data
    assert genga("verify", "--show", done).exit_code == 0


def test_verify_misses_what_the_ledger_names(done: Path) -> None:
    step = plan_of(done).step("01.c", "final")
    assert step is not None
    assert step.artifact
    (done / "out" / "artifacts" / step.artifact[:2] / f"{step.artifact}.png").unlink()
    told = genga("verify", "--show", done)
    assert told.exit_code == 1
    assert "missing" in told.stdout


@pytest.mark.parametrize(("stage", "unit"), [("panel", "01.a"), ("final", "01.a"), ("page", "01.p01")])
def test_a_picture_is_reproduced_to_the_bit_from_its_own_file(done: Path, stage: str, unit: str) -> None:
    step = next(s for s in plan_of(done).steps if (s.stage, s.unit) == (stage, unit))
    assert step.artifact
    file = done / "out" / "artifacts" / step.artifact[:2] / f"{step.artifact}.png"
    told = genga("reproduce", file, "--show", done)
    assert told.exit_code == 0
    assert "bit-exact" in told.stdout
    assert step.digest in told.stdout


def test_an_altered_picture_is_called_different(done: Path) -> None:
    from PIL import Image, PngImagePlugin

    step = plan_of(done).step("01.a", "panel")
    assert step is not None
    assert step.artifact
    with Image.open(done / "out" / "artifacts" / step.artifact[:2] / f"{step.artifact}.png") as picture:
        info = PngImagePlugin.PngInfo()
        info.add_itxt("genga", picture.info["genga"])
        picture.rotate(180).save(done / "turned.png", pnginfo=info)
    told = genga("reproduce", done / "turned.png", "--show", done)
    assert told.exit_code == 1
    assert "different" in told.stdout
    assert "worst patch" in " ".join(told.stdout.split())


def test_init_writes_a_show_that_can_be_planned_and_never_writes_over_another(tmp_path: Path) -> None:
    told = genga("init", tmp_path / "mine")
    assert told.exit_code == 0
    assert "storyboards/01.yaml" in told.stdout
    plan = json.loads(genga("plan", "--show", tmp_path / "mine", "--json").stdout)
    assert plan["counts"]["blocked"] == 0
    assert plan["counts"]["missing"] > 0
    again = genga("init", tmp_path / "mine")
    assert again.exit_code == MISTAKE
    assert "nothing was written" in again.stderr
    assert [f.name for f in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize("show", ["sample", "starter"])
def test_schemas_accept_what_genga_accepts_and_refuse_what_it_refuses(show: str, tmp_path: Path) -> None:
    genga("init", tmp_path / "mine")
    folder = tmp_path / "mine"
    if show == "sample":
        folder = SAMPLE
    else:
        policy(folder, {"scorer": "min_side", "min": 64})
        (folder / "sweeps").mkdir()
        dump(folder / "sweeps" / "mood.yaml", {"sweep": "mood", "unit": "01.river", "over": {"guidance": [3, 5]}})
        assert {"policy.json", "sweep.json"} <= {file.name for file in (folder / "schemas").iterdir()}
    kinds = {"show": "show.yaml", "models": "models.yaml", "character": "cast/*.yaml", "preset": "presets/*.yaml",
             "storyboard": "storyboards/*.yaml", "policy": "policies/*.yaml"}
    if show == "starter":
        kinds["sweep"] = "sweeps/*.yaml"
    for kind, pattern in kinds.items():
        schema = json.loads(genga("schema", kind).stdout)
        files = sorted(folder.glob(pattern))
        assert files
        for file in files:
            data = yaml.safe_load(file.read_text(encoding="utf-8"))
            jsonschema.validate(data, schema)
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.validate({**data, "titel": 1}, schema)


def test_a_second_up_names_the_addresses_of_the_first_before_it_tries_a_port(folder: Path) -> None:
    pretend_to_be_served(folder)
    told = genga("up", "--show", folder, "--port", "1", "--review-port", "2")
    assert told.exit_code == MISTAKE and "genga serves this show already: http://127.0.0.1:9" in told.stderr
    assert "review page http://127.0.0.1:8" in told.stderr


def test_judge_tells_what_it_did_not_measure_in_plain_words(done: Path) -> None:
    policy(done, {"scorer": "control", "min": 0.1})
    told = " ".join(genga("judge", "--show", done).stdout.split())
    assert "not measured" in told and "nothing in them that its scorer looks at" in told


def test_doctor_ends_with_a_real_render_and_tells_what_is_broken(folder: Path) -> None:
    well = genga("doctor", "--show", folder)
    assert well.exit_code == 0, well.stdout
    assert "tiny render" in well.stdout
    assert "kept and verified" in well.stdout
    assert "memory fake" in well.stdout and "not measured yet" in well.stdout
    make_all(folder)
    assert "measured on 3 takes" in genga("doctor", "--show", folder).stdout
    (folder / "models" / "tiny.safetensors").unlink()
    told = genga("doctor", "--show", folder)
    assert told.exit_code == 1
    assert "is missing" in told.stdout
