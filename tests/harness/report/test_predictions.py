"""How well the model predicts, in sentences and rows."""

from dataclasses import replace

from harness.core.bounds import Bound
from harness.core.prediction import Cause, Prediction, StepPrediction
from harness.core.record import Record
from harness.core.summary import StopTally, Summary
from harness.report.narrate import narrate
from harness.report.predictions import HEADINGS, rows, sentences
from harness.runs.predictions import P95, THROUGHPUT
from tests.support.builders import SMALL, records, summary


def step(
    users: int, rate: float, p95: float, causes: tuple[Cause, ...] = (), cpu_ms: float = 1.3
) -> StepPrediction:
    """Build a load step with the errors of its throughput and its p95."""
    errors = {THROUGHPUT: rate, P95: p95}
    misses = tuple(name for name, error in errors.items() if causes and abs(error) > 0.1)
    return StepPrediction(
        users, {THROUGHPUT: 769.2, P95: 370.0}, errors, misses, causes, cpu_ms, "flagged" in causes
    )


def a_run(*steps: StepPrediction, threads: int = 6, collections: int = 0) -> Summary:
    """Build a run in which S of uvicorn at 16 clients predicts its other load steps."""

    def measure(record: Record) -> Record:
        count = 6 if record.trial.users == 16 else threads
        return replace(record, measurement=replace(record.measurement, server_threads=count))

    prediction = Prediction("wait", "uvicorn", Bound(250, 1.3, 0, None, 1), 16, True, steps)
    stops = StopTally("wait", "uvicorn", "asgi", 3, collections, collections, 80.0)
    return replace(summary(measure), predictions=(prediction,), stopped=(stops,))


def test_a_scenario_has_a_sentence_on_how_many_steps_were_predicted() -> None:
    """The median of 1% and 3% is 2%, of 2% and 4% it is 3%; the step of S does not count."""
    steps = (step(1, 0.01, -0.02), step(16, 0.09, 0.09), step(256, -0.03, 0.04))
    assert sentences(a_run(*steps)) == (
        "For `wait`, a model of waits, slots, cores and pauses, with the CPU time per request of "
        "one load step of each deployment (S), predicts throughput within 10% at 2 of 2 other load "
        "steps (median error 2.0%) and p95 latency within 10% at 2 of 2 other load steps (median "
        "error 3.0%).",
    )


def test_where_it_fails_the_report_says_why_by_the_figures_of_the_step() -> None:
    """The CPU time that a request took there beside S, and once what each cause means."""
    costly = step(256, 0.2, -0.31, ("more CPU", "delays"), 1.6)
    _, failure, more, delays, even = sentences(a_run(step(1, -0.3, 7.5, ("even",)), costly))
    assert failure == (
        "For `wait`, the model fails at 1 client of uvicorn (throughput -30%, p95 latency 8.5 "
        "times: even); at 256 clients of uvicorn (throughput +20%, p95 latency -31%: more CPU "
        "(1.60 ms instead of 1.30 ms), delays)."
    )
    assert more.startswith("The cause `more CPU`: a request takes more CPU time than where S was")
    assert delays.startswith("The cause `delays`: requests take longer than")
    assert even.startswith("The cause `even`: latency varies less than")


def test_many_more_threads_and_collections_are_named_where_they_may_be_the_cause() -> None:
    """Threads where a request took more CPU time, collections where a probe noted them."""
    costly = step(256, 0.2, 0.0, ("more CPU",), 1.6)
    _, failure, _ = sentences(a_run(costly, threads=1312, collections=7))
    assert ", 1,312 threads instead of 6, stopped by the garbage collector 7 times" in failure
    flagged = step(256, 0.2, 0.0, ("flagged",))
    _, failure, _ = sentences(a_run(flagged, threads=1312, collections=7))
    assert failure.endswith("256 clients of uvicorn (throughput +20%: flagged).")


def test_each_step_has_a_row_with_what_is_predicted_its_error_and_why() -> None:
    """An error that nobody could judge is empty."""
    failing = step(256, 0.2, 1.2, ("more CPU", "delays"), 1.6)
    unjudged = replace(step(1, 0, 0), errors={})
    why = "more CPU (1.60 ms instead of 1.30 ms), delays"
    first, second = rows(a_run(unjudged, failing), "wait")
    assert first == ("uvicorn", "1", "", "1.30", "16", "769", "", "370 ms", "", "")
    assert second == ("uvicorn", "256", "", "1.30", "16", "769", "+20%", "370 ms", "2.2 times", why)
    assert len(HEADINGS) == len(second)


def test_nothing_is_said_where_nothing_is_predicted_or_could_be_judged() -> None:
    """No sentence, no row; a step without errors has its row alone."""
    assert narrate(summary(), SMALL, records(SMALL)).model == ()
    assert rows(summary(), "wait") == ()
    assert sentences(a_run(replace(step(256, 0, 0), errors={}))) == ()
