"""The plain sentences, in every case that a run may end in."""

from collections.abc import Sequence
from dataclasses import replace

from harness.core.bounds import Bound
from harness.core.gate import GateName
from harness.core.plan import Deployment, Plan, Scenario
from harness.core.summary import Sample, Spread
from harness.report.answers import answers
from harness.runs import compare
from tests.support.builders import deployment, plan, sample, scenario

WSGI = deployment("gunicorn", "wsgi", slots=64)
ASGI = deployment("uvicorn", "asgi")
LEVELS = (16, 64, 256)
WAIT = scenario("wait", wait_ms=250)

Ratios = Sequence[float | None]


def three_loads(*deployments: Deployment, scenarios: Sequence[Scenario] = (WAIT,)) -> Plan:
    """Build a plan of three loads."""
    return plan(users=LEVELS, deployments=deployments or (WSGI, ASGI), scenarios=scenarios)


def climb(server: Deployment, *levels: Ratios, flagged: Sequence[int] = ()) -> list[Sample]:
    """Build the staircase of a deployment from its rates in each round, 100/s being WSGI's."""
    return [
        sample(server, users, rates, (GateName.GENERATOR,) if users in flagged else ())
        for users, rates in zip(LEVELS, levels, strict=False)
    ]


def sentences(plan: Plan, samples: Sequence[Sample]) -> tuple[str, ...]:
    """Judge the samples and put it into words."""
    return answers(plan, samples, compare.compare(samples))


SAME, MORE, LESS = (100, 101, 99), (290, 310, 330), (48, 50, 52)
FLAT = climb(WSGI, (100,) * 3, (100,) * 3, (100,) * 3)


def test_the_headline_says_from_how_many_clients_on_asgi_serves_more() -> None:
    """With the amount at the highest load, its range, and where there was no difference."""
    headline = sentences(three_loads(), FLAT + climb(ASGI, SAME, SAME, MORE))[0]
    assert headline == (
        "For `wait` (every request waits 250 ms), uvicorn (ASGI) served more requests per second "
        "than gunicorn (WSGI) at 256 clients: 3.1 times as many (4 users per slot, range 2.9 to "
        "3.3 over 3 rounds). There was no measurable difference at 64 clients and below "
        "(margin 3%)."
    )


def test_several_loads_read_as_some_number_and_above() -> None:
    """The amount then names the load that it was measured at."""
    headline = sentences(three_loads(), FLAT + climb(ASGI, SAME, MORE, MORE))[0]
    assert "at 64 clients and above: 3.1 times as many at 256 clients (4 users" in headline
    assert "There was no measurable difference at 16 clients (margin 3%)." in headline


def test_asgi_that_serves_fewer_is_called_so() -> None:
    """Half the requests at every load, and no word of a crossover."""
    texts = sentences(three_loads(), FLAT + climb(ASGI, LESS, LESS, LESS))
    assert "served fewer requests per second than gunicorn (WSGI) at every load" in texts[0]
    assert "from 16 to 256 clients: 0.50 times as many at 256 clients" in texts[0]
    assert not any("drew ahead" in sentence for sentence in texts)


def test_never_a_difference_is_an_answer_too() -> None:
    """With the loads at which it was looked for, and the ratio."""
    headline = sentences(three_loads(), FLAT + climb(ASGI, SAME, SAME, SAME))[0]
    assert (
        "there was no measurable difference in requests per second between uvicorn (ASGI) and "
        "gunicorn (WSGI) at any load from 16 to 256 clients (margin 3%). "
        "ASGI served 1.00 times as many at 256 clients (4 users per slot, range 0.99 to 1.01 over "
        "3 rounds)."
    ) in headline


def test_a_lead_that_turns_round_is_reported_on_both_sides() -> None:
    """More at few clients, fewer at many."""
    texts = sentences(three_loads(), FLAT + climb(ASGI, MORE, SAME, LESS))
    assert "more requests per second than gunicorn (WSGI) at 16 clients: 3.1" in texts[0]
    assert ", but fewer at 256 clients: 0.50 times as many" in texts[0]
    assert "uvicorn fell behind between 64 and 256 clients" in texts[1]


def test_a_lead_that_comes_and_goes_is_reported_in_stretches() -> None:
    """More, inconclusive, more again: the inconclusive load is not swallowed."""
    headline = sentences(three_loads(), FLAT + climb(ASGI, MORE, SAME, MORE))[0]
    assert ", and more at 256 clients: 3.1" in headline
    assert "There was no measurable difference at 64 clients (margin 3%)." in headline


def test_one_round_decides_nothing() -> None:
    """The ratio stands without a verdict."""
    once = [sample(d, n, (rate,)) for d, rate in ((WSGI, 100), (ASGI, 310)) for n in LEVELS]
    headline = sentences(three_loads(), once)[0]
    assert headline.endswith(
        "in a single round, which decides nothing, uvicorn (ASGI) served 3.1 times as many "
        "requests per second as gunicorn (WSGI) at 256 clients (4 users per slot, one round)."
    )


def test_a_load_of_a_single_round_is_reported_apart() -> None:
    """It neither joins the finding beside it nor counts as no difference."""
    headline = sentences(three_loads(), FLAT + climb(ASGI, SAME, MORE, (310, None, None)))[0]
    assert "at 64 clients: 3.1 times" in headline
    assert "A single round, which decides nothing, was measured at 256 clients." in headline


def test_a_load_at_which_trials_failed_is_named() -> None:
    """The result above and below does not spread over it."""
    failed: Ratios = (None, None, None)
    headline = sentences(three_loads(), FLAT + climb(ASGI, MORE, failed, MORE))[0]
    assert "at 16 clients: 3.1" in headline
    assert "and more at 256 clients: 3.1" in headline
    assert "No comparison was possible at 64 clients." in headline


def test_a_result_on_flagged_trials_says_so() -> None:
    """The load without a flag is cited; the flagged one is named with its gate."""
    headline = sentences(three_loads(), FLAT + climb(ASGI, SAME, MORE, MORE, flagged=(256,)))[0]
    assert "at 64 clients and above: 3.1 times as many at 64 clients" in headline
    assert "The result at 256 clients rests on flagged trials (uvicorn: generator)." in headline


def test_a_result_with_nothing_but_flags_is_marked_where_it_stands() -> None:
    """The word stands beside the number."""
    headline = sentences(three_loads(), FLAT + climb(ASGI, SAME, SAME, MORE, flagged=LEVELS))[0]
    assert "range 2.9 to 3.3 over 3 rounds, flagged)" in headline
    assert "The results at 16, 64 and 256 clients rest on flagged trials" in headline


def test_one_interface_alone_is_not_compared() -> None:
    """The other is missing from the plan."""
    (only,) = sentences(three_loads(WSGI), FLAT)
    assert "nothing can be compared: no ASGI deployment is planned." in only
    assert "gunicorn (WSGI) served the most, 100 requests per second at 16 clients." in only


def test_an_interface_alone_has_its_share_in_time() -> None:
    """Where the scenario says within what time."""
    timed = [
        replace(
            each,
            objective_ms=1000,
            served_by_round=(1.0, 0.999, 1.0),
            served=Spread(1.0, 0.999, 1.0, 3, "range"),
        )
        for each in FLAT
    ]
    (only,) = sentences(three_loads(WSGI), timed)
    assert "100 requests per second at 16 clients, 99.9% to 100.0% of them within 1,000 ms." in only


def test_an_interface_that_never_ran_is_not_compared() -> None:
    """It is in the plan, but has no measurement."""
    (only,) = sentences(three_loads(), climb(ASGI, SAME))
    assert "no WSGI deployment has a measurement" in only


def test_an_interface_that_fails_its_requests_is_not_compared() -> None:
    """It answered more; what it lacks is a load without failures."""
    failing = sample(ASGI, 16, (900, 900), gates=(GateName.ERRORS,))
    (only,) = sentences(three_loads(), [*FLAT, failing])
    assert (
        "no ASGI deployment has a load at which at most 1% of its requests failed. gunicorn" in only
    )


def test_a_run_without_measurements_says_so() -> None:
    """Every trial failed."""
    (only,) = sentences(three_loads(), climb(ASGI, (None,)))
    assert only.endswith("nothing can be compared: no deployment has a measurement.")


def test_sides_that_never_met_are_not_compared() -> None:
    """Each has measurements, but of different rounds."""
    samples = [sample(WSGI, 16, (100, None)), sample(ASGI, 16, (None, 100))]
    assert (
        "were never measured at the same load in the same round"
        in sentences(three_loads(), samples)[0]
    )


def test_the_slots_are_set_beside_the_crossover() -> None:
    """Within the step from the last load without to the first with a lead, below it or above."""
    samples = climb(ASGI, SAME, SAME, MORE)
    for slots, place in ((64, "within"), (100, "within"), (4, "below"), (500, "above")):
        server = deployment("gunicorn", "wsgi", slots=slots)
        flat = climb(server, (100,) * 3, (100,) * 3, (100,) * 3)
        assert sentences(three_loads(server, ASGI), flat + samples)[1] == (
            f"For `wait`, uvicorn drew ahead between 64 and 256 clients "
            f"(the {slots} slots of gunicorn are {place} that step)."
        )


def test_no_slots_are_named_where_there_is_no_limit() -> None:
    """An unbounded reference has a crossover all the same."""
    server = deployment("gevent", "wsgi")
    flat = climb(server, (100,) * 3, (100,) * 3, (100,) * 3)
    texts = sentences(three_loads(server, ASGI), flat + climb(ASGI, SAME, SAME, MORE))
    assert texts[1] == "For `wait`, uvicorn drew ahead between 64 and 256 clients."


def test_the_latency_at_the_top_is_reported_for_both_sides() -> None:
    """From the p95 of the highest load that both have."""
    # p95 = 1000 N / X: 256,000 / 310 = 826 ms beside 256,000 / 100 = 2,560 ms.
    texts = sentences(three_loads(), FLAT + climb(ASGI, SAME, SAME, MORE))
    assert texts[2].startswith(
        "For `wait`, the best p95 at 256 clients was 826 ms with uvicorn (ASGI) and 2,560 ms with "
        "gunicorn (WSGI): ASGI took 0.32 times as long (4 users per slot, range 0.30 to 0.34 over"
    )


def test_throughput_and_p95_each_name_their_own_best() -> None:
    """One WSGI deployment serves the most, another has the shortest p95."""
    few = deployment("few", "wsgi", slots=4)
    # p95 = 1000 N / X, but for the one that serves a little more and lets requests wait.
    crowded = [
        replace(
            each, metrics=each.metrics | {"latency_p95_ms": Spread(9_000, 8_000, 9_900, 3, "range")}
        )
        for each in climb(few, (110,) * 3, (110,) * 3, (110,) * 3)
    ]
    texts = sentences(
        three_loads(few, WSGI, ASGI), [*crowded, *FLAT, *climb(ASGI, MORE, MORE, MORE)]
    )
    assert "uvicorn (ASGI) served more requests per second than few (WSGI)" in texts[0]
    assert any("and 2,560 ms with gunicorn (WSGI): ASGI took" in text for text in texts)


def test_deployments_that_are_level_are_said_to_be() -> None:
    """A third of a percent chooses nobody: the first of the plan stands for both, in every run."""
    other = deployment("other", "wsgi", slots=64)
    ahead = climb(other, *[(100.3, 101.3, 99.3)] * 3)
    behind = climb(other, *[(99.7, 100.7, 98.7)] * 3)
    for rates in (ahead, behind):
        texts = sentences(
            three_loads(WSGI, other, ASGI), [*FLAT, *rates, *climb(ASGI, *[MORE] * 3)]
        )
        assert "than gunicorn (WSGI, level with other) at every load" in texts[0]


def test_more_slots_are_set_beside_fewer_and_beside_what_a_core_can_use() -> None:
    """Each two neighbours at the highest load that both climbed; 1 + 250 / 0.8 = 313.5 slots."""
    many = deployment("many", "wsgi", slots=400)
    bound = Bound(wait_ms=250, cpu_ms=0.8, think_ms=0, slots=400, cores=1)
    filled = [replace(each, bound=bound) for each in climb(many, *[MORE] * 3)]
    texts = sentences(
        three_loads(WSGI, many, ASGI), [*FLAT[:2], *filled, *climb(ASGI, SAME, SAME, MORE)]
    )
    (text,) = (each for each in texts if "more slots" in each)
    # p95 = 64,000 / 310 = 206 ms beside 640 ms.
    assert text == (
        "For `wait`, with more slots, many (0.16 users per slot) served 3.1 times as many as "
        "gunicorn (1 user per slot) at 64 clients (range 2.9 to 3.3 over 3 rounds), with a p95 of "
        "206 ms beside 640 ms. By theory (1 + D / S), a core that spends 0.8 ms on a request that "
        "waits 250 ms is full from 314 slots on."
    )


def test_as_many_slots_are_not_more_slots() -> None:
    """Of two servers with 64 slots each the plan's first is set beside the one with 400."""
    twin, many = deployment("twin", "wsgi", slots=64), deployment("many", "wsgi", slots=400)
    rates = [*FLAT[:2], *climb(twin, *[SAME] * 3), *climb(many, *[MORE] * 3)]
    texts = sentences(three_loads(WSGI, twin, many, ASGI), [*rates, *climb(ASGI, SAME, SAME, MORE)])
    (text,) = (each for each in texts if "more slots" in each)
    assert "many (0.16 users per slot) served" in text
    assert "twin" not in text


def test_other_asgi_deployments_meet_the_same_reference() -> None:
    """In one sentence: who served more, who fewer, who showed no difference."""
    slow, like = deployment("slow", "asgi"), deployment("like", "asgi")
    samples = [
        *FLAT,
        *climb(ASGI, SAME, SAME, MORE),
        *climb(slow, SAME, LESS, LESS),
        *climb(like, SAME, SAME, SAME),
    ]
    assert sentences(three_loads(WSGI, ASGI, slow, like), samples)[-1] == (
        "For `wait`, compared with the same gunicorn, slow served fewer at 64 clients and above "
        "(0.50 times as many at 256 clients, 4 users per slot); like showed no measurable "
        "difference at any load from 16 to 256 clients."
    )


def test_claims_of_all_scenarios_come_before_the_details() -> None:
    """The first is about the plan's first scenario; a scenario without settings has no brackets."""
    plain = scenario("plain")
    there = [
        sample(server, n, (rate,) * 3, scenario="plain")
        for server, rate in ((WSGI, 100), (ASGI, 50))
        for n in LEVELS
    ]
    both = three_loads(scenarios=(WAIT, plain))
    first, second, *_ = sentences(both, FLAT + climb(ASGI, SAME, SAME, MORE) + there)
    assert first.startswith("For `wait` (every request waits 250 ms), uvicorn")
    assert second.startswith("For `plain`, uvicorn (ASGI) served fewer")


def test_five_rounds_are_reported_with_an_interval() -> None:
    """The amount then has no range."""
    flat = climb(WSGI, (100,) * 5, (100,) * 5, (100,) * 5)
    same, more = (100, 101, 99, 102, 98), (290, 300, 310, 320, 330)
    headline = sentences(three_loads(), flat + climb(ASGI, same, same, more))[0]
    # Logarithms of 2.9 ... 3.3: mean 1.1301, standard error 0.02286; x 2.776 = 0.0635, so
    # e^(1.1301 -+ 0.0635) = 2.91 to 3.30.
    assert headline.endswith(
        "at 256 clients: 3.1 times as many (4 users per slot, 95% interval 2.9 to 3.3 over 5 "
        "rounds). There was no measurable difference at 64 clients and below (margin 3%)."
    )


def test_a_difference_that_counting_explains_is_none() -> None:
    """The whole range lies beyond 3%, but of some 20 requests a round."""
    # 8 s at 2.5/s and 2.2/s are 20 and 17.6 answers: 2 sqrt((1/20 + 1/17.6) / 3) = 0.38 > ln 1.14.
    flat = climb(WSGI, (2.2,) * 3, (100,) * 3, (100,) * 3)
    headline = sentences(three_loads(), flat + climb(ASGI, (2.5,) * 3, SAME, MORE))[0]
    assert (
        "There was no measurable difference at 64 clients and below (margin 3%; too few requests "
        "at 16 clients to rule out chance)."
    ) in headline


def test_another_label_of_the_same_deployment_is_no_rival() -> None:
    """What two labels differ by is noise; each deployment is named once."""
    twin, slow, slower = (deployment(name, "asgi") for name in ("twin", "slow", "slower"))
    twin = twin.model_copy(update={"command": ASGI.command})
    slower = slower.model_copy(update={"command": slow.command})
    samples = [
        *FLAT,
        *climb(ASGI, SAME, SAME, MORE),
        *climb(twin, SAME, SAME, MORE),
        *climb(slow, SAME, LESS, LESS),
        *climb(slower, SAME, LESS, LESS),
    ]
    assert sentences(three_loads(WSGI, ASGI, twin, slow, slower), samples)[-1] == (
        "For `wait`, compared with the same gunicorn, slow served fewer at 64 clients and above "
        "(0.50 times as many at 256 clients, 4 users per slot)."
    )


def test_steps_that_only_one_side_climbs_are_not_missed() -> None:
    """Uvicorn was not to climb the 16 clients: they are not mentioned."""
    only = WAIT.model_copy(update={"only": {"uvicorn": (64.0, 256.0)}})
    samples = FLAT + climb(ASGI, SAME, SAME, MORE)[1:]
    headline = sentences(three_loads(scenarios=(only,)), samples)[0]
    assert headline.endswith(
        "at 256 clients: 3.1 times as many (4 users per slot, range 2.9 to 3.3 over 3 rounds). "
        "There was no measurable difference at 64 clients (margin 3%)."
    )


def test_a_deployment_that_a_scenario_is_not_run_against_is_not_mentioned() -> None:
    """It is no rival that could not be judged."""
    slow = deployment("slow", "asgi")
    limited = WAIT.model_copy(update={"deployments": ("gunicorn", "uvicorn")})
    samples = FLAT + climb(ASGI, SAME, SAME, MORE)
    texts = sentences(three_loads(WSGI, ASGI, slow, scenarios=(limited,)), samples)
    assert not any("slow" in line for line in texts)
