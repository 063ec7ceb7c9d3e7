"""What a ranged run works on."""

from anime_assets.work import GridWork
from studio.plan.history import PastWaiver
from studio.plan.plans import Step

WAIVER = PastWaiver("01.a", "2999-01-01", "printed", "mika", "")


def test_a_waived_unit_is_reported_as_it_is_like_a_fresh_one() -> None:
    stale = Step("01.a", "panel", "01.p1", "stale")
    waived = Step("01.a", "panel", "01.p1", "stale", waiver=WAIVER)
    for work in (GridWork(), GridWork(stale=False), GridWork(units=["01.b"])):
        assert work.wants(waived)
    assert [work.wants(stale) for work in (GridWork(), GridWork(stale=False), GridWork(units=["01.b"]))] == [True, False, False]
