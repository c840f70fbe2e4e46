"""The demonstration district: real codes and outline, synthetic cells that tile it, a gazetteer, pseudo-positions."""

from collections import Counter
from datetime import date
from typing import Any, ClassVar

import numpy as np
import pytest
import shapely
from django.test import TestCase

from gongbi.science.geometry import Locator, area_m2
from gongbi.science.geometry_tiling import check_tiling
from gongbi.territory import invariants, queries, rules
from gongbi.territory.demo import build_demo
from gongbi.territory.demo_cut import cut, read_divisions, read_outline
from gongbi.territory.demo_data import demo_grids, place_for_name
from gongbi.territory.models import Division, Place
from tests.territory.conftest import AT, TODAY

STREETS = {
    "610104001": "青年路街道",
    "610104002": "北院门街道",
    "610104003": "北关街道",
    "610104004": "红庙坡街道",
    "610104005": "环城西路街道",
    "610104006": "西关街道",
    "610104007": "土门街道",
    "610104008": "桃园路街道",
    "610104009": "枣园街道",
}


def test_the_nine_streets_and_142_communities_are_the_real_ones() -> None:
    names = read_divisions()
    assert {code: name for code, name in names.items() if len(code) == 9} == STREETS
    communities = [code for code in names if len(code) == 12]
    assert len(communities) == 142
    assert all(rules.code_fault(code) is None for code in names)
    assert names["610104008019"].endswith("村社区委会")  # never parse names by their ending


def test_grids_tile_the_real_outline() -> None:
    grids = demo_grids()
    assert len(grids) == 1500
    assert all(rules.code_fault(code) is None for code in grids)
    assert {code[:12] for code in grids} == {code for code in read_divisions() if len(code) == 12}
    # Against the outline as published corners on its straight lines are rounded to a centimetre: slivers below 10 m².
    shapes = {code: grid.polygon for code, grid in grids.items()}
    assert check_tiling(read_outline(), shapes, tolerance_m2=10) == []
    union = shapely.union_all(list(shapes.values()))
    assert check_tiling(union, shapes, tolerance_m2=1e-6) == []
    assert area_m2(union) == pytest.approx(area_m2(read_outline()), rel=1e-6)


def test_grids_are_numbered_west_to_east_north_to_south() -> None:
    by_community: dict[str, list[Any]] = {}
    for code, grid in demo_grids().items():
        by_community.setdefault(code[:12], []).append((int(code[12:]), grid.polygon))
    for members in by_community.values():
        assert [number for number, _ in members] == list(range(1, len(members) + 1))
        centres = [(shape.centroid.x, shape.centroid.y) for _, shape in members]
        heights = [shape.bounds[3] - shape.bounds[1] for _, shape in members]
        assert rules.numbering_order(centres, heights) == list(range(len(members)))


def test_cells_look_like_town_blocks() -> None:
    sizes = np.array([area_m2(grid.polygon) for grid in demo_grids().values()])
    assert sizes.min() > 4_000
    assert sizes.max() < 120_000
    boxes = np.array([grid.polygon.bounds for grid in demo_grids().values()])
    shape = (boxes[:, 2] - boxes[:, 0]) * 0.83 / (boxes[:, 3] - boxes[:, 1])
    assert 0.5 < np.median(shape) < 2  # no stripes
    assert sum(grid.population for grid in demo_grids().values()) == 1_019_102


def test_every_point_of_the_district_is_in_exactly_one_grid() -> None:
    grids = demo_grids()
    polygons = [grid.polygon for grid in grids.values()]
    locator = Locator(polygons, list(grids))
    random = np.random.default_rng(11)
    west, south, east, north = read_outline().bounds
    x, y = random.uniform(west, east, 60_000), random.uniform(south, north, 60_000)
    inside = shapely.contains_xy(read_outline().buffer(-1e-6), x, y)
    found = locator.locate(x, y)
    assert (found[inside] >= 0).all()
    point, _ = shapely.STRtree(polygons).query(shapely.points(x, y), predicate="intersects")
    assert np.bincount(point).max() == 1  # random points hit no border


@pytest.mark.slow
def test_the_committed_file_is_what_the_cut_makes() -> None:
    features = {f["properties"]["code"]: f for f in cut()["features"]}
    assert list(features) == list(demo_grids())
    for code, grid in demo_grids().items():
        again = shapely.Polygon(features[code]["geometry"]["coordinates"][0])
        assert abs(area_m2(again) - area_m2(grid.polygon)) < 1
        assert features[code]["properties"]["population"] == grid.population


def test_a_name_has_one_place_and_names_spread_over_the_grids() -> None:
    assert place_for_name("A市A3区一米阳光") == place_for_name("Ａ市 Ａ３区一米阳光")
    grids = demo_grids()
    locator = Locator([grid.polygon for grid in grids.values()], list(grids))
    points = np.array([place_for_name(f"A{i % 9}区第{i}小区") for i in range(6000)])
    found = locator.locate(points[:, 0], points[:, 1])
    assert (found >= 0).all()
    counts = Counter(list(grids)[i] for i in found)
    assert len(counts) > 1300
    assert max(counts.values()) < 25
    # By population: the correlation over streets is nearly one.
    people = Counter()
    for code, grid in grids.items():
        people[code[:9]] += grid.population
    streets = sorted(STREETS)
    hits = Counter(code[:9] for code in counts.elements())
    assert np.corrcoef([people[s] for s in streets], [hits[s] for s in streets])[0, 1] > 0.95


class DemoDistrict(TestCase):
    """What a fresh demonstration holds in the database."""

    report: ClassVar[Any]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.report = build_demo(at=AT)

    def test_counts(self) -> None:
        assert (self.report.streets, self.report.communities, self.report.grids) == (9, 142, 1500)
        assert self.report.fresh
        assert self.report.places > 500
        again = build_demo(at=AT)
        assert not again.fresh
        assert again.places == self.report.places
        assert Division.objects.count() == 1 + 9 + 142 + 1500

    def test_only_the_outline_is_real(self) -> None:
        real = Division.objects.filter(synthetic=False, geometry__isnull=False)
        assert [d.code for d in real] == ["610104"]
        assert not Place.objects.filter(synthetic=False).exists()
        placed = queries.locate(108.9356, 34.2650, on=TODAY)
        assert placed is not None
        assert placed.synthetic

    def test_invariants_hold(self) -> None:
        assert list(invariants.boundaries_tile()) == []
        assert list(invariants.versions_do_not_overlap()) == []

    def test_streets_lie_about_where_they_do(self) -> None:
        for code, lon, lat in [
            ("610104001", 108.9300, 34.2730),
            ("610104002", 108.9380, 34.2640),
            ("610104003", 108.9400, 34.2880),
            ("610104004", 108.9170, 34.2850),
            ("610104005", 108.9130, 34.2690),
            ("610104006", 108.9080, 34.2540),
            ("610104007", 108.8830, 34.2580),
            ("610104008", 108.8880, 34.2750),
            ("610104009", 108.8600, 34.2720),
        ]:
            placed = queries.locate(lon, lat, on=date(2019, 5, 1))
            assert placed is not None
            assert placed.street == code

    def test_every_community_is_found_by_its_name(self) -> None:
        for code, name in read_divisions().items():
            if len(code) != 12:
                continue
            guesses = queries.find_places(f"我家在{name},楼道灯坏了", limit=3)
            assert guesses[0].code == code, (name, guesses)
            assert guesses[0].exact

    def test_every_place_lies_in_its_division(self) -> None:
        for place in Place.objects.exclude(lon=None):
            placed = queries.locate(place.lon, place.lat, on=TODAY)  # type: ignore[arg-type]
            assert placed is not None
            assert placed.grid.startswith(place.division), place

    def test_ordinary_sentences_are_placed(self) -> None:
        for text, code in [
            ("洒金乔社区门口垃圾没人收", "610104002008"),
            ("桃园路街道劳动1坊水管爆了", "610104008001"),
            ("三四零二社区", "610104009006"),
            ("糖坊街有人占道经营", "610104001008"),
        ]:
            guess = queries.find_places(text)[0]
            assert guess.code.startswith(code), (text, guess)
