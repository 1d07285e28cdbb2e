"""Sixty and more situations of real headers: the factor computed by hand from the definition, a warning, or a refusal.

Nothing here is taken from the code under test: W in g, D in Bq, half-lives and times are written out, and every
expected factor is W / (D · 2^(-t/T½)) or one of the other formulas of DICOM PS3.3 C.8.9 in plain arithmetic.
"""

from __future__ import annotations

import json
import math
import warnings
from dataclasses import dataclass, field

import numpy as np
import pytest
from make_series import Edit, code, private, setting, write_series
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from analysis.cli import main
from analysis.pet import suv_of_folder

W, D, T = 70_000.0, 350e6, 6586.2
F18 = W / (D * 2 ** (-3600 / T))


def after(seconds: float, *, half_life: float = T, dose: float = D, weight: float = W) -> float:
    """Factor of an image that is corrected to so many seconds after the injection."""
    return weight / (dose * 2 ** (-seconds / half_life))


def frames(mean_offset: float) -> float:
    """Decay factor of a 150 s frame that begins so many seconds after the reference."""
    rate = math.log(2) / T
    average = math.log(rate * 150 / (1 - math.exp(-rate * 150))) / rate
    return 2 ** ((average + mean_offset) / T)


@dataclass(frozen=True)
class Case:
    name: str
    edits: tuple[Edit, ...]
    factor: float | None = None
    says: str = ""
    silent: bool = False
    options: dict = field(default_factory=dict)
    tolerance: float = 1e-3


def right(name, *edits, factor=F18, says="", **options) -> Case:
    return Case(name, edits, factor, says, not says, options)


def refuses(name, word, *edits, **options) -> Case:
    return Case(name, edits, None, word, options=options)


def bed(index: int) -> int:
    return index * 2 // 6


def ge(*, shared: bool, private_time: str = "", offset: bool = True) -> Edit:
    """GE: frame reference time is the start of the bed; one acquisition time for all beds, or one each."""

    def edit(ds, index):
        ds.Manufacturer, ds.ManufacturerModelName = "GE MEDICAL SYSTEMS", "Discovery ST"
        ds.FrameReferenceTime = str(150_000 * bed(index))
        ds.DecayFactor = f"{frames(150 * bed(index)):.6f}"
        if shared:
            ds.AcquisitionTime = "100000.00"
        if private_time:
            private(0x0009, "GEMS_PETD_01", 0x0D, "DT", private_time)(ds, index)

    return edit


def philips(ds, _index):
    ds.Manufacturer, ds.DecayFactor = "Philips Medical Systems", "1.0"
    ds.FrameReferenceTime = "1856793"


def counts(*, suv="", activity="", creator="Philips PET Private Group") -> tuple[Edit, ...]:
    edits = [setting(Units="CNTS"), philips]
    if suv:
        edits.append(private(0x7053, creator, 0x00, "DS", suv))
    if activity:
        edits.append(private(0x7053, creator, 0x09, "DS", activity))
    return tuple(edits)


def only(place: int, edit: Edit) -> Edit:
    return lambda ds, index: edit(ds, index) if index == place else None


def tracer(meaning: str, value: str, half_life: str | None, **more) -> Edit:
    return setting(RadionuclideCodeSequence=code(value, "SCT", meaning), RadionuclideHalfLife=half_life,
                   DecayFactor=None, FrameReferenceTime=None, **more)  # fmt: skip


def two_items(ds, _index):
    ds.RadiopharmaceuticalInformationSequence = list(ds.RadiopharmaceuticalInformationSequence) * 2


NO_FRAMES = setting(FrameReferenceTime=None, DecayFactor=None)
RATE = math.log(2) / T
DURING = RATE * 150 / (1 - math.exp(-RATE * 150))
MASS_JAMES = 1.07 * 70 - 148 * (70 / 165) ** 2
MASS_JANMA = 9270 * 70 / (8780 + 244 * 70 / 1.65**2)
SURFACE = 0.007184 * 70**0.425 * 165**0.725

CASES = [
    right("Siemens, per-bed times, START"),
    right("ADMIN", setting(DecayCorrection="ADMIN", DecayFactor=None), factor=W / D),
    right("NONE, first slice", setting(DecayCorrection="NONE", CorrectedImage=["ATTN"]), factor=after(3600) * DURING),
    right("DECAY spelt out", setting(CorrectedImage=["DECAY", "ATTN"])),
    # Reference time
    right("shared acquisition time, GE", ge(shared=True)),
    right("per-bed acquisition time, GE", ge(shared=False)),
    right("GE, series time moved earlier, per-bed times", ge(shared=False), setting(SeriesTime="095100"), says="contradict"),
    right("GE, series time moved earlier, shared time", ge(shared=True), setting(SeriesTime="095100"), says="contradict"),
    right("GE, series time later than the scan, shared time", ge(shared=True), setting(SeriesTime="111111"), says="series time is not used"),
    right("GE private time, series overwritten", ge(shared=True, private_time="20150310100000.00"), setting(SeriesTime="111111"), says="differ by"),
    right("GE private time with a date that was not shifted", ge(shared=True, private_time="20110217100000.00"), says="dates were shifted"),
    right("GE private time as a clock time", ge(shared=True, private_time="100000.00")),
    right("GE private time malformed", ge(shared=True, private_time="2015"), says="malformed"),
    right("GE private time without its creator", ge(shared=True), private(0x0009, "", 0x0D, "DT", "20150310100000")),
    right("GE, second bed alone, shared time", ge(shared=True), says="differ", skip=(0, 1, 2)),
    right("Siemens, second bed alone: series time, not acquisition", says="used: series", skip=(0, 1, 2)),
    right("one slice", says="used: series", skip=(0, 1, 2, 3, 4)),
    right("one slice, series time moved earlier", setting(SeriesTime="094000"), says="contradict", skip=(0, 1, 2, 3, 4)),
    right("Siemens private time", private(0x0071, "SIEMENS MED PT", 0x22, "DT", "20150310100000.000000"), setting(SeriesTime="111111"), says="differ by"),
    right("Siemens private time without creator", private(0x0071, "", 0x22, "DT", "20150310100000.000000"), setting(SeriesTime="111111"), says="differ by"),
    right("decay correction date-time", setting(DecayCorrectionDateTime="20150310100000", SeriesTime="111111"), says="differ by"),
    right("series time overwritten, standard frame reference", setting(SeriesTime="111111"), says="series time is not used"),
    right("series time overwritten, no frame reference", setting(SeriesTime="111111"), NO_FRAMES, says="earliest acquisition"),
    right("series time missing", setting(SeriesTime=None), says="series time is not used"),
    right("Philips, frame reference time of another origin", philips),
    right("series date not shifted with the others", setting(SeriesDate="20110101"), says="clock time is used"),
    right("series date missing", setting(SeriesDate=None), says="SeriesDate"),
    right("every date removed", setting(SeriesDate="", StudyDate="", AcquisitionDate=""), says="no slice holds a date"),
    refuses("no time at all", "SeriesTime", setting(SeriesTime=None, AcquisitionTime=None)),
    # Injection
    right("start time only", setting(RadiopharmaceuticalStartDateTime=None)),
    right("start date-time only", setting(RadiopharmaceuticalStartTime=None)),
    right("start time to the hour", setting(RadiopharmaceuticalStartDateTime=None, RadiopharmaceuticalStartTime="09")),
    right("start time to the minute", setting(RadiopharmaceuticalStartDateTime=None, RadiopharmaceuticalStartTime="0900")),
    right("date-time with offset", setting(RadiopharmaceuticalStartDateTime="20150310090000.00+0100")),
    right("date-time in UTC, zone known", setting(RadiopharmaceuticalStartDateTime="20150310080000+0000", RadiopharmaceuticalStartTime=None, TimezoneOffsetFromUTC="+0100")),
    right("date of injection not shifted", setting(RadiopharmaceuticalStartDateTime="20110217090000"), says="clock time is used"),
    right("date of injection a day off", setting(RadiopharmaceuticalStartDateTime="20150309090000"), says="clock time is used"),
    right("date of injection later", setting(RadiopharmaceuticalStartDateTime="20150612090000"), says="clock time is used"),
    right("both, twenty minutes apart", setting(RadiopharmaceuticalStartTime="092000"), says="min apart"),
    refuses("injection after the scan, same date", "later than", setting(RadiopharmaceuticalStartDateTime="20150310120000", RadiopharmaceuticalStartTime=None)),
    refuses("start time after the scan", "RadiopharmaceuticalStartTime", setting(RadiopharmaceuticalStartDateTime=None, RadiopharmaceuticalStartTime="120000")),
    refuses("neither", "RadiopharmaceuticalStartTime", setting(RadiopharmaceuticalStartDateTime=None, RadiopharmaceuticalStartTime=None)),
    refuses("blanks only", "RadiopharmaceuticalStartTime", setting(RadiopharmaceuticalStartDateTime=" ", RadiopharmaceuticalStartTime="  ")),
    # Dose, half-life, nuclide
    right("dose in MBq", setting(RadionuclideTotalDose="350"), says="MBq"),
    refuses("dose in kBq", "RadionuclideTotalDose", setting(RadionuclideTotalDose="350000")),
    refuses("dose zero", "RadionuclideTotalDose", setting(RadionuclideTotalDose="0")),
    refuses("dose negative", "RadionuclideTotalDose", setting(RadionuclideTotalDose="-3.5E8")),
    refuses("dose missing", "RadionuclideTotalDose", setting(RadionuclideTotalDose="")),
    refuses("two doses", "RadionuclideTotalDose", setting(RadionuclideTotalDose=["1E8", "2E8"])),
    refuses("two injections", "RadiopharmaceuticalInformationSequence", two_items),
    refuses("empty sequence", "RadiopharmaceuticalInformationSequence", lambda ds, _i: setattr(ds, "RadiopharmaceuticalInformationSequence", [])),
    right("half-life of the header", setting(RadionuclideHalfLife="6588", DecayFactor=None), factor=after(3600, half_life=6588)),
    right("half-life missing", setting(RadionuclideHalfLife=None), says="RadionuclideHalfLife"),
    right("half-life in minutes", setting(RadionuclideHalfLife="109.77"), says="minutes"),
    refuses("half-life missing and no nuclide", "RadionuclideHalfLife", setting(RadionuclideHalfLife=None, RadionuclideCodeSequence=None)),
    right("Ga-68", tracer("^68^Gallium", "35337001", "4062.6"), factor=after(3600, half_life=4062.6)),
    right("Ga-68, half-life from the code", tracer("", "35337001", None), factor=after(3600, half_life=4062.6), says="RadionuclideHalfLife"),
    right("C-11", tracer("^11^Carbon", "40565003", "1223.4"), factor=after(3600, half_life=1223.4)),
    right("Zr-89 three days after injection", tracer("^89^Zirconium", "63360001", "282276", RadiopharmaceuticalStartDateTime="20150307090000"), factor=after(3600 + 3 * 86400, half_life=282276), says="is believed"),
    right("Cu-64 a day after injection", tracer("^64^Copper", "3932008", "45723.6", RadiopharmaceuticalStartDateTime="20150309090000"), factor=after(3600 + 86400, half_life=45723.6), says="is believed"),
    right("Zr-89 by clock time", tracer("^89^Zirconium", "63360001", "282276", RadiopharmaceuticalStartDateTime=None), factor=after(3600, half_life=282276), says="only the clock time"),
    refuses("Lu-177 as PT", "SPECT", tracer("^177^Lutetium", "447553000", "574300")),
    refuses("Tc-99m as PT, by code", "SPECT", tracer("", "72454006", "21624")),
    refuses("Tc-99m as PT, by wording", "SPECT", tracer("^99m^Technetium", "", "21624")),
    refuses("Lu-177 as PT, by half-life", "SPECT", setting(RadionuclideCodeSequence=None, RadionuclideHalfLife="574300")),
    refuses("half-life of another nuclide", "RadionuclideHalfLife", setting(RadionuclideHalfLife="4062.6")),
    # Body size
    right("weight in grams", setting(PatientWeight="70000"), says="grams"),
    right("height in centimetres", setting(PatientSize="165"), says="centimetres"),
    right("height in millimetres", setting(PatientSize="1650"), says="millimetres"),
    right("height missing", setting(PatientSize=None), says="no SUL"),
    right("sex other", setting(PatientSex="O"), says="PatientSex is O"),
    right("sex missing", setting(PatientSex="")),
    refuses("weight missing", "PatientWeight", setting(PatientWeight="")),
    refuses("weight zero", "PatientWeight", setting(PatientWeight="0")),
    refuses("weight as words", "PatientWeight", lambda ds, _i: ds.add_new(0x00101030, "LO", "seventy")),
    # Units
    right("Philips in Bq/ml ignores its private factors", philips, private(0x7053, "Philips PET Private Group", 0x00, "DS", "0.9"), private(0x7053, "Philips PET Private Group", 0x09, "DS", f"{0.9 / F18:.6e}")),
    right("counts, SUV factor", *counts(suv="0.00042"), factor=0.00042),
    right("counts, SUV factor without creator", *counts(suv="0.00042", creator=""), factor=0.00042, says="without its private creator"),
    right("counts, SUV factor without dose, weight and times", *counts(suv="0.00042"), setting(RadionuclideTotalDose=None, PatientWeight=None, SeriesTime=None, RadiopharmaceuticalStartTime=None, RadiopharmaceuticalStartDateTime=None), factor=0.00042, says="not known"),
    right("counts, activity factor", *counts(activity="2.5"), factor=2.5 * F18),
    right("counts, SUV factor zero", *counts(suv="0", activity="2.5"), factor=2.5 * F18),
    right("counts, both agree", *counts(suv=f"{2.5 * F18:.8e}", activity="2.5"), factor=2.5 * F18),
    right("counts, both contradict", *counts(suv=f"{2.0 * F18:.8e}", activity="2.5"), factor=2.0 * F18, says="Philips' own factors"),
    refuses("counts, neither", "PhilipsSuvFactor", setting(Units="CNTS")),
    refuses("counts, both zero", "PhilipsSuvFactor", *counts(suv="0", activity="0")),
    right("stored SUV", setting(Units="GML", RescaleSlope="0.001"), factor=1.0),
    right("stored SUV, BW", setting(Units="GML", SUVType="BW", RescaleSlope="0.001"), factor=1.0),
    right("stored SUV without dose and times", setting(Units="GML", RescaleSlope="0.001", RadionuclideTotalDose=None, SeriesTime=None, AcquisitionTime=None), factor=1.0, says="not known"),
    right("stored SUL, James", setting(Units="GML", SUVType="LBM", RescaleSlope="0.001"), factor=70 / MASS_JAMES, says="SUL by james"),
    right("stored SUL, Janmahasatian", setting(Units="GML", SUVType="LBMJANMA", RescaleSlope="0.001"), factor=70 / MASS_JANMA),
    right("stored SUL, James 128, man", setting(Units="GML", SUVType="LBMJAMES128", RescaleSlope="0.001", PatientSex="M"), factor=70 / (1.10 * 70 - 128 * (70 / 165) ** 2), says="james128"),
    right("stored by ideal weight", setting(Units="GML", SUVType="IBW", RescaleSlope="0.001"), factor=70 / (45.5 + 0.91 * 13)),
    right("stored by surface", setting(Units="CM2ML", SUVType="BSA", RescaleSlope="0.001"), factor=70_000 / (SURFACE * 1e4)),
    right("stored by surface, type absent", setting(Units="CM2ML", RescaleSlope="0.001"), factor=70_000 / (SURFACE * 1e4)),
    refuses("stored SUL without height", "PatientSize", setting(Units="GML", SUVType="LBM", PatientSize=None)),
    refuses("surface in g/ml", "SUVType", setting(Units="GML", SUVType="BSA")),
    refuses("unknown SUV type", "SUVType", setting(Units="GML", SUVType="FAT")),
    *(refuses(f"units {units}", "Units", setting(Units=units)) for units in ("CPS", "PROPCNTS", "PROPCPS", "1CM", "UMOLML", "")),
    # Corrections
    refuses("not attenuation-corrected", "CorrectedImage", setting(CorrectedImage=["DECY", "NORM"])),
    refuses("decay declared but not applied", "DecayCorrection", setting(CorrectedImage=["ATTN", "NORM"])),
    refuses("decay applied but not declared", "DecayCorrection", setting(DecayCorrection="NONE")),
    refuses("decay correction missing", "DecayCorrection", setting(DecayCorrection=None)),
    refuses("decay correction unknown", "DecayCorrection", setting(DecayCorrection="LATER")),
    refuses("corrections missing", "CorrectedImage", setting(CorrectedImage=None)),
    refuses("intercept", "RescaleIntercept", setting(RescaleIntercept="-1024")),
    refuses("slope missing", "RescaleSlope", setting(RescaleSlope=None)),
    refuses("slope zero", "RescaleSlope", setting(RescaleSlope="0")),
    refuses("projection", "projection", setting(ImageType=["DERIVED", "SECONDARY", "MIP"])),
    refuses("CT", "Modality", setting(Modality="CT")),
    refuses("NM", "Modality", setting(Modality="NM")),
    # One series agrees with itself
    refuses("units differ", "Units", only(2, setting(Units="GML"))),
    refuses("weight differs", "PatientWeight", only(2, setting(PatientWeight="71"))),
    refuses("dose differs", "RadionuclideTotalDose", only(2, setting(RadionuclideTotalDose="3.6E8"))),
    refuses("half-life differs", "RadionuclideHalfLife", only(2, setting(RadionuclideHalfLife="6570"))),
    refuses("decay correction differs", "DecayCorrection", only(2, setting(DecayCorrection="ADMIN"))),
    refuses("injection differs", "RadiopharmaceuticalStartTime", only(2, setting(RadiopharmaceuticalStartTime="090500", RadiopharmaceuticalStartDateTime=None)), setting(RadiopharmaceuticalStartDateTime=None)),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_header_gives_the_factor_of_the_definition_or_is_refused_by_name(tmp_path, case):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom warns of the wrong values that are written here
        write_series(tmp_path / "series", *case.edits, **case.options)
    found = suv_of_folder(tmp_path / "series").as_document()
    if case.factor is None:
        assert found["error"] is not None
        assert case.says in found["error"]
        assert found["factors"] == {}
        return
    assert found["error"] is None
    first = min(found["factors"], key=lambda name: name.rpartition("-")[2])
    assert found["factors"][first] == pytest.approx(case.factor, rel=case.tolerance)
    assert bool(found["warnings"]) is not case.silent, found["warnings"]
    assert any(case.says in text for text in found["warnings"]) or case.silent


def test_an_image_without_decay_correction_has_a_factor_for_each_bed(tmp_path):
    write_series(tmp_path, setting(DecayCorrection="NONE", CorrectedImage=["ATTN"]))
    found = suv_of_folder(tmp_path).as_document()["factors"]
    expected = {f"{(i * 5) % 11:02d}-{i}.dcm": after(3600 + 150 * bed(i)) * DURING for i in range(6)}
    assert found == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]
)
def test_every_encoding_of_a_header_gives_the_same_factor(tmp_path, syntax):
    import pydicom
    from pydicom.filewriter import dcmwrite

    (tmp_path / "other").mkdir()
    for file in write_series(tmp_path / "plain"):
        ds = pydicom.dcmread(file)
        ds.file_meta.TransferSyntaxUID = syntax
        if syntax == ExplicitVRBigEndian:
            ds.PixelData = np.frombuffer(ds.PixelData, "<i2").astype(">i2").tobytes()
            ds = pydicom.Dataset.from_json(ds.to_json())  # no longer bound to the byte order it was read in
            ds.file_meta = pydicom.dcmread(file).file_meta
            ds.file_meta.TransferSyntaxUID = syntax
        dcmwrite(tmp_path / "other" / file.stem, ds, enforce_file_format=True)
    found = suv_of_folder(tmp_path / "other").as_document()
    assert found["error"] is None
    assert list(found["factors"].values()) == pytest.approx([F18] * 6, rel=1e-9)


def test_files_without_preamble_and_meta_are_read(tmp_path):
    import pydicom

    for file in write_series(tmp_path / "plain"):
        ds = pydicom.dcmread(file)
        bare = pydicom.Dataset({tag: ds[tag] for tag in ds.keys() if tag.group > 2})  # noqa: SIM118 - keys are tags
        (tmp_path / "bare").mkdir(exist_ok=True)
        bare.save_as(tmp_path / "bare" / file.name, implicit_vr=True, little_endian=True)
    found = suv_of_folder(tmp_path / "bare").as_document()
    assert found["error"] is None
    assert list(found["factors"].values()) == pytest.approx([F18] * 6, rel=1e-9)


def test_of_an_ac_and_a_nac_series_the_corrected_one_is_taken(tmp_path):
    write_series(tmp_path / "a", setting(CorrectedImage=["DECY", "NORM"]), uid="1.2.9")
    write_series(tmp_path / "b")
    found = suv_of_folder(tmp_path).as_document()
    assert len(found["factors"]) == 6
    assert any("not attenuation-corrected" in text for text in found["warnings"])


def test_two_series_that_could_both_be_meant_are_refused_by_name(tmp_path):
    write_series(tmp_path / "a", uid="1.2.9")
    write_series(tmp_path / "b")
    error = suv_of_folder(tmp_path).as_document()["error"]
    assert "1.2.9.200" in error
    assert "1.2.3.4.200" in error


def test_files_of_one_name_are_told_apart_by_their_folder(tmp_path):
    for index in range(2):
        (file,) = write_series(tmp_path / str(index), skip=tuple(i for i in range(6) if i != index))
        file.rename(tmp_path / str(index) / "image")
    assert set(suv_of_folder(tmp_path).as_document()["factors"]) == {"0/image", "1/image"}


def test_the_command_answers_every_folder_in_one_list_of_objects(tmp_path, capsys):
    write_series(tmp_path / "good")
    (tmp_path / "empty").mkdir()
    (tmp_path / "junk").mkdir()
    (tmp_path / "junk" / "notes.txt").write_text("no image")
    (tmp_path / "junk" / "1.dcm").write_bytes(b"\0" * 300)
    names = [str(tmp_path / name) for name in ("good", "empty", "junk", "absent")]
    assert main(["suv", *names, "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert [entry["folder"] for entry in found] == names
    assert [entry["error"] is None for entry in found] == [True, False, False, False]
    assert {"factors", "sul_factor", "bsa_factor", "reference", "warnings"} <= set(found[0])
    assert found[0]["reference"]["source"] == "series"
    assert found[0]["reference"]["uptake_minutes"] == pytest.approx(60)
    assert main(["suv", names[0]]) == 0
    assert "SUVbw factor" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("formula", "sex", "mass"),
    [
        ("janmahasatian", "F", MASS_JANMA),
        ("janmahasatian", "M", 9270 * 70 / (6680 + 216 * 70 / 1.65**2)),
        ("james", "F", MASS_JAMES),
        ("james", "M", 1.10 * 70 - 120 * (70 / 165) ** 2),
        ("james128", "M", 1.10 * 70 - 128 * (70 / 165) ** 2),
        ("james", "O", (1.10 * 70 - 120 * (70 / 165) ** 2 + MASS_JAMES) / 2),
    ],
)
def test_sul_is_that_of_the_formula_that_is_printed(tmp_path, formula, sex, mass):
    write_series(tmp_path, setting(PatientSex=sex))
    found = suv_of_folder(tmp_path, lean_body_mass=formula).as_document()
    assert found["sul_factor"] == pytest.approx(mass / 70, rel=1e-9)
    assert found["lean_body_mass"] == formula
    assert found["bsa_factor"] == pytest.approx(SURFACE * 1e4 / 70_000, rel=1e-9)


def test_the_files_own_sul_is_the_number_that_is_stored(tmp_path):
    write_series(tmp_path, setting(Units="GML", SUVType="LBM", RescaleSlope="0.001"))
    found = suv_of_folder(tmp_path, lean_body_mass="file").as_document()
    assert found["lean_body_mass"] == "james"
    for factor in found["factors"].values():
        assert factor * found["sul_factor"] == pytest.approx(1)
