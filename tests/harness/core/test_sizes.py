"""A first plan is as large as its site can bear, and its windows hold enough for a p95."""

import pytest

from harness.core.sizes import GENERATOR_RPS, MOST_WINDOW_S, Pace, sizes
from harness.core.statistics import P95


def busy(rate_rps: float) -> Pace:
    """Return the pace of a page that is CPU alone: one client gets all that there is."""
    return Pace(1000 / rate_rps, rate_rps)


def same(*pages: Pace) -> tuple[tuple[Pace, ...], tuple[Pace, ...]]:
    """Return two sides of one pace."""
    return pages, pages


@pytest.mark.parametrize(
    ("rate_rps", "users", "measure_s", "tail_s"),
    [
        # N* = 20 x (0.05 + 0.1) = 3: twice that, and a quarter of it, rounded up. Two users who
        # take 0.15 s each send 13.3 requests/s: 100 of them need 8 s.
        (20, (2, 6), 8, 4),
        # N* = 500 x (0.002 + 0.1) = 51: 26 users send 255 requests/s, over 1,000 in 4 s.
        (500, (26, 102), 4, 4),
        # N* = 1,500 x (0.00067 + 0.1) = 151: 302 users send no more than the 1,500.
        (1500, (76, 302), 4, 4),
        # N* = 5,000 x (0.0002 + 0.1) = 501, of which the generator can be 2,000 x 0.1002 = 200.
        (5000, (50, 200), 4, 4),
    ],
)
def test_users_fill_the_site_and_windows_hold_enough(
    rate_rps: float, users: tuple[int, int], measure_s: float, tail_s: float
) -> None:
    """By Little's law, for sites of 20 to 5,000 requests/s."""
    result = sizes(same(busy(rate_rps)))
    load = result.load
    assert (load.users, load.measure_s, load.tail_s) == (users, measure_s, tail_s)
    assert result.capacity_rps == pytest.approx(rate_rps)
    assert result.requests >= 5 * P95.least
    assert result.generated == (rate_rps > GENERATOR_RPS)


def test_a_page_that_waits_is_asked_by_more() -> None:
    """160 requests/s of 250 ms: N* = 160 x 0.35 = 56, not the 3.5 of one client's rate."""
    assert sizes(same(Pace(250, 160))).load.users == (28, 112)


def test_the_slower_side_decides_window_and_drain_and_the_faster_one_the_users() -> None:
    """N* = 100 x 0.11 = 11; the other side answers 22 users at 10/s, 22 / 10 - 0.2 s later.

    Six users get 10 requests/s of it, so 100 take 10 s; the drain is 4 x (0.1 + 2.0) s.
    """
    load = sizes(((busy(100),), (busy(10),))).load
    assert (load.users, load.measure_s, load.tail_s) == ((6, 22), 10, 9)


def test_pages_are_visited_equally_often() -> None:
    """The harmonic mean of 10 and 90 requests/s is 2 / (1/10 + 1/90) = 18."""
    assert sizes(same(busy(10), busy(90))).capacity_rps == pytest.approx(18)


def test_a_slow_page_has_its_time_to_settle_and_to_drain() -> None:
    """3 s alone: N* = 100 x (1.505 + 0.1) = 160.5, and 321 users queue for 321 / 100 - 1.605 s.

    Twice the 4.6 s to settle, four times to drain.
    """
    load = sizes(same(Pace(3000, 100), Pace(10, 100))).load
    assert (load.settle_s, load.tail_s) == (10, 19)
    assert load.settle_most_s > load.settle_s


def test_a_site_too_slow_for_a_window_is_no_secret() -> None:
    """At 0.5 requests/s no window that anybody waits for has the 20 of a p95."""
    result = sizes(same(busy(0.5)))
    assert result.load.measure_s == MOST_WINDOW_S
    assert result.requests < P95.least
    assert result.load.users[0] == 1
