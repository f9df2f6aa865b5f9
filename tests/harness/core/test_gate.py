"""Doubts as files have them."""

import pytest

from harness.core.gate import Doubt, GateName


@pytest.mark.parametrize("gate", GateName)
def test_a_doubt_comes_back_from_a_file_as_it_was(gate: GateName) -> None:
    """A reason may have colons of its own."""
    doubt = Doubt(gate, "9 ms late (limit 5 ms): give it more processes")
    assert str(doubt) == f"{gate.value}: 9 ms late (limit 5 ms): give it more processes"
    assert Doubt.parse(str(doubt)) == doubt


def test_a_gate_of_another_version_is_kept_by_its_name() -> None:
    """A run is read whatever versions of this suite had for gates."""
    doubt = Doubt.parse("sunspots: too many")
    assert doubt == Doubt(GateName.UNKNOWN, "sunspots: too many")
    assert Doubt.parse("") == Doubt(GateName.UNKNOWN, "")
