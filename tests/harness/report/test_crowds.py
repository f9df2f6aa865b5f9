"""What the report says of servers that answered in bursts."""

from dataclasses import replace

from harness.core.record import Record
from harness.report.crowds import sentences
from tests.support.builders import SMALL, records


def crowded(record: Record) -> Record:
    """Let uvicorn answer in bursts from 16 users on."""
    bursts = record.trial.deployment == "uvicorn" and record.trial.users >= 16
    share = 0.3 if bursts else 1.0
    return replace(record, extra=replace(record.extra, gaps_share=share, crowd_share=share))


def test_a_server_that_answers_in_bursts_is_named_once_with_its_loads() -> None:
    """Three rounds of two loads are one sentence."""
    assert sentences(map(crowded, records(SMALL))) == (
        "For `wait`, uvicorn answered in bursts at 16 and 256 clients, and clients asked again in "
        "bursts: that is the server's doing, and part of its latency.",
    )


def test_independent_clients_are_no_finding() -> None:
    """Nor are those of an earlier version, whose rows have no such share."""
    assert sentences(records(SMALL)) == ()
