"""One table of what the hosts of a session used."""

import pandas as pd
import pytest

from harness.rig.places import BOTH_SIDES, joined


def rows(times_s: list[float], **columns: list[float]) -> pd.DataFrame:
    """Return rows of a meter: these columns, and 0 for what both sides count."""
    zero = dict.fromkeys(BOTH_SIDES, [0.0] * len(times_s))
    return pd.DataFrame({"time_s": times_s, **zero, **columns})


def test_what_loads_used_is_summed_at_the_times_of_the_servers_readings() -> None:
    """At 2 s one load has used 1.0 + (2.0 - 1.5) = 1.5 s of CPU, the other 0.2: 1.7 s."""
    server = rows([1.0, 2.0], server_cpu_s=[5.0, 6.0])
    first = rows([0.5, 1.5, 2.5], load_cpu_s=[0.0, 1.0, 2.0])
    second = rows([1.0, 2.0], load_cpu_s=[0.1, 0.2])
    usage = joined(server, [first, second])
    assert list(usage["time_s"]) == [1.0, 2.0]
    assert list(usage["server_cpu_s"]) == [5.0, 6.0]
    assert list(usage["load_cpu_s"]) == pytest.approx([0.6, 1.7])


def test_what_clients_repeat_counts_where_they_are() -> None:
    """An attempt to connect is repeated by the kernel of a load host: 2 there, 1 here."""
    server = rows([1.0, 2.0], syn_retransmits=[0.0, 1.0])
    load = rows([1.0, 2.0], syn_retransmits=[0.0, 2.0], load_cpu_s=[0.0, 0.0])
    assert list(joined(server, [load])["syn_retransmits"]) == [0.0, 3.0]


def test_the_servers_own_columns_are_not_those_of_a_load_host() -> None:
    """Its listen queue is asked for on its host; a load host listens on nothing."""
    server = rows([1.0], listen_backlog=[2048.0])
    load = rows([1.0], listen_backlog=[0.0], load_cpu_s=[0.0])
    assert list(joined(server, [load])["listen_backlog"]) == [2048.0]
