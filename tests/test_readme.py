"""The README states no results that the reference runs did not measure."""

import re
from pathlib import Path

import pytest

from harness.report import mutation_score

README = Path("README.md").read_text()
RUNS = ("reference", "reference-c10k")
REPORTED = {
    line.lstrip("-*").strip().rstrip("*")
    for run in RUNS
    for line in Path("results", run, "report.md").read_text().splitlines()
}


def quotes(pattern: str) -> list[str]:
    """Return the lines of the README that begin like results, without their marks."""
    results = README.split("## The answer")[1].split("## Run it")[0]
    lines = [line.lstrip("-*").strip().rstrip("*") for line in results.splitlines()]
    return [line for line in lines if re.match(pattern, line)]


def test_every_row_of_results_stands_in_a_report() -> None:
    """Copied, not typed, under the heads that it has there."""
    rows = [row for row in quotes(r"\|") if not row.startswith("|---")]
    assert len(rows) > 20
    for row in rows:
        assert row in REPORTED, row


def test_every_sentence_of_the_answer_stands_in_a_report() -> None:
    """Word for word."""
    sentences = quotes("For `")
    assert len(sentences) > 3
    for sentence in sentences:
        assert sentence in REPORTED, sentence


def test_every_ratio_stands_beside_users_per_slot() -> None:
    """So does every amount by which one side served more or took longer."""
    amounts = [line for line in quotes("For `") if re.search(r"times as (many|long)", line)]
    assert amounts
    for line in amounts:
        assert re.search(r"per slot|no limit of slots", line), line


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
