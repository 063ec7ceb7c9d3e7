"""Prices: what is known adds up, what is not is named, and neither is taken for the other."""

from studio.plan.price import Price, together, total


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
