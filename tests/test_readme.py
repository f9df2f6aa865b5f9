"""The README is one screen and the way to all pages; what they say of results was measured."""

import re
from functools import cache
from pathlib import Path

import pytest

from harness.core.summary import Comparison
from harness.report import mutation_score
from harness.runs.store import Run
from harness.runs.summarise import summarise

README = Path("README.md").read_text()
JAPANESE = Path("README.ja.md").read_text()
RESULTS = Path("docs/results.md").read_text()
PAGES = (
    *map(Path, ("README.md", "README.ja.md", "CONTRIBUTING.md")),
    *sorted(Path("docs").rglob("*.md")),
)
RUNS = ("reference", "reference-c10k")
RUNS_OF_DEFAULT = ("reference", "workloads/default", "workloads/default-third")
REPORTED = {
    line.lstrip("-*").strip().rstrip("*")
    for run in RUNS
    for line in Path("results", run, "report.md").read_text().splitlines()
}

# What fits a screen without scrolling: a picture, and as many lines beside it.
SCREEN_WORDS = 200


def quotes(pattern: str) -> list[str]:
    """Return the lines of the page of results that begin like results, without their marks."""
    lines = [line.lstrip("-*").strip().rstrip("*") for line in RESULTS.splitlines()]
    return [line for line in lines if re.match(pattern, line)]


@cache
def throughputs(run: str) -> tuple[Comparison, ...]:
    """Return the ratios of the throughput of `wait` in a stored run."""
    stored = Run.open(Path("results", run))
    found = summarise(stored.name, stored.plan, stored.facts.machine, stored.records()).comparisons
    return tuple(
        each for each in found if (each.scenario, each.metric) == ("wait", "throughput_rps")
    )


def signs(run: str, top: str, bottom: str) -> dict[int, str]:
    """Return at each load of `wait` whether a deployment served more than another, or fewer."""
    return {
        each.users: each.sign
        for each in throughputs(run)
        if (each.top, each.bottom) == (top, bottom)
    }


def ratio(run: str, top: str, bottom: str, users: int) -> float:
    """Return how many times as many requests a deployment served in `wait` as another."""
    (found,) = (
        each.ratio.middle
        for each in throughputs(run)
        if (each.top, each.bottom, each.users) == (top, bottom, users)
    )
    return found


def test_the_first_screen_has_question_picture_answer_and_two_commands() -> None:
    """In that order, before any heading but the title."""
    first = README.split("\n## ")[0]
    question, rest = first.split("![")
    answer = rest.split("```")[0]
    assert "?**" in question
    assert len(re.findall(r"[.?!](?=\**\s)", question)) <= 3
    assert "ASGI was far ahead" in answer
    assert commands(first) == ["make quick", "make bench"]
    assert len(first.split()) <= SCREEN_WORDS


def test_the_answer_in_one_sentence_is_that_of_all_runs_of_the_plan() -> None:
    """Level with a thread for every request, or behind; ahead of 64 where 256 users want them."""
    sentence = (
        "**Where requests wait: give WSGI a thread for every one of them, and it was level with "
        "ASGI or ahead; leave it at 64 threads, and ASGI was far ahead.**"
    )
    assert sentence in README
    for run in RUNS_OF_DEFAULT:
        everybody = signs(run, "uvicorn-shared", "gunicorn-gthread-400")
        assert max(everybody) == 1024 and set(everybody.values()) <= {"~", "<"}
        assert signs(run, "uvicorn-shared", "gunicorn-gthread-64")[256] == ">"


def test_the_ratios_of_all_runs_of_the_plan_are_said() -> None:
    """Of the deployment with a slot for nearly everybody, at the highest load."""
    first, *further = (
        f"{ratio(run, 'uvicorn-shared', 'gunicorn-gthread-400', 1024):.2f}"
        for run in RUNS_OF_DEFAULT
    )
    screen = README.split("\n## ")[0]
    assert f"ASGI served {first} times as many at 1,024 clients in the first run" in screen
    assert f"{' and '.join(further)} in these" in screen


def commands(text: str) -> list[str]:
    """Return the commands of a first screen, without the remarks beside them."""
    lines = text.split("```")[1].strip().splitlines()
    return [line.split("#")[0].strip() for line in lines]


def figures(text: str) -> list[str]:
    """Return the figures of a text, sorted, without those of code and links."""
    prose = re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)", "", text, flags=re.DOTALL)
    return sorted(re.findall(r"\d[\d,]*(?:\.\d+)?", prose))


def links(text: str) -> set[str]:
    """Return where the links of a text lead."""
    return set(re.findall(r"\]\(([^)]*)\)", text))


def test_the_japanese_readme_gives_the_same_answer() -> None:
    """The same picture, figures, sources and commands as the first screen in English."""
    english = README.split("\n## ")[0]
    japanese, _, further = JAPANESE.partition("\nこの先は英語です")
    assert links(japanese) - {"README.md"} == links(english) - {"README.ja.md"}
    assert links(further) <= links(README)
    assert figures(japanese) == figures(english)
    assert commands(japanese) == commands(english)
    durations = {"two and a half minutes": "2分半", "ten to fifteen minutes": "10分から15分"}
    for duration, translated in durations.items():
        assert duration in english and translated in japanese


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
    quoting = Path("docs/check.md").read_text()
    for sentence in mutation_score.summary(scores):
        assert f"- {sentence}\n" in quoting
        assert sentence in page
    for score in scores:
        assert f"| {' | '.join(mutation_score.row(score))} |\n" in page


def test_the_map_names_every_wing() -> None:
    """Each with a link to the text that describes it."""
    wings = {path.parent.name for path in Path("scripts/harness").glob("*/__init__.py")}
    contributing = Path("CONTRIBUTING.md").read_text()
    linked = re.findall(r"\]\(scripts/harness/(\w+)/__init__\.py\)", contributing)
    assert set(linked) == wings


def test_the_readme_leads_to_every_page() -> None:
    """No page is for those only who know that it is there."""
    pages = {str(page) for page in Path("docs").glob("*.md")}
    assert pages <= set(re.findall(r"\]\((docs/[^)#]+)", README))


LINKS = sorted(
    (str(page), link)
    for page in PAGES
    for link in set(re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text()))
)


@pytest.mark.parametrize(("page", "link"), LINKS)
def test_every_link_leads_somewhere(page: str, link: str) -> None:
    """Charts and documents are there."""
    assert (Path(page).parent / link).exists()


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_make_target_that_is_named_is_in_the_menu(page: Path) -> None:
    """No promise without a target."""
    menu = Path("Makefile").read_text()
    for target in set(re.findall(r"`make ([a-z0-9-]+)", page.read_text())):
        assert f"\n{target}:" in menu
