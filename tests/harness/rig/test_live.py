"""The newest line on how a load goes, whatever state its file is in."""

from pathlib import Path

from harness.rig.live import FILE, LINE_BYTES, LiveFigures, newest

LINE = '{"users": 4, "throughput_rps": 12.5, "latency_p95_ms": 20, "failed": 0}'
FIGURES = LiveFigures(4, 12.5, 20, 0)


def test_without_a_file_or_a_whole_line_there_are_no_figures(tmp_path: Path) -> None:
    """The session has only just begun."""
    assert newest(tmp_path) is None
    (tmp_path / FILE).write_text("")
    assert newest(tmp_path) is None
    (tmp_path / FILE).write_text(LINE[:30])
    assert newest(tmp_path) is None


def test_the_last_whole_line_counts(tmp_path: Path) -> None:
    """However many there are before it, and also where the next is half written."""
    old = LINE.replace("12.5", "99.5")
    assert len(LINE) < LINE_BYTES
    (tmp_path / FILE).write_text(f"{old}\n" * 100 + f"{LINE}\n{old[:20]}")
    assert newest(tmp_path) == FIGURES


def test_a_spell_without_answers_has_no_p95(tmp_path: Path) -> None:
    """null is None."""
    (tmp_path / FILE).write_text(LINE.replace("20", "null") + "\n")
    assert newest(tmp_path) == LiveFigures(4, 12.5, None, 0)
