"""Which sequence the header of an MR image speaks of."""

import pytest

from medimg_core.io.mrsequence import SEQUENCES, mr_sequence


def header(**tags):
    from pydicom import Dataset

    dataset = Dataset()
    for keyword, value in {"Modality": "MR", **tags}.items():
        setattr(dataset, keyword, value)
    return dataset


def classic(pulse=None, te=None, tr=None, ti=None, **more):
    tags = {"ScanningSequence": pulse, "EchoTime": te, "RepetitionTime": tr, "InversionTime": ti}
    return header(**{name: value for name, value in tags.items() if value is not None}, **more)


def item(**tags):
    found = header(**tags)
    del found.Modality
    return found


@pytest.mark.parametrize(
    ("pulse", "te", "tr", "ti", "expected"),
    [
        pytest.param(["SE", "IR"], 120, 9000, 2500, "FLAIR", id="2-D at 1.5 T"),
        pytest.param("IR", 125, 11000, 2800, "FLAIR", id="2-D at 3 T"),
        pytest.param(["SE", "IR"], 388, 4800, 1650, "FLAIR", id="3-D, short repetition"),
        pytest.param("SE", 90, 8000, 2300, "FLAIR", id="an inversion time without the flag"),
        pytest.param(["EP", "IR"], 100, 9000, 2400, "FLAIR", id="echo planar"),
        pytest.param(["SE", "IR"], 60, 9000, 2500, "", id="echo too early"),
        pytest.param(["SE", "IR"], 120, 9000, 1500, "", id="inversion too short"),
        pytest.param(["SE", "IR"], 120, 9000, 3200, "", id="inversion too long"),
        pytest.param(["SE", "IR"], None, 9000, 2500, "", id="no echo time"),
        pytest.param(["SE", "IR"], 120, 9000, None, "", id="no inversion time"),
        pytest.param(["SE", "IR"], 10, 2000, 860, "T1", id="T1 FLAIR"),
        pytest.param(["GR", "IR"], 2.6, 2300, 1100, "T1", id="magnetisation-prepared"),
        pytest.param(["GR", "IR"], 3, 5000, 2500, "GRE", id="second inversion of MP2RAGE"),
        pytest.param(["SE", "IR"], 60, 4000, 160, "STIR", id="fat nulled"),
        pytest.param("SE", 12, 500, None, "T1", id="T1"),
        pytest.param("SE", 12, 500, 0, "T1", id="inversion time of zero"),
        pytest.param("SE", 15, 3000, None, "PD", id="density"),
        pytest.param("SE", 100, 4000, None, "T2", id="T2"),
        pytest.param("SE", 57, 4242, None, "", id="between density and T2"),
        pytest.param("SE", 100, 1200, None, "", id="between T1 and T2"),
        pytest.param("SE", None, None, None, "", id="no times"),
        pytest.param("GR", 20, 700, None, "T2_STAR", id="T2*"),
        pytest.param("GR", 4, 10, None, "GRE", id="gradient echo"),
        pytest.param(["EP", "GR"], 30, 2000, None, "EPI", id="echo planar, no inversion"),
        pytest.param("RM", 100, 4000, None, "", id="research mode"),
        pytest.param(None, 120, 9000, 2500, "FLAIR", id="times alone"),
        pytest.param(None, 120, 9000, None, "", id="echo and repetition alone"),
    ],
)
def test_times_say_the_sequence(pulse, te, tr, ti, expected):
    assert mr_sequence(classic(pulse, te, tr, ti)) == expected


@pytest.mark.parametrize(
    ("keyword", "words", "expected"),
    [
        ("SeriesDescription", "AX T2 FLAIR FS", "FLAIR"),
        ("SeriesDescription", "t2_flair_tra", "FLAIR"),
        ("SeriesDescription", "T2FLAIR", "FLAIR"),
        ("SeriesDescription", "3DFLAIR", "FLAIR"),
        ("SeriesDescription", "flair", "FLAIR"),
        ("ProtocolName", "t2_tirm_tra_dark-fluid", "FLAIR"),
        ("ProtocolName", "t2_spc_da-fl_sag", "FLAIR"),
        ("SequenceName", "FLAIR_longTR", "FLAIR"),
        ("PulseSequenceName", "FLAIR", "FLAIR"),
        ("SeriesDescription", "AX T1 FLAIR POST", "T1"),
        ("SeriesDescription", "t1w", "T1"),
        ("SeriesDescription", "SAG T1_MPRAGE", "T1"),
        ("SeriesDescription", "T2W TSE", "T2"),
        ("SeriesDescription", "ep2d_dwi ADC", "DWI"),
        ("SeriesDescription", "DWI FLAIR mismatch", ""),
        ("SeriesDescription", "T1 and T2", ""),
        ("SeriesDescription", "SHIRT1 BRIGHT2", ""),
        ("SeriesDescription", "Flairty^Jane", ""),
        ("SeriesDescription", "", ""),
        ("ImageComments", "FLAIR", ""),
    ],
)
def test_words_of_names_say_it_where_the_times_do_not(keyword, words, expected):
    assert mr_sequence(header(**{keyword: words})) == expected


@pytest.mark.parametrize(
    ("times", "words", "expected"),
    [
        pytest.param(("SE", 12, 500, None), "FLAIR", "T1", id="a name left over"),
        pytest.param(("SE", 100, 9000, None), "AX FLAIR", "", id="an inversion not tagged, or a name left over"),
        pytest.param(("SE", 57, 4242, None), "SSh_DWI", "DWI", id="times in between"),
        pytest.param((["SE", "IR"], 120, 9000, 2500), "T2 TSE", "FLAIR", id="times first"),
    ],
)
def test_times_come_before_words(times, words, expected):
    assert mr_sequence(classic(*times, SeriesDescription=words)) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"DiffusionBValue": 1000.0}, "DWI"),
        ({"DiffusionBValue": 0.0}, "T2"),
        ({"ImageType": ["DERIVED", "PRIMARY", "DIFFUSION", "ADC"]}, "DWI"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "M"]}, "T2"),
        ({"AcquisitionContrast": "FLUID_ATTENUATED"}, ""),
        ({"Modality": "CT"}, ""),
        ({"Modality": ""}, ""),
    ],
)
def test_diffusion_is_said_by_tags_of_its_own(tags, expected):
    assert mr_sequence(classic("SE", 90, 4000, **{"Modality": "MR", **tags})) == expected


@pytest.mark.parametrize(
    ("contrast", "expected"),
    [
        ("FLUID_ATTENUATED", "FLAIR"),
        ("T1", "T1"),
        ("T2_STAR", "T2_STAR"),
        ("PROTON_DENSITY", "PD"),
        ("DIFFUSION", "DWI"),
        ("PERFUSION", "PERFUSION"),
        ("UNKNOWN", ""),
        ("MIXED", ""),
    ],
)
def test_a_coded_contrast_says_it(contrast, expected):
    assert mr_sequence(header(AcquisitionContrast=contrast)) == expected
    assert mr_sequence(header(MRImageFrameTypeSequence=[item()], AcquisitionContrast=contrast)) == expected
    shared = item(MRImageFrameTypeSequence=[item(AcquisitionContrast=contrast)])
    assert mr_sequence(header(SharedFunctionalGroupsSequence=[shared])) == expected


def _enhanced(*, te, ti, inverted="YES", tr=9000.0, weight=None):
    frame = item(
        MREchoSequence=[item(EffectiveEchoTime=te)],
        MRModifierSequence=[item(InversionRecovery=inverted, **({} if ti is None else {"InversionTimes": ti}))],
        **({} if weight is None else {"MRDiffusionSequence": [item(DiffusionBValue=weight)]}),
    )
    shared = item(MRTimingAndRelatedParametersSequence=[item(RepetitionTime=tr)])
    other = item(MREchoSequence=[item(EffectiveEchoTime=12.0)], MRModifierSequence=[item(InversionRecovery="NO")])
    return header(
        EchoPulseSequence="SPIN",
        SharedFunctionalGroupsSequence=[shared],
        PerFrameFunctionalGroupsSequence=[other, frame],
    )


@pytest.mark.parametrize(
    ("dataset", "frame", "expected"),
    [
        (_enhanced(te=120.0, ti=2500.0), 1, "FLAIR"),
        (_enhanced(te=120.0, ti=2500.0), 0, "PD"),
        (_enhanced(te=12.0, ti=900.0), 1, "T1"),
        (_enhanced(te=100.0, ti=None, inverted="NO"), 1, "T2"),
        (_enhanced(te=100.0, ti=None), 1, ""),
        (_enhanced(te=100.0, ti=2500.0, weight=1000.0), 1, "DWI"),
    ],
)
def test_enhanced_files_say_it_in_functional_groups(dataset, frame, expected):
    assert mr_sequence(dataset, frame) == expected


def test_every_name_is_a_code_fit_for_a_message():
    assert all(name.replace("_", "").isalnum() and name.isupper() for name in SEQUENCES)
