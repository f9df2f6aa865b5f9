"""What `make calibrate` prints."""

import pytest

from harness.measure.envelope import Envelope
from harness.terminal import calibrate
from tests.support.envelopes import point


def test_the_table_has_a_row_for_each_point_and_fits_into_80_columns(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Then the sentence."""
    envelope = Envelope((point(400, 64), point(1_500, 512, 7)))
    calibrate.envelope(envelope)
    *table, sentence = capsys.readouterr().out.splitlines()
    assert sentence == envelope.sentence
    assert max(map(len, table)) <= 80
    cells = [line.split() for line in table if line.split()[:1] == ["lognormal"]]
    assert [row[1:7] for row in cells] == [
        ["64", "400", "+1.0", "+0.0", "+2.0", "-20.0"],
        ["512", "1,500", "+7.0", "+0.0", "+2.0", "-20.0"],
    ]
