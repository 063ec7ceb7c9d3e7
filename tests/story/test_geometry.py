"""Panels on paper: gutters, borders, bleed, mirroring."""

import itertools

import pytest
from shapely import Polygon, affinity, box

from studio.errors import StoryError
from studio.story.geometry import panel_outlines
from studio.story.layouts import LAYOUTS
from studio.story.show import PageSize
from studio.story.storyboard import Page, Panel

B5 = PageSize()


def page_of(layout: str, **panel: object) -> Page:
    """A page that fills every place of `layout`."""
    panels = [Panel.model_validate({"id": f"p{i}", "prompt": "x", **panel}) for i in range(len(LAYOUTS[layout]))]
    return Page(id="page", layout=layout, panels=tuple(panels))


def one(**panel: object) -> Page:
    """A page of a single panel."""
    return Page(id="page", panels=(Panel.model_validate({"id": "a", "prompt": "x", **panel}),))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("reading", ["ltr", "rtl"])
@pytest.mark.parametrize("bleed", [False, True])
def test_panels_of_a_template_never_overlap_and_neighbours_stand_one_gutter_apart(
    layout: str, reading: str, bleed: bool
) -> None:
    outlines = panel_outlines(page_of(layout, bleed=bleed), B5, reading)
    assert len(outlines) == len(LAYOUTS[layout])
    for i, outline in enumerate(outlines):
        others = [o for j, o in enumerate(outlines) if j != i]
        if others:
            assert min(outline.distance(o) for o in others) == pytest.approx(B5.gutter_mm, abs=1e-6)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_template_fills_the_live_area_but_for_its_gutters(layout: str) -> None:
    outlines = panel_outlines(page_of(layout), B5, "ltr")
    lefts, tops, rights, bottoms = zip(*(o.bounds for o in outlines), strict=True)
    assert (min(lefts), min(tops), max(rights), max(bottoms)) == pytest.approx((10, 10, 172, 247))
    grown = [o.buffer(B5.gutter_mm / 2, join_style="mitre") for o in outlines]
    live = box(10, 10, 172, 247)
    bare = live.difference(grown[0]) if len(grown) == 1 else live
    for g in grown:
        bare = bare.difference(g.buffer(1e-6, join_style="mitre"))
    assert bare.area < 1e-3


@pytest.mark.parametrize("layout", LAYOUTS)
def test_right_to_left_mirrors_the_page(layout: str) -> None:
    ltr = panel_outlines(page_of(layout), B5, "ltr")
    rtl = panel_outlines(page_of(layout), B5, "rtl")
    for left, right in zip(ltr, rtl, strict=True):
        mirrored = affinity.scale(left, xfact=-1, origin=(B5.width_mm / 2, 0))
        assert mirrored.symmetric_difference(right).area < 1e-6


@pytest.mark.parametrize("layout", LAYOUTS)
def test_reading_order_runs_down_the_page_and_along_the_reading_direction(layout: str) -> None:
    outlines = panel_outlines(page_of(layout), B5, "rtl")
    for first, second in itertools.pairwise(outlines):
        below = second.bounds[1] >= first.bounds[1] + 1
        assert below or second.centroid.x < first.centroid.x


def test_only_edges_on_the_border_of_the_live_area_bleed() -> None:
    (top, _) = panel_outlines(page_of("two_rows", bleed=True), B5, "ltr")
    assert top.bounds == pytest.approx((-3, -3, 185, 126.5))


def test_a_slanted_edge_keeps_its_slope_out_to_the_bleed() -> None:
    still, bled = (
        panel_outlines(page_of("slanted_four", bleed=b), B5, "ltr")[2] for b in (False, True)
    )
    assert bled.buffer(1e-6).contains(still)

    def slope(p: Polygon) -> float:
        a, b = sorted((xy for xy in p.exterior.coords[:-1] if xy[1] > p.centroid.y), key=lambda xy: xy[0])
        return (b[1] - a[1]) / (b[0] - a[0])

    assert slope(bled) == pytest.approx(slope(still))


def test_an_inset_keeps_its_own_place() -> None:
    (outline,) = panel_outlines(one(box=[0.5, 0.5, 0.25, 0.25], inset=True), B5, "ltr")
    assert outline.bounds == pytest.approx((91, 128.5, 131.5, 187.75))


def test_corners_in_either_direction_and_corners_that_do_not_turn_give_the_same_panel() -> None:
    ring = [(0.1, 0.1), (0.5, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)]
    there, back = (panel_outlines(one(corners=c), B5, "ltr")[0] for c in (ring, ring[::-1]))
    turned = panel_outlines(one(corners=ring[1:] + ring[:1]), B5, "ltr")[0]
    assert there.symmetric_difference(back).area < 1e-9
    assert there.symmetric_difference(turned).area < 1e-9
    assert there.bounds == pytest.approx((28.2, 35.7, 153.8, 221.3))


def test_a_concave_panel_keeps_its_notch() -> None:
    ring = [(0.1, 0.1), (0.9, 0.1), (0.9, 0.5), (0.5, 0.5), (0.5, 0.9), (0.1, 0.9)]
    (outline,) = panel_outlines(one(corners=ring), B5, "ltr")
    assert len(outline.exterior.coords) == 7
    assert outline.area < outline.convex_hull.area * 0.9


def test_a_panel_thinner_than_its_gutters_is_refused_with_a_remedy() -> None:
    with pytest.raises(StoryError, match=r"page\.a: the gutters of 4 mm leave nothing of panel 'a'\. Make the panel"):
        panel_outlines(one(box=[0.3, 0.3, 0.02, 0.5]), B5, "ltr")
