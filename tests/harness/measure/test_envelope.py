"""The envelope, from points made by hand."""

from dataclasses import replace

import pytest

from harness.measure.envelope import Envelope
from tests.support.envelopes import percentile, point

LOW, MIDDLE, HIGH = point(400, 64), point(1_200, 256, 2, -6), point(1_500, 512, 7)


@pytest.mark.parametrize(
    ("true_ms", "error_ms", "right"),
    [
        (20, 5, True),  # 25%, but 5 ms
        (20, -5, True),
        (20, 5.1, False),
        (400, 20, True),  # 5% of 400 ms
        (400, 20.1, False),
        (400, -20.1, False),
    ],
)
def test_a_percentile_is_right_within_5_percent_or_5_ms(
    true_ms: float, error_ms: float, right: bool
) -> None:
    """Whichever is more, to either side, of what was stamped and not of what was intended."""
    assert percentile(true_ms, error_ms).right is right


def test_an_error_is_a_share_of_the_truth() -> None:
    """Reporting 204 ms of 200 is 2% too much; 1,000 of 1,250 requests/s are 20% too few."""
    assert percentile(200, 4).error_share == pytest.approx(0.02)
    assert point(1_000, 64).throughput_error_share == pytest.approx(-0.2)


def test_the_envelope_ends_before_the_first_wrong_point() -> None:
    """At 1,500 requests/s p50 is wrong by 7% and 7 ms; the order of the points is nothing."""
    envelope = Envelope((HIGH, MIDDLE, LOW))
    assert (envelope.rate_rps, envelope.users) == (1_200, 256)


def test_a_right_point_above_a_wrong_one_is_an_accident() -> None:
    """It does not lengthen the envelope."""
    envelope = Envelope((LOW, replace(HIGH, rate_rps=800), MIDDLE))
    assert envelope.rate_rps == 400


def test_a_p99_that_is_wrong_ends_it_too() -> None:
    """By 11 ms of 200, where 10 are allowed."""
    assert Envelope((LOW, point(900, 128, 1, 11))).rate_rps == 400


def test_a_point_with_too_few_requests_for_p99_proves_nothing_about_it() -> None:
    """It neither lengthens the envelope nor ends it, unless its p50 is wrong."""
    few = replace(point(2_000, 8), p99=None)
    assert Envelope((LOW, few)).rate_rps == 400
    assert Envelope((LOW, replace(few, rate_rps=500), MIDDLE)).rate_rps == 1_200
    wrong = replace(few, rate_rps=500, p50=percentile(100, 6))
    assert Envelope((LOW, wrong, MIDDLE)).rate_rps == 400


def test_the_sentence_has_the_worst_errors_within_the_envelope() -> None:
    """Of p99 they are 4 ms of 200 and -6 of 200: 3%; of p50 1 and 2 of 100: 2%."""
    assert Envelope((LOW, MIDDLE, HIGH)).sentence == (
        "On this machine p99 is right to 3.0% (6.00 ms) and p50 to 2.0% (2.00 ms) up to "
        "1,200 requests/s and 256 clients (delays: lognormal)"
    )


def test_without_a_right_point_the_sentence_promises_nothing() -> None:
    """Not even at the lowest rate."""
    envelope = Envelope((HIGH, replace(HIGH, rate_rps=1_700)))
    assert envelope.sentence == ("On this machine no p99 was right, not even at 1,500 requests/s")
    assert (envelope.rate_rps, envelope.users) == (0, 0)
    assert "at no rate" in str(envelope.doubt(1, 1))


def test_a_rate_within_the_envelope_is_not_doubted() -> None:
    """Up to the very rate of its last right point."""
    envelope = Envelope((LOW, MIDDLE, HIGH))
    assert envelope.doubt(1, 1) is None
    assert envelope.doubt(1_200, 256) is None


def test_a_rate_beyond_the_envelope_is_doubted_with_its_reason() -> None:
    """A rate that was wrong and one that was never calibrated have different reasons."""
    assert Envelope((LOW, MIDDLE, HIGH)).doubt(1_300, 64) == (
        "the throughput was 1,300 requests/s (limit 1,200 requests/s, up to which p50 and p99 were "
        "right on this machine): plan a lower load, or read no latency from it"
    )
    assert Envelope((LOW, MIDDLE)).doubt(1_300, 64) == (
        "the throughput was 1,300 requests/s (limit 1,200 requests/s, up to which p50 and p99 were "
        "calibrated on this machine): plan a lower load, or read no latency from it"
    )


def test_more_clients_than_were_calibrated_are_doubted_at_any_rate() -> None:
    """256 clients were right: 257 are beyond it, though they ask for next to nothing."""
    assert Envelope((LOW, MIDDLE, HIGH)).doubt(1, 257) == (
        "257 clients asked (limit 256, up to which p50 and p99 were right on this machine): plan a "
        "lower load, or read no latency from it"
    )


def test_a_crowd_at_a_low_rate_widens_the_envelope_by_its_clients_alone() -> None:
    """1,024 clients at 640 requests/s: they count, their rate does not; a wrong crowd is none."""
    envelope = Envelope((LOW, MIDDLE), crowd=point(640, 1024))
    assert (envelope.rate_rps, envelope.users) == (1_200, 1024)
    assert envelope.doubt(1_200, 1024) is None
    assert Envelope((LOW, MIDDLE), crowd=point(640, 1024, 9)).users == 256


def test_a_crowd_that_is_right_erred_as_well() -> None:
    """By 4 ms of 100 in p50, where the sweep erred by 1."""
    envelope = Envelope((LOW,), crowd=point(640, 1024, 4))
    assert "p50 to 4.0% (4.00 ms) up to 400 requests/s and 1,024 clients" in envelope.sentence


def test_the_error_of_a_crowd_is_none_beside_long_latencies() -> None:
    """9 ms are 5% of 180 ms; of more clients than that crowd nothing is known."""
    envelope = Envelope((LOW, MIDDLE), crowd=point(640, 1024, 9))
    assert envelope.doubt(100, 1024, p50_ms=179) is not None
    assert envelope.doubt(100, 1024, p50_ms=180) is None
    assert envelope.doubt(100, 1025, p50_ms=20_000) is not None


def test_a_wrong_crowd_says_nothing_of_rates() -> None:
    """No rate that was calibrated was wrong; of the clients 1,024 were."""
    envelope = Envelope((LOW, MIDDLE), crowd=point(640, 1024, 9))
    assert "up to which p50 and p99 were calibrated" in str(envelope.doubt(1_300, 64))
    assert "limit 256, up to which p50 and p99 were right" in str(envelope.doubt(100, 1024))


def test_a_wrong_point_is_replaced_by_that_of_the_second_calibration() -> None:
    """Only a wrong one; a right one stays as it was."""
    wrong, again = point(400, 64, 7), Envelope((LOW, point(1_100, 256)))
    assert Envelope((wrong, MIDDLE)).replace_wrong(again).points == (LOW, MIDDLE)
    assert Envelope((wrong,)).replace_wrong(Envelope((MIDDLE,))).points == (wrong,)
