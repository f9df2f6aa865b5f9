"""The notes of the application, by the numbers of its requests."""

from harness.core.deploys import executions


def test_notes_count_how_often_each_number_was_begun_and_ended() -> None:
    """Request 2 was begun by two processes and ended by one; request 3 never ended."""
    noted = executions("began 1 40\nbegan 2 40\nended 1 40\nbegan 2 41\nended 2 41\nbegan 3 41\n")
    assert noted.begun == {1: 1, 2: 2, 3: 1}
    assert noted.ended == {1: 1, 2: 1}


def test_without_notes_nothing_was_begun() -> None:
    """A server that was never reached."""
    assert executions("").begun == {}
