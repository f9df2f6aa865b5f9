"""What a run does not show, what else differs, and what is missing."""

from dataclasses import replace

from harness.core.gate import Doubt, GateName
from harness.core.metrics import Measurement
from harness.core.plan import Plan
from harness.core.summary import Sample
from harness.report.limitations import limits, missing_results, unequal
from harness.runs import compare, summarise
from tests.support import builders
from tests.support.builders import deployment, plan, records

WSGI = deployment("gunicorn", "wsgi", slots=64)
ASGI = deployment("uvicorn", "asgi", views="async")


def samples(plan: Plan) -> tuple[Sample, ...]:
    """Condense a run in which everything was measured."""
    return summarise.summarise("run", plan, {}, records(plan)).samples


def test_limits_are_derived_from_the_run() -> None:
    """Rounds, cores, load steps and the empty percentiles are this run's."""
    text = " ".join(limits(plan(rounds=3), {"server_cores": "2"}, samples(plan())))
    # Three rounds agree by chance in 2 x (1/2)^3 = 1/4 of all cases.
    for words in (
        "server on 2 cores",
        "3 rounds",
        "one load in 4",
        "for 8 s at most",
        "fewer than 500 requests",
    ):
        assert words in text


def test_servers_that_are_asked_by_tls_are_a_limit_of_their_own() -> None:
    """Where one has a certificate, "no TLS" would be wrong."""
    sealed = ASGI.model_copy(update={"command": (*ASGI.command, "--cert={certificate}")})
    plain, encrypted = plan(deployments=(WSGI, ASGI)), plan(deployments=(WSGI, sealed))
    assert any("no TLS" in limit for limit in limits(plain, {}, ()))
    (reached,) = (limit for limit in limits(encrypted, {}, ()) if "loopback" in limit)
    assert "uvicorn by TLS" in reached and "no TLS" not in reached


def test_more_processes_of_the_generator_than_its_cores_are_a_limit() -> None:
    """Two processes on one core beside the server's; on two of three cores they are none."""
    built = plan()
    many = built.model_copy(update={"load": built.load.model_copy(update={"processes": 2})})

    def text(cores: str) -> str:
        return " ".join(limits(many, {"cores": cores, "server_cores": "1"}, ()))

    assert "2 processes of Locust shared 1 core:" in text("2")
    assert "processes of Locust" not in text("3")
    assert "processes of Locust" not in " ".join(limits(built, {}, ()))


def test_views_that_nobody_names_do_not_differ() -> None:
    """They belong to the suite's own application; one that names them differs from one without."""
    nameless = [server.model_copy(update={"views": None}) for server in (WSGI, ASGI)]
    assert not any("Views" in text for text in unequal(plan(deployments=nameless), ()))
    some = unequal(plan(deployments=(nameless[0], ASGI)), ())
    assert "Views: none (gunicorn); async (uvicorn)." in some


def test_a_single_round_is_a_limit_of_its_own() -> None:
    """It has no range at all."""
    text = " ".join(limits(plan(rounds=1), {}, ()))
    assert "every comparison is inconclusive" in text
    assert "server on 1 core:" in text


def test_percentiles_that_are_all_there_are_no_limit() -> None:
    """p99 is not mentioned where no sample lacks it."""
    busy = plan(users=(256,), scenarios=builders.SCENARIOS[1:])
    assert not any("p99" in limit for limit in limits(busy, {}, samples(busy)))


def test_slots_views_and_commands_that_differ_are_listed() -> None:
    """Each with the deployments that have it."""
    lines = unequal(plan(deployments=(WSGI, ASGI)), ())
    assert lines == (
        "Slots: 64 (gunicorn); unbounded (uvicorn).",
        "Views: sync (gunicorn); async (uvicorn).",
        "Command of gunicorn: `{python} -m gunicorn`",
        "Command of uvicorn: `{python} -m uvicorn`",
    )


def test_an_environment_that_differs_is_listed() -> None:
    """A deployment without one is said to have none."""
    tuned = WSGI.model_copy(update={"environment": {"WEB": "1"}, "name": "tuned"})
    assert "Environment: none (gunicorn); WEB=1 (tuned)." in unequal(
        plan(deployments=(WSGI, tuned)), ()
    )


def test_versions_that_the_plan_names_are_listed_as_such() -> None:
    """And not as settings that should have been the same."""
    old = WSGI.model_copy(update={"requirements": ("gunicorn==26.0.0",), "name": "old"})
    served = {
        "gunicorn": {"python": "3.11", "packages": "gunicorn 27.0.1"},
        "old": {"python": "3.11", "packages": "gunicorn 26.0.0"},
    }
    assert unequal(plan(deployments=(WSGI, old)), (), served) == (
        "Version: gunicorn is 27.0.1 (gunicorn); 26.0.0 (old).",
    )


def test_a_deployment_alone_has_nothing_to_differ_from() -> None:
    """No slots, no views, no command."""
    assert unequal(plan(deployments=(WSGI,)), ()) == ()


def test_a_server_without_keep_alive_is_named_from_its_connections() -> None:
    """gunicorn-sync opens a connection per request; the others one per client."""
    lines = unequal(plan(), samples(plan()))
    assert "Keep-alive: gunicorn-sync opened about one connection per request." in lines


def test_first_connections_are_no_missing_keep_alive() -> None:
    """A client that sends two requests opens half a connection per request, and is not judged."""
    # At 1,024 users and 250 ms of wait, 64 slots serve 255/s x 8 s: two requests per client.
    crowded = plan(users=(1024,), scenarios=builders.SCENARIOS[:1])
    assert not any("Keep-alive" in line for line in unequal(crowded, samples(crowded)))


def test_a_whole_run_has_no_missing_results() -> None:
    """Every trial of the plan has a measurement."""
    assert missing_results(plan(), records(plan())) == ()


def test_trials_that_failed_or_never_began_are_missing_results() -> None:
    """A failed one says why; one that was never begun has no record."""
    small = plan(rounds=2, users=(1,), deployments=(WSGI,), scenarios=builders.SCENARIOS[:1])
    (first, _) = records(small, cpu_ms={"gunicorn": 1})
    died = replace(
        first, measurement=Measurement(), doubts=(Doubt(GateName.FAILED, "server died: code 1"),)
    )
    assert missing_results(small, [died]) == (
        "`wait`, gunicorn, 1 client, round 1: failed: server died: code 1",
        "`wait`, gunicorn, 1 client, round 2: no record",
    )


def test_intervals_have_a_limit_of_their_own() -> None:
    """Of 95% intervals 1 in 20 misses, whatever the number of rounds."""
    text = " ".join(limits(plan(rounds=5), {}, ()))
    assert "one load in 20" in text
    assert "under 5 rounds" in text
    assert "one load in 16" not in text


def test_one_command_under_two_names_is_listed_once() -> None:
    """Labels of one deployment have nothing that differs."""
    again = WSGI.model_copy(update={"name": "again"})
    assert unequal(plan(deployments=(WSGI, again)), ()) == ()
    commands = [
        line for line in unequal(plan(deployments=(WSGI, again, ASGI)), ()) if "Com" in line
    ]
    assert commands == [
        "Command of gunicorn, again: `{python} -m gunicorn`",
        "Command of uvicorn: `{python} -m uvicorn`",
    ]


def test_a_deployment_that_a_scenario_is_not_run_against_is_no_missing_result() -> None:
    """Nothing was planned there, so nothing is missing."""
    limited = builders.SCENARIOS[0].model_copy(update={"deployments": ("uvicorn",)})
    partial = plan(deployments=(WSGI, ASGI), scenarios=(limited, builders.SCENARIOS[1]))
    kept = records(partial, cpu_ms={"gunicorn": 1.0, "uvicorn": 1.0})
    assert missing_results(partial, kept) == ()
    assert {r.trial.deployment for r in kept if r.trial.scenario == "wait"} == {"uvicorn"}
    lines = missing_results(partial, ())
    assert len(lines) == 3 * len(builders.USERS) * 3


def test_a_step_that_a_deployment_does_not_climb_is_no_missing_result() -> None:
    """It was not planned for it, and is missed of the other alone."""
    limited = builders.SCENARIOS[0].model_copy(update={"only": {"uvicorn": (1.0, 16.0)}})
    partial = plan(rounds=1, deployments=(WSGI, ASGI), scenarios=(limited,))
    lines = missing_results(partial, ())
    assert [line for line in lines if "uvicorn" in line] == [
        "`wait`, uvicorn, 1 client, round 1: no record",
        "`wait`, uvicorn, 16 clients, round 1: no record",
    ]
    assert len(lines) == 2 + len(builders.USERS)


def test_ratios_that_lost_a_round_are_counted_with_the_rounds_they_have() -> None:
    """Of two ratios of three rounds those at eight users have two: by chance one in 2."""
    comparisons = compare.compare(
        [
            builders.sample(ASGI, 8, (20, None, 22)),
            builders.sample(WSGI, 8, (10, 11, 12)),
            builders.sample(ASGI, 64, (20, 21, 22)),
            builders.sample(WSGI, 64, (10, 11, 12)),
        ]
    )
    three, two = (plan(rounds=rounds, deployments=(WSGI, ASGI)) for rounds in (3, 2))
    text = " ".join(limits(three, {}, (), comparisons))
    # Throughput and p95 at each load.
    assert (
        "Of 4 ratios 2 rest on fewer rounds, as a round failed on either side, the least on 2 "
        "rounds: by chance up to one in 2."
    ) in text
    assert "rest on fewer" not in " ".join(limits(two, {}, (), comparisons[:2]))


def test_rounds_that_were_never_planned_are_not_lost() -> None:
    """Uvicorn was to have one round, and had it."""
    wait = builders.SCENARIOS[0].model_copy(update={"rounds": {"uvicorn": 1}})
    once = plan(rounds=3, deployments=(WSGI, ASGI), scenarios=(wait,))
    samples = [builders.sample(ASGI, 8, (20, None, None)), builders.sample(WSGI, 8, (10, 11, 12))]
    assert "rest on fewer" not in " ".join(limits(once, {}, (), compare.compare(samples)))


def test_settings_that_differ_are_among_what_else_differs() -> None:
    """As they were allowed to."""
    served = {"gunicorn": {"DEBUG": "False"}, "uvicorn": {"DEBUG": "True"}}
    lines = unequal(plan(deployments=(WSGI, ASGI)), (), served)
    assert lines[0] == "Settings: DEBUG is False (gunicorn); True (uvicorn)."
