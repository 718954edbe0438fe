from scenario import given, nothing, reported

from domain.case.flags import (
    FLAGGED_ONCE,
    UNFLAGGED_ONCE,
    CrimeFlag,
    CrimeFlagged,
    CrimeUnflagged,
    FlagCrime,
    Flags,
    UnflagCrime,
)
from domain.case.state import MOVE_IS_OPEN

ABUSE, HATE = CrimeFlag.DOMESTIC_ABUSE, CrimeFlag.HATE_CRIME
REPORTED = given(reported())


def test_what_nobody_has_said_of_a_crime_is_not_known_and_the_last_word_stands() -> None:
    assert REPORTED.state.flags == Flags()
    REPORTED.when(FlagCrime(flag=ABUSE)).then(CrimeFlagged(flag=ABUSE))
    flagged = REPORTED.and_then(CrimeFlagged(flag=HATE)).and_then(CrimeFlagged(flag=ABUSE))
    assert flagged.state.flags == Flags(carries=(HATE, ABUSE))
    flagged.when(UnflagCrime(flag=HATE)).then(CrimeUnflagged(flag=HATE))
    after = flagged.and_then(CrimeUnflagged(flag=HATE))
    assert after.state.flags == Flags(carries=(ABUSE,), ruled_out=(HATE,))
    assert after.and_then(CrimeFlagged(flag=HATE)).state.flags == Flags(carries=(ABUSE, HATE))
    nothing.when(FlagCrime(flag=ABUSE)).refused(MOVE_IS_OPEN)


def test_a_flag_can_be_ruled_out_that_was_never_set() -> None:
    REPORTED.when(UnflagCrime(flag=ABUSE)).then(CrimeUnflagged(flag=ABUSE))


def test_crime_is_flagged_once() -> None:
    flagged = REPORTED.and_then(CrimeFlagged(flag=ABUSE))
    flagged.when(FlagCrime(flag=ABUSE)).refused("The crime carries this flag already.")
    flagged.when(FlagCrime(flag=ABUSE)).testifies(FLAGGED_ONCE)
    flagged.when(FlagCrime(flag=HATE)).then(CrimeFlagged(flag=HATE))


def test_crime_is_unflagged_once() -> None:
    ruled_out = REPORTED.and_then(CrimeUnflagged(flag=ABUSE))
    ruled_out.when(UnflagCrime(flag=ABUSE)).refused("It is noted already that this flag does not apply.")
    ruled_out.when(UnflagCrime(flag=ABUSE)).testifies(UNFLAGGED_ONCE)
