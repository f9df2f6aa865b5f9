"""What occurred how often, as files and readers have it."""

from harness.core.counted import Counted, as_text, from_text, in_words, total

FATAL = Counted(37, "FATAL: sorry, too many clients already")
REFUSED = Counted(2_000, "GET /: status 503 x 2")


def test_what_is_counted_comes_back_from_one_cell_of_a_file() -> None:
    """A text may hold an x of its own."""
    assert as_text([FATAL, REFUSED]) == (
        "37 x FATAL: sorry, too many clients already; 2000 x GET /: status 503 x 2"
    )
    assert from_text(as_text([FATAL, REFUSED])) == (FATAL, REFUSED)
    assert from_text("") == ()


def test_no_text_has_the_mark_that_stands_between_two() -> None:
    """A page may."""
    assert from_text(as_text([Counted(1, "got b'a;b'")])) == (Counted(1, "got b'a,b'"),)


def test_equal_texts_are_one_and_the_most_frequent_stands_first() -> None:
    """3 + 4 of the second."""
    counted = [Counted(5, "a"), Counted(3, "b"), Counted(4, "b")]
    assert total(counted) == (Counted(7, "b"), Counted(5, "a"))


def test_what_there_is_no_room_for_is_counted() -> None:
    """Of four the last two are 2 + 1."""
    counted = [REFUSED, FATAL, Counted(2, "c"), Counted(1, "d")]
    assert in_words(counted, 2) == (
        "2,000 x GET /: status 503 x 2, 37 x FATAL: sorry, too many clients already, 3 more"
    )
    assert in_words([FATAL], 2) == "37 x FATAL: sorry, too many clients already"
