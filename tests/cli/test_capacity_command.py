"""genga capacity, as people type it."""

import json
from pathlib import Path

import pytest

from studio.cli import MISTAKE

from ..production.making import make_all
from ..story.making import change, write_show
from .test_commands import genga

EXAMPLE = ("--jobs", "2000/hour", "--seconds", "image=12", "--rate", "image=0.70", "--workers", "image=8", "--yield", "1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_show(tmp_path / "small")


def words(text: str) -> str:
    return " ".join(text.split())


def asked(folder: Path, *typed: str) -> dict[str, object]:
    result = genga("capacity", "--show", folder, "--json", *typed)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_it_explains_itself_and_the_worked_example_is_one_of_its_examples(folder: Path) -> None:
    told = words(genga("capacity", "--help").stdout)
    assert "genga capacity --jobs 300/day --mix image=0.8,video=0.2 --sla delivery=2h" in told


def test_the_worked_example_of_the_field(folder: Path) -> None:
    told = words(genga("capacity", "--show", folder, *EXAMPLE).stdout)
    assert "8 workers x 3600 / 12 s = 2,400 renders an hour" in told and "$0.00233 a render" in told
    (pool,) = asked(folder, *EXAMPLE)["pools"]  # type: ignore[misc]
    assert pool["images_per_hour"] == pytest.approx(2400) and pool["usd"] == pytest.approx(0.7 * 12 / 3600)
    assert pool["devices"] == 7 and [level["devices"] for level in pool["levels"]] == [5, 6, 7, 8, 9]
    assert pool["levels"][0]["p95_wait"] is None and pool["levels"][2]["simulated"]["p95_wait"] > 0


def test_the_table_shows_waits_by_formula_and_simulation_with_a_bar_and_advice(folder: Path) -> None:
    told = genga("capacity", "--show", folder, *EXAMPLE, "--sla", "delivery=60s", "--peak", "2").stdout
    assert "simulated" in told and "█" in told and "endless" in told and "→ cluster" in told and "→ burst" in told
    assert "Erlang C" in told and "Allen and Cunneen" in words(told)


def test_the_ledger_tells_durations_and_yield(folder: Path) -> None:
    make_all(folder)
    change(folder / "show.yaml", pools={"image": {"usd_per_hour": 0.7}})
    (pool,) = asked(folder, "--jobs", "300/day")["pools"]  # type: ignore[misc]
    assert pool["yield"] == 1 and "durations of 3 takes in the ledger" in pool["from"]
    assert any("3 of 3 takes are in use" in told for told in pool["from"]) and pool["usd"] > 0
    scaled = asked(folder, "--jobs", "300/day", "--seconds", "image=12")["pools"][0]  # type: ignore[index]
    assert scaled["seconds"] == pytest.approx(12) and "varying as the 3 takes" in scaled["from"][0]


def test_what_is_rejected_lowers_the_yield_and_raises_the_cost(folder: Path) -> None:
    make_all(folder)
    genga("review", "--show", folder, "--reject", "01.a", "--reason", "face", "--by", "mika")
    make_all(folder)
    (pool,) = asked(folder, "--jobs", "300/day", "--rate", "image=1")["pools"]  # type: ignore[misc]
    assert pool["yield"] == pytest.approx(3 / 4) and pool["usd_accepted"] == pytest.approx(pool["usd"] / 0.75)


def test_a_missing_rate_is_unknown_and_named(folder: Path) -> None:
    change(folder / "show.yaml", pools={"image": {"limit": 2}})
    told = words(genga("capacity", "--show", folder, "--jobs", "300/day", "--seconds", "image=12", "--yield", "1").stdout)
    assert "cost unknown: name a price of pool image" in told and "$0" not in told and "2 workers" in told
    change(folder / "show.yaml", pools={"image": {"usd_per_hour": 0.0}})
    free = words(genga("capacity", "--show", folder, *EXAMPLE[:4], "--yield", "1").stdout)
    assert "$0.00000 a render" in free, "its owner says that it costs nothing"


def test_storage_and_egress_are_counted_by_size(folder: Path) -> None:
    priced = (*EXAMPLE, "--storage", "0.02", "--months", "10", "--egress", "0.1", "--mb", "image=2")
    (pool,) = asked(folder, *priced)["pools"]  # type: ignore[misc]
    assert pool["usd"] == pytest.approx(0.7 * 12 / 3600 + 0.002 * (0.02 * 10 + 0.1))
    make_all(folder)
    (pool,) = asked(folder, *EXAMPLE, "--egress", "1000")["pools"]  # type: ignore[misc]
    assert pool["usd"] > 0.7 * 12 / 3600 and any("egress of" in told for told in pool["from"])


def test_electricity_is_part_of_the_rate_and_a_rate_of_null_is_unknown(folder: Path) -> None:
    owned = {"purchase": "owned", "usd_per_hour": 0.25, "power": {"watts": 350, "usd_per_kwh": 0.4}}
    for pool, hourly in ((owned, 0.39), ({**owned, "usd_per_hour": None}, 0.14)):
        change(folder / "show.yaml", pools={"image": pool})
        found = asked(folder, "--jobs", "300/day", "--seconds", "image=3600", "--yield", "1")["pools"][0]  # type: ignore[index]
        assert found["usd"] == pytest.approx(hourly)
    change(folder / "show.yaml", pools={"image": {"usd_per_hour": None}})
    found = asked(folder, "--jobs", "300/day", "--seconds", "image=12", "--yield", "1")["pools"][0]  # type: ignore[index]
    assert found["usd"] is None and any("cost unknown" in told for told in found["from"])


def test_storage_and_egress_of_the_show_count_unless_others_are_stated(folder: Path) -> None:
    change(folder / "show.yaml", storage={"usd_per_gb_month": 0.02, "egress_usd_per_gb": 0.1})
    unsized = asked(folder, *EXAMPLE)["pools"][0]  # type: ignore[index]
    assert unsized["usd"] == pytest.approx(0.7 * 12 / 3600) and any("--mb image" in told for told in unsized["from"])
    for typed, per_gb in (((), 0.02 * 12 + 0.1), (("--egress", "0.5"), 0.02 * 12 + 0.5), (("--storage", "1"), 1 * 12 + 0.1)):
        found = asked(folder, *EXAMPLE, "--mb", "image=2", *typed)["pools"][0]  # type: ignore[index]
        assert found["usd"] == pytest.approx(0.7 * 12 / 3600 + 0.002 * per_gb)


@pytest.mark.parametrize(("typed", "told"), [
    (["--jobs", "300"], "'300' is no number of jobs in a time"),
    (["--jobs", "300/year"], "no number of jobs in a time"),
    (["--jobs", "0/day"], "'0' is no number above zero"),
    (["--jobs", "-3/day"], "'-3' is no number above zero"),
    (["--jobs", "many/day"], "'many' is no number above zero"),
    (["--jobs", "nan/day"], "'nan' is no number above zero"),
    (["--mix", "image=0.8,video=0.3"], "the shares add up to 1.1, not to 1"),
    (["--mix", "image=0.8,image=0.2"], "'image' stands twice"),
    (["--mix", "image=1,video=0"], "'0' is no number above zero"),
    (["--mix", "image"], "'image' is no name with a value"),
    (["--mix", ""], "no pool is named"),
    (["--mix", "vidoe=1"], "there is no pool 'vidoe'. Did you mean 'video'?"),
    (["--sla", "delivery=2"], "'2' is no duration"),
    (["--sla", "2h"], "'2h' is no name with a value. Write it as delivery=2h"),
    (["--sla", "delivery=0h"], "'0' is no number above zero"),
    (["--sla", "deliverey=2h"], "nothing is called 'deliverey'. Did you mean 'delivery'?"),
    (["--sla", "video=2h"], "nothing is called 'video'"),
    (["--seconds", "image=0"], "'0' is no number above zero"),
    (["--seconds", "12"], "'12' is no name with a value"),
    (["--rate", "image=-1"], "'-1' is no number above zero"),
    (["--rate", "gpu=1"], "there is no pool 'gpu'"),
    (["--yield", "1.2"], "1.2 of image is more than all"),
    (["--yield", "0"], "'0' is no number above zero"),
    (["--yield", "0.9", "--yield", "0.8"], "said for all pools a second time"),
    (["--workers", "image=1.5"], "1.5 image is no whole number"),
    (["--cv", "image=x"], "'x' is no number above zero"),
    (["--peak", "0.5"], "cannot bring less than the mean one"),
    (["--hours", "25"], "a day has no 25 hours"),
    (["--storage", "0"], "'0' is no number above zero"),
    (["--egress", "0.1"], "nothing tells how large an artifact of pool 'image' is"),
])
def test_what_means_nothing_is_told_with_its_option(folder: Path, typed: list[str], told: str) -> None:
    fine = {"--jobs": "300/day", "--seconds": "image=12", "--yield": "0.9"}
    rest = [part for option, value in fine.items() if option not in typed for part in (option, value)]
    result = genga("capacity", "--show", folder, *rest, *typed)
    assert result.exit_code == MISTAKE and told in words(result.stderr)
    assert typed[0] in result.stderr or typed[0] == "--egress"


def test_an_empty_ledger_needs_to_be_told_what_it_lacks(folder: Path) -> None:
    told = genga("capacity", "--show", folder, "--jobs", "300/day")
    assert told.exit_code == MISTAKE and "--seconds: the ledger has no take of pool 'image'" in words(told.stderr)
    told = genga("capacity", "--show", folder, "--jobs", "300/day", "--seconds", "image=12")
    assert told.exit_code == MISTAKE and "--yield: nothing was rendered in pool 'image'" in words(told.stderr)


def test_nothing_accepted_is_no_yield(folder: Path) -> None:
    make_all(folder)
    for unit in ("01.a", "01.b", "01.c"):
        genga("review", "--show", folder, "--reject", unit, "--reason", "face", "--by", "mika")
    told = genga("capacity", "--show", folder, "--jobs", "300/day")
    assert told.exit_code == MISTAKE and "none of the 3 takes of pool 'image' is in use" in words(told.stderr)


def test_a_promise_that_no_device_keeps_is_told(folder: Path) -> None:
    told = words(genga("capacity", "--show", folder, *EXAMPLE, "--sla", "delivery=5s").stdout)
    assert "no number of devices: one render alone takes" in told and "5 s is promised" in told
    assert "cluster: no number of devices keeps the promise" in told and "the 0 that" not in told and "no peak" not in told


def test_figures_are_written_as_people_write_them(folder: Path) -> None:
    told = words(genga("capacity", "--show", folder, *EXAMPLE).stdout)
    assert "Pool image: 7 devices to keep up" in told and "; 2,000 are asked for" in told and "$0.70 per device hour" in told
    idle = words(genga("capacity", "--show", folder, "--jobs", "1/day", *EXAMPLE[2:]).stdout)
    assert "e-0" not in idle and "<0.001 s" in idle and "holds the one that is needed" in idle


def test_a_pool_of_the_shows_own_is_sized_like_any_other(folder: Path) -> None:
    change(folder / "show.yaml", pools={"large": {"limit": 2, "usd_per_hour": 2.9}})
    change(folder / "presets" / "fake.yaml", pool="large")
    (pool,) = asked(folder, "--jobs", "300/day", "--mix", "large=1", "--seconds", "large=12", "--yield", "1")["pools"]  # type: ignore[misc]
    assert pool["pool"] == "large" and pool["usd"] == pytest.approx(2.9 * 12 / 3600)
    told = words(genga("capacity", "--show", folder, "--jobs", "300/day", "--mix", "larg=1").stderr)
    assert "there is no pool 'larg'. Did you mean 'large'?" in told
