"""Seeds follow from ids, sizes from boxes."""

import subprocess
import sys

import pytest

from studio.plan.seeds import SPACE, SeedPolicy
from studio.plan.sizes import render_size

POLICY = SeedPolicy(root="momotaro")


def test_a_seed_is_the_same_in_every_process() -> None:
    code = "from studio.plan.seeds import SeedPolicy; print(SeedPolicy(root='momotaro').seed('momo', '01.river', 2, 5))"
    command = [sys.executable, "-c", code]
    runs = {
        subprocess.run(command, env={"PYTHONHASHSEED": salt}, capture_output=True, text=True, check=True).stdout
        for salt in ("1", "2")
    }
    assert runs == {f"{POLICY.seed('momo', '01.river', 2, 5)}\n"}


def test_units_takes_namespaces_and_roots_each_give_another_seed() -> None:
    seeds = [
        POLICY.seed("momo", "01.river"), POLICY.seed("momo", "01.home"), POLICY.seed("oni", "01.river"),
        POLICY.seed("momo", "01.river", take=2), POLICY.seed("momo", "01.river", take=3),
        POLICY.seed("momo", "01.river", offset=1), SeedPolicy(root="other").seed("momo", "01.river"),
    ]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < SPACE for seed in seeds)


def test_a_retry_asks_for_the_same_seed() -> None:
    assert POLICY.seed("momo", "01.river", 3) == POLICY.seed("momo", "01.river", 3)


def test_a_lock_gives_everything_one_seed_until_another_take() -> None:
    locked = SeedPolicy(root="momotaro", lock=42)
    assert locked.seed("momo", "01.river") == locked.seed("oni", "02.gate") == 42
    assert locked.seed("momo", "01.river", take=2) != 42


def test_an_id_means_the_same_in_both_unicode_forms() -> None:
    assert POLICY.seed("が", "u") == POLICY.seed("が", "u")


@pytest.mark.parametrize("aspect", [0.2, 0.5, 0.68, 1.0, 1.7, 2.3, 6.0])
@pytest.mark.parametrize(("native", "most"), [(128, 136), (128, 256), (512, 768)])
def test_a_panel_is_rendered_at_the_size_that_its_box_needs(aspect: float, native: int, most: int) -> None:
    width, height = render_size(aspect, native, most)
    assert width % 8 == height % 8 == 0
    assert 64 <= min(width, height) <= max(width, height) <= most
    assert (width > height) == (aspect > 1)
    if native * max(aspect, 1 / aspect) ** 0.5 <= most:
        assert width / height == pytest.approx(aspect, rel=0.15)
        assert width * height == pytest.approx(native**2, rel=0.15)
