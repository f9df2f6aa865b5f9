"""The answer in three short sentences, in every case that a run may end in."""

from collections.abc import Sequence
from dataclasses import replace

from harness.core.gate import GateName
from harness.core.plan import Deployment, Load, Objective, Plan
from harness.core.statistics import spread
from harness.core.summary import Attainment, Sample, Summary
from harness.report.in_short import FLAGGED, TRUSTED, sentences
from harness.runs import compare
from tests.support.builders import deployment, plan, sample, scenario

WSGI = deployment("gunicorn", "wsgi", slots=64)
ASGI = deployment("uvicorn", "asgi")
LEVELS = (16, 64, 256)
WAIT = scenario("wait", wait_ms=250)
PLAN = plan(users=LEVELS, deployments=(WSGI, ASGI), scenarios=(WAIT,))

SAME, MORE, LESS = (100, 101, 99), (290, 310, 330), (48, 50, 52)


def climb(server: Deployment, *levels: Sequence[float], flagged: int = 0) -> list[Sample]:
    """Build the staircase of a deployment from its rates in each round, one load of it flagged."""
    return [
        sample(server, users, rates, (GateName.GENERATOR,) if users == flagged else ())
        for users, rates in zip(LEVELS, levels, strict=True)
    ]


FLAT = climb(WSGI, (100,) * 3, (100,) * 3, (100,) * 3)


def short(samples: Sequence[Sample], of: Plan = PLAN) -> tuple[str, ...]:
    """Put samples into short sentences."""
    comparisons = compare.compare(samples)
    return sentences(of, Summary("run", "plan", {}, 3, tuple(samples), comparisons, (), ()))


def test_who_is_ahead_by_how_much_from_which_load_and_how_sure() -> None:
    """The amount is that of the highest load at which one side was ahead."""
    assert short(FLAT + climb(ASGI, SAME, MORE, MORE)) == (
        "In `wait` (every request waits 250 ms), uvicorn (ASGI) served 3.1 times as many requests "
        "per second as gunicorn (WSGI) at 256 clients.",
        "It served more at 64 clients and above; there was no measurable difference at 16 clients.",
        f"How sure: range 2.9 to 3.3 over 3 rounds; {TRUSTED}.",
    )


def test_a_lead_that_turns_round_is_told_on_both_sides() -> None:
    """Half as many below, three times as many at the top."""
    _, rest, _ = short(FLAT + climb(ASGI, LESS, SAME, MORE))
    assert rest == (
        "There was no measurable difference at 64 clients; it served fewer at 16 clients."
    )


def test_a_lead_at_a_single_load_leaves_nothing_to_add_where_others_are_missing() -> None:
    """The best p95 stands there instead: 256 users at 310/s are 826 ms, at 100/s 2,560 ms."""
    _, rest, _ = short([FLAT[2], *climb(ASGI, SAME, SAME, MORE)[2:]])
    assert rest == (
        "The best p95 at 256 clients was 826 ms with uvicorn (ASGI) and 2,560 ms with gunicorn "
        "(WSGI)."
    )


def test_without_a_difference_the_latency_is_the_answer() -> None:
    """With the ratio that says how sure that is."""
    claim, latency, certainty = short(FLAT + climb(ASGI, SAME, SAME, SAME))
    assert claim == (
        "In `wait` (every request waits 250 ms), uvicorn (ASGI) and gunicorn (WSGI) showed no "
        "measurable difference in requests per second at any load from 16 to 256 clients."
    )
    assert latency.startswith("The best p95 at 256 clients was 2,560 ms with uvicorn (ASGI)")
    assert certainty == (
        f"How sure: 1.00 times as many at 256 clients, range 0.99 to 1.01 over 3 rounds; {TRUSTED}."
    )


def test_level_sides_leave_room_for_what_fewer_slots_cost() -> None:
    """Whoever runs WSGI with 64 threads does not have its best: 310 / 100 at 256 clients."""
    many = deployment("many", "wsgi", slots=400)
    rivals = climb(many, SAME, MORE, MORE) + climb(ASGI, SAME, MORE, MORE)
    of = plan(users=LEVELS, deployments=(WSGI, many, ASGI), scenarios=(WAIT,))
    claim, slots, _ = short(FLAT + rivals, of)
    assert "uvicorn (ASGI) and many (WSGI) showed no measurable difference" in claim
    assert slots == (
        "With fewer slots (workers x threads) WSGI fell behind: many served 3.1 times as many as "
        "gunicorn at 256 clients."
    )
    _, latency, _ = short(climb(WSGI, SAME, SAME, SAME, flagged=256) + rivals, of)
    assert latency.startswith("The best p95 at 256 clients was")


def test_what_rests_on_flagged_trials_says_so() -> None:
    """The report has the reason."""
    *_, certainty = short(FLAT + climb(ASGI, SAME, MORE, MORE, flagged=256))
    # Of several loads with the same finding, the highest without a flag is the evidence.
    assert certainty == f"How sure: range 2.9 to 3.3 over 3 rounds; {TRUSTED}."
    *_, certainty = short(FLAT + climb(ASGI, SAME, SAME, MORE, flagged=256))
    assert certainty.endswith(f"; {FLAGGED}.")


def test_one_round_decides_nothing() -> None:
    """It is said instead of a range."""
    once = climb(WSGI, (100,), (100,), (100,)) + climb(ASGI, (100,), (100,), (300,))
    claim, _, certainty = short(once)
    assert claim.endswith(
        "served 3.0 times as many requests per second as gunicorn (WSGI) at 256 clients."
    )
    assert certainty == f"One round decides nothing; {TRUSTED}."


def test_the_share_in_time_is_the_answer_of_a_scenario_that_has_one() -> None:
    """The best and the worst; both of several rounds."""
    timed = [
        replace(each, objective_ms=500, served=spread(shares), served_by_round=tuple(shares))
        for each, shares in zip(
            FLAT[2:] + climb(ASGI, SAME, SAME, SAME)[2:],
            ([0.2, 0.3, 0.4], [1.0, 1.0, 1.0]),
            strict=True,
        )
    ]
    _, share, _ = short(timed)
    assert share == (
        "Within 500 ms, uvicorn served 100.0% of its requests at 256 clients, gunicorn 20.0% to "
        "40.0%."
    )


def test_one_interface_alone_has_the_sentence_of_the_whole_answer() -> None:
    """There is nothing to compare."""
    (only,) = short(FLAT, plan(users=LEVELS, deployments=(WSGI,), scenarios=(WAIT,)))
    assert "nothing can be compared: no ASGI deployment is planned" in only


def test_an_open_loop_is_answered_by_its_latency() -> None:
    """At the highest rate that was offered."""
    rates = Load(rates_rps=(50, 200), settle_s=1, measure_s=2)
    opened = PLAN.model_copy(update={"load": rates})
    offered = [
        replace(each, model="open", rate_rps=200.0)
        for each in FLAT[2:] + climb(ASGI, SAME, SAME, MORE)[2:]
    ]
    assert short(offered, opened) == (
        "In `wait` (open loop), the best p95 at 200 requests/s was 826 ms with uvicorn (ASGI) and "
        "2,560 ms with gunicorn (WSGI).",
    )


def test_what_is_held_comes_first_where_an_objective_was_missed() -> None:
    """Then who served more, and how sure that is; further labels of a deployment have no part."""
    aimed = WAIT.model_copy(update={"objective": Objective(p95_ms=500)})
    again = ASGI.model_copy(update={"name": "uvicorn-again"})
    samples = FLAT + climb(ASGI, SAME, SAME, MORE)
    attained = (
        Attainment("wait", "gunicorn", 64, 256, False, 100, 300),
        Attainment("wait", "uvicorn", 256, None, False, 310),
        Attainment("wait", "uvicorn-again", 256, None, False, 310),
        Attainment("other", "gunicorn", 64, 256, False, 100, 300),
    )
    comparisons = compare.compare(samples)
    summary = Summary("run", "plan", {}, 3, tuple(samples), comparisons, (), ())
    whole = plan(users=LEVELS, deployments=(WSGI, ASGI, again), scenarios=(aimed,))
    held, claim, certainty = sentences(whole, replace(summary, attainments=attained))
    assert held == (
        "`wait` meets p95 <= 500 ms up to 310 requests/s or more with uvicorn, 100 with gunicorn "
        "(not 300)."
    )
    assert claim.startswith(
        "In `wait` (every request waits 250 ms), uvicorn (ASGI) served 3.1 times as many"
    )
    assert certainty.startswith("How sure: ")


def test_a_run_without_measurements_says_so() -> None:
    """And nothing else."""
    assert short(()) == ("Nothing was measured.",)


def test_a_scenario_that_was_not_measured_leaves_its_place_to_the_next() -> None:
    """As in a run that was stopped early."""
    both = plan(users=LEVELS, deployments=(WSGI, ASGI), scenarios=(scenario("first"), WAIT))
    assert short(FLAT + climb(ASGI, SAME, SAME, MORE), both)[0].startswith("In `wait` (")


def test_sentences_are_short_and_at_most_three() -> None:
    """Thirty words are read in one go."""
    for levels in ((SAME, SAME, SAME), (LESS, SAME, MORE), (SAME, MORE, MORE), (LESS, LESS, LESS)):
        answer = short(FLAT + climb(ASGI, *levels))
        assert len(answer) <= 3
        assert all(len(each.split()) <= 30 for each in answer), answer
