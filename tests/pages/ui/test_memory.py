"""What sessions may hold."""

import pytest

from medimg_core.errors import LimitError
from pages._ui.memory import Ledger, admit, size_of
from pages._ui.settings import Settings
from tests.pages.conftest import make_case, make_study

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
