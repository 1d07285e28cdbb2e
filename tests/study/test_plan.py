import pytest

from analysis.errors import ParameterError
from analysis.study import checked_families, families_of, load_protocol
from analysis.study.plan import STATUSES, read_plan

ENTRY = {"question": "PFS by age", "status": "primary", "basis": "registered", "method": "survival.cox"}


def test_every_registered_objective_of_the_trial_is_in_the_plan():
    plan = load_protocol().plan
    registered = {name: planned.status for name, planned in plan.items() if planned.basis == "registered"}
    assert registered["pfs-by-response"] == "primary"
    assert {"os-by-response", "nonresponse", "which-day"} <= set(registered)
    assert [name for name, status in registered.items() if status == "primary"] == ["pfs-by-response"]


def test_every_method_of_the_plan_is_a_logged_function():
    import importlib

    for planned in load_protocol().plan.values():
        for name in (planned.method, *planned.sensitivity):
            room, function = name.split(".")
            found = getattr(importlib.import_module(f"analysis.{room}"), function)
            assert hasattr(found, "logged_as"), name


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"status": "main"}, "status is 'main'"),
        ({"basis": "hoped"}, "basis is 'hoped'"),
        ({"methd": "x"}, "the entry has the fields"),
    ],
)
def test_a_faulty_entry_of_the_plan_is_refused(changed, complaint):
    with pytest.raises(ParameterError, match=complaint):
        read_plan({"a": {**ENTRY, **changed}}, bases=("registered",))


def test_a_plan_keeps_its_order_and_its_lists():
    plan = read_plan({"b": {**ENTRY, "needs": ["pet"]}, "a": ENTRY}, bases=("registered",))
    assert list(plan) == ["b", "a"]
    assert plan["b"].needs == ("pet",)
    assert plan["b"].status in STATUSES


def test_a_run_file_without_families_is_refused_with_what_to_write(tmp_path):
    (tmp_path / "mine.yml").write_text("title: x\n")
    with pytest.raises(ParameterError, match=r"families: \{\} where none is corrected"):
        families_of("mine", folder=tmp_path)


def test_a_run_may_declare_that_nothing_is_corrected(tmp_path):
    (tmp_path / "mine.yml").write_text("families: {}\n")
    assert families_of("mine", folder=tmp_path) == {}


@pytest.mark.parametrize("families", [None, [], {"a": "pfs"}])
def test_families_of_another_shape_are_refused(families):
    with pytest.raises(ParameterError, match="not a list of planned analyses a family"):
        checked_families(families, where="x.yml", plan=["pfs"])
