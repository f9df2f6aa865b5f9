"""The README states no results that the reference run did not measure."""

import csv
import re
from pathlib import Path

import pytest

from harness.report import mutation_score

README = Path("README.md").read_text()
REPORT = Path("results/reference/report.md").read_text()


def answer() -> str:
    """Return the part of the README that states results."""
    return README.split("## The answer")[1].split("○ marks")[0]


def test_every_row_of_the_table_stands_in_the_report() -> None:
    """Copied, not typed."""
    rows = [line for line in answer().splitlines() if line.startswith("|")]
    assert len(rows) > 10
    reported = set(REPORT.splitlines())
    for row in rows:
        assert row in reported


def test_every_sentence_of_the_answer_stands_in_the_report() -> None:
    """Word for word."""
    quoted = [line.lstrip("> -*").rstrip("*") for line in answer().splitlines()]
    sentences = [line for line in quoted if re.match(r"For `", line)]
    assert sentences
    for sentence in sentences:
        assert sentence in REPORT


def test_the_table_of_ten_thousand_clients_is_that_of_its_run() -> None:
    """Each row has the figures of the trial that held all 10,000."""
    with Path("results/reference-c10k/trials.csv").open() as file:
        trials = {
            row["deployment"]: row
            for row in csv.DictReader(file)
            if (row["scenario"], row["users"]) == ("hold", "10000")
        }
    table = README.split("## Ten thousand clients")[1].split("![")[0].splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table if line[:1] == "|"]
    assert {row[0] for row in rows[2:]} == set(trials)
    for name, flag, held, failed, served, rate, memory, threads in rows[2:]:
        trial = trials[name]
        assert bool(flag) == bool(trial["doubts"])
        assert held == f"{int(trial['server_connections']):,}"
        assert failed == f"{100 * float(trial['error_share']):.0f}%"
        assert served == f"{100 * float(trial['served_share']):.1f}%"
        assert rate == f"{float(trial['throughput_rps']):.3g}"
        assert memory == f"{float(trial['server_rss_mib']):.0f} MiB"
        assert threads == f"{int(trial['server_threads']):,}"


def test_the_mutation_score_is_the_one_that_was_counted() -> None:
    """Each of its sentences, what is missed included, and in its page each row of its file."""
    folder = Path("results/mutation-score")
    scores = mutation_score.read(folder)
    page = (folder / "score.md").read_text()
    for sentence in mutation_score.summary(scores):
        assert f"- {sentence}\n" in README
        assert sentence in page
    for score in scores:
        assert f"| {' | '.join(mutation_score.row(score))} |\n" in page


def test_the_map_names_every_wing() -> None:
    """Each with a link to the text that describes it."""
    wings = {path.parent.name for path in Path("scripts/harness").glob("*/__init__.py")}
    assert set(re.findall(r"\]\(scripts/harness/(\w+)/__init__\.py\)", README)) == wings


def test_a_picture_comes_after_three_sentences_at_most() -> None:
    """Whoever looks for the answer sees it at once."""
    title, opening = README.split("![")[0].split("\n", 1)
    assert title == "# WSGI or ASGI?"
    assert 1 <= len(re.findall(r"[.?!](?=\**\s)", opening)) <= 3


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_every_link_leads_somewhere(link: str) -> None:
    """Charts and documents are there."""
    assert Path(link).exists()


def test_every_make_target_that_is_named_is_in_the_menu() -> None:
    """No promise without a target."""
    menu = Path("Makefile").read_text()
    for target in set(re.findall(r"`make ([a-z0-9-]+)", README)):
        assert f"\n{target}:" in menu
