import re

from analysis.workflow.conda import direct_dependencies, environment_yml, locked_versions

GPL = {"scikit-survival", "ecos", "pylibjpeg-libjpeg", "pingouin"}


def test_environment_yml_holds_the_direct_dependencies_at_the_locks_versions(project):
    assert (project / "environment.yml").read_text() == environment_yml(), "run python -m analysis generate"


def test_both_locks_pin_the_same_versions(project):
    lock = locked_versions(project / "requirements.lock")
    lab = locked_versions(project / "requirements-lab.lock")
    assert {name: lab.get(name) for name in lock} == lock


def test_the_lock_of_the_downloading_environment_holds_the_same_versions_and_names_no_index(project):
    text = (project / "requirements-idc.lock").read_text()
    lock = locked_versions(project / "requirements.lock")
    idc = locked_versions(project / "requirements-idc.lock")
    assert {name for name in idc if name in lock and idc[name] != lock[name]} == set()
    assert [
        name for name in direct_dependencies()["runtime"] + direct_dependencies()["idc"] if name not in idc
    ] == []
    assert "://" not in text


def test_every_direct_dependency_is_locked_with_hashes_and_names_no_index(project):
    text = (project / "requirements.lock").read_text()
    locked = locked_versions(project / "requirements.lock")
    groups = direct_dependencies()
    assert [
        name for name in groups["runtime"] + groups["dev"] + groups["cluster"] if name not in locked
    ] == []
    assert text.count("==") <= text.count("--hash=sha256:")
    assert "://" not in text


def test_no_gpl_package_is_locked(project):
    assert GPL.isdisjoint(locked_versions(project / "requirements.lock"))


def test_every_direct_dependency_says_what_it_is_for(project):
    lines = (project / "pyproject.toml").read_text().splitlines()
    names = [name for group in direct_dependencies().values() for name in group]
    silent = [
        name
        for name in names
        if not any(re.match(rf'  "{re.escape(name)}\b.*",\s+# \S', line) for line in lines)
    ]
    assert silent == []
