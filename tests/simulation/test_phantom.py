"""The simulated image: what was asked for is in it, where anatomy says it should be."""

import dataclasses
import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import DesignError
from analysis.simulation.anatomy import LIVER_REFERENCE, anatomy_of
from analysis.simulation.headers import GE_GRID, SIEMENS_GRID
from analysis.simulation.phantom import uptake_map
from analysis.simulation.placement import AWAY_FROM, PLACES, place_lesions
from analysis.simulation.scanner import simulate_image
from analysis.simulation.scans import SimulatedLesion, SimulatedScan

SITES = ("bone", "bone", "node", "liver", "lung", "breast", "other")


def lesion(number: int = 1, site: str = "bone", radius: float = 12.0, suv: float = 7.0) -> SimulatedLesion:
    return SimulatedLesion(
        lesion_id=f"L{number:02d}", site=site, radius_mm=radius, suv_max=suv, target=True, new=False
    )


def scan(**changed) -> SimulatedScan:
    lesions = tuple(lesion(number, site) for number, site in enumerate(SITES, start=1))
    facts = {
        "patient_id": "P001", "visit": "baseline", "scan_date": datetime.date(2015, 3, 3), "centre": "C1",
        "height_cm": 164.0, "weight_kg": 68.0, "sex": "F", "lesions": lesions, "lesion_seed": 11,
        "anatomy_seed": 12, "noise_seed": 13, "header_style": "siemens", "uptake_minutes": 61.0,
        "dose_mbq": 255.0, "with_nac_twin": False,
    }  # fmt: skip
    return SimulatedScan(**(facts | changed))


def spheres(one: SimulatedScan):
    return place_lesions(one.lesions, anatomy_of(one), seed=one.lesion_seed)


def mean_within(suv: np.ndarray, point, radius: float) -> tuple[float, float]:
    depth, y, x = GE_GRID.axes
    distance = np.sqrt(
        (depth[:, None, None] - point[2]) ** 2 + (y[:, None] - point[1]) ** 2 + (x - point[0]) ** 2
    )
    inside = suv[distance <= radius]
    return float(inside.mean()), float(inside.std())


lesion_lists = st.lists(
    st.tuples(st.sampled_from(sorted(PLACES)), st.floats(8, 25), st.floats(1.5, 40)), min_size=1, max_size=6
)


@settings(max_examples=25, deadline=None)
@given(wanted=lesion_lists, seed=st.integers(0, 2**32), grid=st.sampled_from([GE_GRID, SIEMENS_GRID]))
def test_the_hottest_voxel_of_each_contour_is_the_suv_max_asked_for(wanted, seed, grid):
    lesions = tuple(lesion(n, *what) for n, what in enumerate(wanted, start=1))
    image = simulate_image(scan(lesions=lesions, lesion_seed=seed), grid, noise=False)
    found = [float(image.suv.ravel()[image.contours[one.lesion_id]].max()) for one in lesions]
    assert found == pytest.approx([one.suv_max for one in lesions], rel=1e-5)
    voxels = np.concatenate([image.contours[one.lesion_id] for one in lesions])
    assert np.unique(voxels).size == voxels.size
    assert min(len(contour) for contour in image.contours.values()) >= 6


def test_noise_adds_little_to_a_lesion_and_its_usual_share_to_the_liver():
    excess, variation = [], []
    for seed in range(12):
        one = scan(noise_seed=seed)
        image = simulate_image(one, GE_GRID)
        for what in one.lesions:
            found = image.suv.ravel()[image.contours[what.lesion_id]].max()
            excess.append(found / what.suv_max - 1)
        mean, sd = mean_within(image.suv, anatomy_of(one).place(LIVER_REFERENCE), 15.0)
        variation.append(sd / mean)
    assert abs(np.mean(excess)) < 0.02
    assert np.std(excess) < 0.03
    assert 0.07 < np.mean(variation) < 0.11


def test_noise_falls_with_the_dose():
    point = anatomy_of(scan()).place(LIVER_REFERENCE)
    low = mean_within(simulate_image(scan(dose_mbq=100.0), GE_GRID).suv, point, 15.0)
    high = mean_within(simulate_image(scan(dose_mbq=400.0), GE_GRID).suv, point, 15.0)
    assert low[1] == pytest.approx(2 * high[1], rel=0.02)


@pytest.mark.parametrize("seed", range(6))
def test_the_reference_sphere_of_the_liver_is_clean_even_with_liver_metastases(seed):
    lesions = tuple(lesion(number, "liver", 16.0, 20.0) for number in (1, 2))
    one = scan(lesions=lesions, lesion_seed=seed)
    point = anatomy_of(one).place(LIVER_REFERENCE)
    mean, sd = mean_within(simulate_image(one, GE_GRID, noise=False).suv, point, 15.0)
    assert mean == pytest.approx(anatomy_of(one).organ("liver").suv, rel=1e-3)
    assert sd / mean < 1e-3


def test_a_lesion_stays_in_place_when_uptake_weight_and_day_change_and_a_new_lesion_appears():
    before = scan()
    cooler = tuple(dataclasses.replace(one, suv_max=2.0) for one in before.lesions)
    new = dataclasses.replace(lesion(8, "bone"), new=True)
    after = scan(lesions=(*cooler, new), weight_kg=64.5, noise_seed=99, visit="day14")
    assert [one.centre for one in spheres(before)] == [one.centre for one in spheres(after)][:-1]
    assert [one.semi_axes for one in spheres(before)] == [one.semi_axes for one in spheres(after)][:-1]


def test_patients_differ_in_where_their_lesions_lie():
    first, second = spheres(scan(lesion_seed=1)), spheres(scan(lesion_seed=2))
    assert all(one.centre != other.centre for one, other in zip(first, second, strict=True))


@pytest.mark.parametrize(("height", "weight"), [(145.0, 40.0), (165.0, 70.0), (185.0, 60.0), (160.0, 130.0)])
@pytest.mark.parametrize("site", sorted(PLACES))
def test_every_place_is_inside_the_body_and_the_field_of_view(site, height, weight):
    anatomy = anatomy_of(scan(height_cm=height, weight_kg=weight, lesions=()))
    sharp, _ = uptake_map(anatomy, SIEMENS_GRID)
    depth, y, x = SIEMENS_GRID.axes
    for *middle, room in PLACES[site]:
        point = anatomy.place(tuple(middle))
        distance = np.sqrt(
            (depth[:, None, None] - point[2]) ** 2 + (y[:, None] - point[1]) ** 2 + (x - point[0]) ** 2
        )
        inside = sharp[distance < 0.8 * room]
        assert inside.size > 0, point
        assert np.mean(inside > 0) > 0.95, point
        assert point[2] + room < depth[-1], point


@pytest.mark.parametrize("site", sorted(PLACES))
def test_eleven_lesions_of_one_site_find_room(site):
    radii = sorted(11.5 * np.exp(0.28 * np.random.default_rng(5).standard_normal(11)), reverse=True)
    lesions = tuple(lesion(n, site, float(np.clip(r, 8, 25))) for n, r in enumerate(radii, start=1))
    for seed in range(10):
        assert len(spheres(scan(lesions=lesions, lesion_seed=seed))) == 11


@settings(max_examples=40, deadline=None)
@given(wanted=lesion_lists, seed=st.integers(0, 2**32))
def test_lesions_keep_their_distance_from_each_other_and_from_hot_organs(wanted, seed):
    one = scan(lesions=tuple(lesion(n, *what) for n, what in enumerate(wanted, start=1)), lesion_seed=seed)
    placed = spheres(one)
    hot = [organ for organ in anatomy_of(one).organs if organ.name in AWAY_FROM]
    for index, first in enumerate(placed):
        for second in placed[:index]:
            distance = np.linalg.norm(np.subtract(first.centre, second.centre))
            assert distance > max(first.semi_axes) + max(second.semi_axes) + 17.0
        for organ in hot:
            reach = np.add(organ.semi_axes, min(first.semi_axes))
            assert np.sum(np.square(np.subtract(first.centre, organ.centre) / reach)) > 1


def test_organs_take_up_what_fdg_patients_show():
    image = simulate_image(scan(lesions=()), GE_GRID, noise=False)
    anatomy = anatomy_of(scan(lesions=()))
    uptake = {
        name: mean_within(image.suv, anatomy.organ(name).centre, 10.0)[0]
        for name in ("brain", "liver", "lung", "bladder", "aorta")
    }
    assert uptake["bladder"] > uptake["brain"] > 2 * uptake["liver"]
    assert uptake["liver"] > uptake["aorta"] > 2 * uptake["lung"]
    assert 8 < image.suv[: GE_GRID.slices // 6].max() < 12


def test_more_lesions_than_the_liver_holds_are_refused_by_name():
    lesions = tuple(lesion(number, "liver", 14.0) for number in range(1, 41))
    with pytest.raises(DesignError, match=r"no room for another lesion of site liver.*lesion L\d\d"):
        spheres(scan(lesions=lesions))


def test_an_unknown_site_is_refused():
    with pytest.raises(DesignError, match=r"'spleen'.*bone"):
        spheres(scan(lesions=(lesion(1, "spleen"),)))
