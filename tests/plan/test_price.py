"""Prices: what is known adds up, what is not is named, and neither is taken for the other."""

from studio.plan.price import Price, ceiling_said, figure_said, rate_said, together, total, usd_said


def test_known_parts_add_up_and_the_rest_is_named_by_pool() -> None:
    found = total([(1.0, "image"), (0.5, "image"), (None, "post"), (None, "post"), (None, "film")])
    assert found == Price(1.5, ("film", "post")) and found.usd is None
    assert found.said(2) == "$1.50 and more that is unknown (show.yaml names no rate for pools film, post)"
    assert found.to_json() == {"usd": None, "usd_known": 1.5, "unpriced_pools": ["film", "post"]}


def test_what_is_wholly_unknown_is_no_zero_and_what_is_free_is_one() -> None:
    assert total([(None, "post")]).said() == "an unknown price (show.yaml names no rate for pool post)"
    assert total([(None, "")]).said(spent=True) == "an unknown price (show.yaml named no rate for pool of older lines)"
    assert (total([(0.0, "post")]).usd, total([]).usd, total([]).said(4)) == (0.0, 0.0, "$0.0000")


def test_prices_of_several_plans_are_one() -> None:
    assert together([Price(1.0), Price(0.5, ("post",)), Price(0.0, ("post",))]) == Price(1.5, ("post",))


def test_a_small_sum_is_not_nothing_and_is_written_as_people_write() -> None:
    figures = {7e-06: "<0.00001", 1e-05: "0.00001", 0.00088: "0.00088", 0.0: "0.00000", None: "unknown"}
    assert {usd: figure_said(usd) for usd in figures} == figures
    assert (usd_said(7e-06), usd_said(0.00001, 4), Price(7e-06).said()) == ("<$0.00001", "<$0.0001", "<$0.00001")
    assert [rate_said(usd) for usd in (0.7, 1.0, 0.125)] == ["$0.70", "$1.00", "$0.125"]


def test_a_ceiling_is_said_as_it_was_written() -> None:
    assert [ceiling_said(usd) for usd in (1e-7, 0.00015, 0.001, 0, 5, 120.0)] == [
        "$0.0000001", "$0.00015", "$0.0010", "$0.0000", "$5.0000", "$120.0000"]
