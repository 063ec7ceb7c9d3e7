"""Each ailment is found where it is and nowhere else, with figures that are right and the question that found them."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from studio.cli import app
from studio.metrics.building import Warehouse
from studio.metrics.diagnosing import AILMENTS, Finding, diagnose
from studio.metrics.querying import query
from studio.story.show import Show

from .ailing import ailing, nearly
from .ledgers import built, rows, write_ledger

ILL = ailing()
TAKES = sum(event.event == "take" for event in ILL)
EVIDENCE = {
    "busy but slow": ["busy: utilisation 0.75, p95_wait_seconds 3600, wait_per_device_second 1.33"],
    "low utilisation": ["idle: utilisation 0.1, load_share 0, hours 5"],
    "weights are loaded again and again": ["loading: load_share 0.33, load_seconds 100"],
    "failures": ["keyframe: success 0.727, attempts 11, failed_seconds 90, commonest RenderError"],
    "runaway cost": ["04: usd 1, share_again 0.6, dearest_cause rejected"],
    "low yield": ["ink@1: stage panel, acceptance 0.4, rendered 10, usd 1"],
    "hard to trace": [
        f"takes without a submission: number 5, of_all {TAKES - 1}", f"attempts without a price: number 6, of_all {TAKES + 3}",
        f"torn ledger lines: number 9, of_all {len(ILL) + 9 + 1}",
    ],
    "slow storage": ["storing: idle_seconds 100, io_share 0.25"],
}


@pytest.fixture(scope="module")
def ill(tmp_path_factory: pytest.TempPathFactory) -> Show:
    """A show that has every ailment."""
    show = write_ledger(tmp_path_factory.mktemp("ill") / "ill", [ILL], b"torn\n" * 9)
    built(show)
    return show


@pytest.fixture(scope="module")
def found(ill: Show) -> dict[str, Finding]:
    """Name -> what is found in it."""
    return {finding.ailment.name: finding for finding in diagnose(Warehouse(ill).published)}


def genga(*words: object) -> str:
    told = CliRunner().invoke(app, [str(word) for word in words])
    assert told.exit_code == 0, told.output
    return told.output


@pytest.mark.parametrize("ailment", AILMENTS, ids=lambda ailment: ailment.name)
def test_each_ailment_is_found_where_it_is_with_the_right_figures(found: dict[str, Finding], ailment: Any) -> None:
    assert sorted(found[ailment.name].evidence()) == sorted(EVIDENCE[ailment.name])


def test_what_stays_on_this_side_of_every_bound_is_healthy(tmp_path: Path) -> None:
    show = write_ledger(tmp_path / "well", [nearly()])
    built(show)
    assert {one.ailment.name: one.evidence() for one in diagnose(Warehouse(show).published)} == {}
    assert rows(show, "select count(*) > 60 from takes") == [(True,)], "not because there is nothing to see"


def test_the_command_prints_symptom_evidence_fix_and_a_question_that_can_be_asked_again(ill: Show) -> None:
    told = genga("diagnose", "--show", ill.folder, "--sql")
    for ailment in AILMENTS:
        block = told.split(f"{ailment.name}: {ailment.symptom}\n")[1].splitlines()
        evidence = EVIDENCE[ailment.name]
        assert sorted(line.strip() for line in block[: len(evidence)]) == sorted(evidence)
        assert block[len(evidence)] == f"  first: {ailment.fix}"
        rest = block[len(evidence) + 1 :]
        sql = "\n".join(rest[: next((n for n, line in enumerate(rest) if not line.startswith("    ")), len(rest))])
        asked = query(Warehouse(ill).published, sql)
        assert asked.rows and asked == query(Warehouse(ill).published, ailment.sql)


def test_programs_get_the_same(ill: Show) -> None:
    told = json.loads(genga("diagnose", "--show", ill.folder, "--json"))
    assert {one["name"]: sorted(one["evidence"]) for one in told} == {name: sorted(said) for name, said in EVIDENCE.items()}
    assert all(query(Warehouse(ill).published, one["sql"]).rows for one in told)
