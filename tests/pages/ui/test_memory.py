"""What sessions may hold."""

from dataclasses import replace

import pytest

from medimg_core.errors import LimitError
from pages._ui.memory import Ledger, admit, mask_bytes, size_of
from pages._ui.settings import Settings
from tests.pages.conftest import make_case, make_ct, make_masks, make_study
from tests.pages.ui.test_mask_card import said
from tests.pages.ui.test_nodule_panel import found_in

ONE = size_of(make_study(1))


def ledger(session: float, server: float) -> Ledger:
    return Ledger(Settings(session_bytes=session * ONE, server_bytes=server * ONE))


def test_size_counts_voxels():
    assert ONE == 12 * 16 * 2


def test_what_fits_stays():
    case = make_case(make_study(1), make_study(2))
    book = ledger(2, 4)
    assert admit(case, "a", book) == (case, 0)
    assert book.total == 2 * ONE


def test_the_study_unused_for_longest_goes():
    case = make_case(make_study(1), make_study(2), make_study(3))
    for uid in ("1.9.3", "1.9.1", "1.9.2"):
        case = case.with_study(uid)
    kept, closed = admit(case, "a", ledger(2, 4))
    assert {study.uid for study in kept.studies} == {"1.9.1", "1.9.2"}
    assert closed == 1


def test_a_study_over_the_limit_is_refused_by_name_of_the_limit():
    with pytest.raises(LimitError, match="a session may hold"):
        admit(make_case(make_study(1)), "a", ledger(0.5, 4))


def test_the_server_is_shared():
    book = ledger(2, 3)
    admit(make_case(make_study(1), make_study(2)), "a", book)
    with pytest.raises(LimitError, match="all sessions together"):
        admit(make_case(make_study(3), make_study(4)), "b", book)
    book.release("a")
    admit(make_case(make_study(3), make_study(4)), "b", book)
    assert book.total == 2 * ONE


def test_a_session_that_holds_less_gives_back():
    book = ledger(3, 3)
    admit(make_case(make_study(1), make_study(2)), "a", book)
    admit(make_case(make_study(1)), "a", book)
    assert book.total == ONE


def with_masks(case, **changes):
    volume = case.volume
    result = make_masks(volume, (1, (1, 2), (1, 3), (1, 3)), **changes)
    return case.with_segmentation(case.series_key, result), result


def test_masks_count_with_room_for_a_correction():
    case, result = with_masks(make_case(make_study(1, make_ct(6))))
    voxels = 6 * 6 * 8
    assert mask_bytes(result) == 2 * voxels
    _, more = with_masks(case, raw=result.mask.copy(), predictions=(said(case.volume, 0, 0.4),))
    assert mask_bytes(more) == 3 * voxels + 2 * 2 * 8 * 4
    book = Ledger()
    admit(case, "a", book)
    assert book.total == size_of(case.study) + 2 * voxels


def test_marks_of_a_search_count():
    case = make_case(make_study(1, make_ct(6)))
    made = found_in(case.volume)
    book = Ledger()
    admit(replace(case, findings=case.findings.with_nodules(case.series_key, made)), "a", book)
    assert book.total == size_of(case.study) + made.labels.nbytes


def test_masks_may_close_a_study_unused_for_longest():
    case = make_case(make_study(1), make_study(2, make_ct(6)))
    case = case.with_study("1.9.2")
    held, result = with_masks(case)
    room = size_of(case.study) + mask_bytes(result) + ONE - 1
    kept, closed = admit(held, "a", Ledger(Settings(session_bytes=room, server_bytes=2 * room)))
    assert ([study.uid for study in kept.studies], closed) == (["1.9.2"], 1)
    assert kept.segmentation("tiny_masks") is result
    small = Ledger(Settings(session_bytes=size_of(case.study), server_bytes=2 * room))
    with pytest.raises(LimitError, match="of images and masks"):
        admit(held, "a", small)
