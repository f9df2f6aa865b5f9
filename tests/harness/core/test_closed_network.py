"""The closed network, against textbook solutions, an exact Markov chain and simulations by ciw."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from heapq import heapify, heapreplace
from itertools import pairwise, product
from math import inf
from random import Random

import ciw
import numpy as np
import pytest

from harness.core.bounds import Bound
from harness.core.closed_network import ClosedNetwork, most_users


def mean_value_analysis(wait_ms: float, cpu_ms: float, users: int) -> float:
    """Return the throughput of a delay and one core, user by user (Reiser & Lavenberg 1980)."""
    queue, rate = 0.0, 0.0
    for number in range(1, users + 1):
        each_ms = cpu_ms * (1 + queue)
        rate = number / (wait_ms + each_ms)
        queue = rate * each_ms
    return 1000 * rate


def test_two_users_of_one_core_by_hand() -> None:
    """One user: 1 / (1 + 1 ms). Another sees half a request at the core: 2 / (1 + 1.5 ms)."""
    network = ClosedNetwork(Bound(1, 1, 0, None, 1), 2)
    assert network.throughput_rps(1) == pytest.approx(500)
    assert network.throughput_rps(2) == pytest.approx(800)
    assert network.latency_ms(2) == pytest.approx(2.5)


@pytest.mark.parametrize(("wait_ms", "think_ms"), [(250, 50), (0, 300), (300, 0)])
def test_without_a_limit_of_slots_it_is_mean_value_analysis(
    wait_ms: float, think_ms: float
) -> None:
    """To users who are not limited, waits and pauses are one delay, here of 300 ms."""
    network = ClosedNetwork(Bound(wait_ms, 0.7, think_ms, None, 1), 1024)
    for users in (1, 16, 256, 400, 1024):
        expected = mean_value_analysis(300, 0.7, users)
        assert network.throughput_rps(users) == pytest.approx(expected)


@pytest.mark.parametrize(("wait_ms", "think_ms"), [(20, 0), (0, 20), (15, 5)])
@pytest.mark.parametrize("cores", [1, 2, 4])
def test_several_cores_are_a_birth_and_death_chain(
    cores: int, wait_ms: float, think_ms: float
) -> None:
    """30 users come to the cores each 20 ms, and leave each core after 3 ms (M/M/m//N)."""
    network = ClosedNetwork(Bound(wait_ms, 3, think_ms, None, cores), 30)
    weights = [1.0]
    for number in range(1, 31):
        weights.append(weights[-1] * (31 - number) / 20 / (min(number, cores) / 3))
    busy = sum(weight * min(number, cores) for number, weight in enumerate(weights))
    assert network.throughput_rps(30) == pytest.approx(1000 * busy / sum(weights) / 3)


def markov_chain(system: Bound, users: int) -> float:
    """Return the exact throughput with exponential waits, pauses and CPU times, on one core.

    A state is how many requests are in the system and how many of those in a slot are at the core.
    """
    slots = system.slots or users
    states = [(n, core) for n in range(users + 1) for core in range(min(n, slots) + 1)]
    number = {state: index for index, state in enumerate(states)}
    flows = np.zeros((len(states), len(states)))

    def flow(here: tuple[int, int], there: tuple[int, int], rate: float) -> None:
        if rate:
            flows[number[here], number[there]] += rate

    for n, core in states:
        flow((n, core), (min(n + 1, users), core), (users - n) / system.think_ms)
        waiting = min(n, slots) - core
        flow((n, core), (n, min(core + 1, min(n, slots))), waiting / system.wait_ms)
        if core:
            flow((n, core), (n - 1, core - 1), 1 / system.cpu_ms)
    balance = flows.T - np.diag(flows.sum(axis=1))
    balance[0] = 1
    shares = np.linalg.solve(balance, np.eye(len(states))[0])
    busy = sum(share for (_, core), share in zip(states, shares, strict=True) if core)
    return 1000 * float(busy) / system.cpu_ms


@pytest.mark.parametrize("slots", [1, 2, 4, 8, 12])
@pytest.mark.parametrize("cpu_ms", [0.5, 2, 8])
def test_slots_that_are_held_during_wait_and_computation_are_solved_within_2_percent(
    slots: int, cpu_ms: float
) -> None:
    """12 users, waits of 10 ms: the second step is exact where slots do not bind, else close."""
    system = Bound(10, cpu_ms, 5, slots, 1)
    predicted = ClosedNetwork(system, 12).throughput_rps(12)
    exact = markov_chain(system, 12)
    assert predicted == pytest.approx(exact, rel=1e-9 if slots == 12 else 0.02)


class Slot(ciw.dists.Distribution):  # type: ignore[misc] # ciw has no types
    """How long a request holds its slot: a constant wait, the queue at the cores, its CPU time.

    Waits are constant, so requests come to the cores in the order in which they got their slots.
    CPU times are exponential, or all alike.
    """

    def __init__(self, system: Bound, alike: bool) -> None:
        self._wait_ms, self._cpu_ms, self._alike = system.wait_ms, system.cpu_ms, alike
        self._free_at = [0.0] * int(system.cores)
        self._random = Random(7)

    def sample(self, t: float | None = None, ind: object = None) -> float:
        """Return the time from `t`, when the request gets its slot."""
        assert t is not None
        heapify(self._free_at)
        begins = max(t + self._wait_ms, self._free_at[0])
        random_ms = self._random.expovariate(1 / self._cpu_ms)
        ends = begins + (self._cpu_ms if self._alike else random_ms)
        heapreplace(self._free_at, ends)
        return ends - t


@dataclass(frozen=True, slots=True)
class Simulated:
    """What a simulation came to."""

    throughput_rps: float
    latency_p95_ms: float


def simulate(system: Bound, users: int, alike: bool, milliseconds: float) -> Simulated:
    """Let users think, queue for a slot and hold it; the first tenth is left out."""
    ciw.seed(3)
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential([0.001, inf]), None],
        batching_distributions=[ciw.dists.Deterministic(users), None],
        service_distributions=[ciw.dists.Exponential(1 / system.think_ms), Slot(system, alike)],
        number_of_servers=[inf, system.slots or users],
        routing=[[0.0, 1.0], [1.0, 0.0]],
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(milliseconds)
    answered = [
        record.exit_date - record.arrival_date
        for record in simulation.get_all_records()
        if record.node == 2 and record.exit_date > milliseconds / 10
    ]
    seconds = 0.9 * milliseconds / 1000
    return Simulated(len(answered) / seconds, float(np.percentile(answered, 95)))


@pytest.mark.parametrize(
    ("system", "users", "alike"),
    [
        (Bound(100, 2, 50, 40, 1), 20, False),  # neither slots nor core bind
        (Bound(100, 2, 50, 40, 1), 20, True),
        (Bound(100, 1, 20, 16, 1), 60, False),  # the slots do
        (Bound(100, 1, 20, 16, 1), 60, True),
        (Bound(100, 4, 20, None, 1), 60, False),  # the core does
        (Bound(100, 4, 20, None, 1), 60, True),
        (Bound(100, 4, 20, 30, 1), 60, False),  # both, almost
        (Bound(100, 8, 20, 40, 2), 60, False),  # two cores, and hardly more slots than they need
        (Bound(0, 3, 60, 4, 1), 16, False),  # computations only
    ],
    ids=str,
)
def test_a_simulation_by_ciw_has_the_predicted_throughput_and_p95(
    system: Bound, users: int, alike: bool
) -> None:
    """Throughput within 3%, p95 within 10%, or 20% where CPU times are all alike."""
    network = ClosedNetwork(system, users)
    simulated = simulate(system, users, alike, 10_000)
    assert network.throughput_rps(users) == pytest.approx(simulated.throughput_rps, rel=0.03)
    p95_ms = network.percentile_ms(users, 0.95)
    assert p95_ms == pytest.approx(simulated.latency_p95_ms, rel=0.2 if alike else 0.1)


def systems() -> Iterator[Bound]:
    """Yield systems of all kinds: waits, CPU times, pauses, slots and cores far apart."""
    for each in product((0, 5, 250), (0.3, 20), (0, 50), (None, 1, 64), (1, 3)):
        wait_ms, cpu_ms, think_ms, slots, cores = each
        yield Bound(wait_ms, cpu_ms, think_ms, slots, cores)


@pytest.mark.parametrize("system", tuple(systems()), ids=str)
def test_a_prediction_respects_the_bounds(system: Bound) -> None:
    """X <= min(N/(D+S+Z), T/(D+S), cores/S), R >= D + S; more users are never served less."""
    network = ClosedNetwork(system, 600)
    rates = [network.throughput_rps(users) for users in (1, 2, 20, 600)]
    for users, rate in zip((1, 2, 20, 600), rates, strict=True):
        assert rate <= system.throughput_rps(users) * (1 + 1e-9)
        assert network.latency_ms(users) >= (system.wait_ms + system.cpu_ms) * (1 - 1e-9)
        shares = (0.5, 0.95, 0.99)
        percentiles = [network.percentile_ms(users, share) for share in shares]
        assert all(less <= more + 1e-9 for less, more in pairwise(percentiles))
        assert percentiles[0] >= system.wait_ms + system.cpu_ms
    assert all(less <= more * (1 + 1e-9) for less, more in pairwise(rates))


def test_a_light_load_takes_its_wait_and_its_computation() -> None:
    """One user queues for nothing."""
    network = ClosedNetwork(Bound(250, 2, 50, 64, 1), 1)
    assert network.latency_ms(1) == pytest.approx(252)
    assert network.percentile_ms(1, 0.95) == pytest.approx(252)


@pytest.mark.parametrize("slots", [None, 512, 10_000])
def test_ten_thousand_users_are_solved(slots: int | None) -> None:
    """Where factorials overflow, the limit of slots or core is reached: T / (D + S), 1 / S."""
    system = Bound(250, 1, 50, slots, 1)
    network = ClosedNetwork(system, 10_000)
    assert network.throughput_rps(10_000) == pytest.approx(1000, rel=1e-3)
    assert network.percentile_ms(10_000, 0.95) == pytest.approx(9_950, rel=0.05)
    slow = ClosedNetwork(replace(system, wait_ms=20_000, think_ms=0, slots=64), 10_000)
    assert slow.throughput_rps(10_000) == pytest.approx(64 / 20.001, rel=1e-3)


def test_a_request_without_cpu_time_is_refused() -> None:
    """There is no queue, and a bound says all that is known."""
    with pytest.raises(ValueError, match="without CPU time"):
        ClosedNetwork(Bound(250, 0, 0, None, 1), 1)


@pytest.mark.parametrize("slots", [None, 16])
def test_the_share_within_a_percentile_is_that_percentile_s(slots: int | None) -> None:
    """95% of the requests take at most their p95, none less than their wait and CPU time."""
    network = ClosedNetwork(Bound(100, 4, 20, slots, 1), 60)
    p95_ms = network.percentile_ms(60, 0.95)
    assert network.share_within(60, p95_ms) == pytest.approx(0.95, abs=0.001)
    assert network.share_within(60, 103.9) == 0
    assert network.share_within(1, 104) == 1


def test_the_most_users_that_meet_are_counted_up_to_a_limit() -> None:
    """Of 100: all, none, and those up to 37."""
    assert most_users(lambda users: True, 100) == 100
    assert most_users(lambda users: False, 100) == 0
    assert most_users(lambda users: users <= 37, 100) == 37
