"""How fast cores were and who used them, from made-up beats and readings."""

import pandas as pd
import pytest

from harness.core.record import Extra
from harness.host.machine import Cores
from harness.measure.cores import core_figures, usual_speeds
from harness.measure.window import Window

APART = Cores((0,), (1,))


def beats(server_ms: float, load_ms: float = 0.4) -> pd.DataFrame:
    """Build two beats a second on each core from second 98 to 112, with a slow one in each ten."""
    rows = [
        {"cores": cores, "time_s": 98 + n / 2, "cpu_ms": 3 * ms if n % 10 == 0 else ms}
        for cores, ms in (("server", server_ms), ("load", load_ms))
        for n in range(28)
    ]
    return pd.DataFrame(rows)


def window(**columns: list[float]) -> Window:
    """Build a window from second 100 to 110 with a reading at each end."""
    return Window(100, 110, pd.DataFrame({"time_s": [100.0, 110.0]} | columns))


def test_a_speed_is_the_pieces_done_in_a_second_of_cpu_time() -> None:
    """0.4 ms each: 2,500 a second. The slow beats are not the median."""
    extra = core_figures(beats(0.4, load_ms=0.5), window(), APART)
    assert extra["server_core_speed"] == pytest.approx(2_500)
    assert extra["load_core_speed"] == pytest.approx(2_000)


def test_a_core_at_half_speed_takes_twice_as_long() -> None:
    """0.8 ms: 1,250 a second."""
    assert core_figures(beats(0.8), window(), APART)["server_core_speed"] == pytest.approx(1_250)


def test_only_beats_within_the_window_count() -> None:
    """None fell into it: not measured."""
    late = beats(0.4).assign(time_s=111.0)
    assert core_figures(late, window(), APART)["server_core_speed"] is None


def test_what_others_used_is_what_kept_the_core_busy_less_the_servers_own() -> None:
    """Busy for 9 s of 10, of which the server used 6: 30%."""
    usage = window(server_core_busy_s=[5, 14], server_cpu_s=[1, 7])
    assert core_figures(beats(0.4), usage, APART)["foreign_cpu_share"] == pytest.approx(0.3)


def test_of_two_cores_the_share_is_that_of_both() -> None:
    """Each busy for 5 s on average; the server used 6 s of the 10: 4 s of 20 are 20%."""
    usage = window(server_core_busy_s=[0, 5], server_cpu_s=[0, 6])
    extra = core_figures(beats(0.4), usage, Cores((0, 1), (2,)))
    assert extra["foreign_cpu_share"] == pytest.approx(0.2)


def test_the_kernels_ticks_may_fall_short_of_the_servers_own_clock() -> None:
    """Then nobody else used the core."""
    usage = window(server_core_busy_s=[0, 8.9], server_cpu_s=[0, 9])
    assert core_figures(beats(0.4), usage, APART)["foreign_cpu_share"] == 0


def test_on_a_shared_core_nobody_can_tell_whose_the_time_was() -> None:
    """Not measured."""
    usage = window(server_core_busy_s=[0, 9], server_cpu_s=[0, 1])
    assert core_figures(beats(0.4), usage, Cores((0,), (0,)))["foreign_cpu_share"] is None


def test_pressure_is_a_share_of_time_and_throttling_a_number_of_periods() -> None:
    """3 s of 10 somebody waited; 7 periods were cut short. What the kernel hides is None."""
    usage = window(pressure_s=[1, 4], throttled=[5, 12])
    extra = core_figures(beats(0.4), usage, APART)
    assert (extra["cpu_pressure_share"], extra["throttled_periods"]) == (pytest.approx(0.3), 7)
    hidden = core_figures(beats(0.4), window(pressure_s=[float("nan")] * 2), APART)
    assert (hidden["cpu_pressure_share"], hidden["throttled_periods"]) == (None, None)


def test_the_usual_speed_is_the_median_of_the_run_so_far() -> None:
    """Of 2,000, 2,400 and 2,500; a plateau without beats has none."""
    earlier = [Extra(server_core_speed=2_000), Extra(), Extra(server_core_speed=2_500)]
    now = usual_speeds(Extra(server_core_speed=2_400), earlier)
    assert now == {"usual_server_speed": 2_400, "usual_load_speed": None}
