"""The report as a page and as Markdown: what it opens with, and that nothing gets through raw."""

import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser

from harness.core.gate import Doubt, GateName
from harness.core.plan import Plan
from harness.core.record import Record
from harness.core.summary import Summary
from harness.report import page, tables
from harness.report.narrate import UNCALIBRATED, Narrative, narrate
from harness.runs import summarise
from tests.support.builders import plan, records

EVIL = "<script>alert('|x|')</script> & *bold*"
SVG = '<?xml version="1.0"?>\n<svg id="figure_1"><g id="a"/><use href="#a" fill="url(#a)"/></svg>\n'
CHARTS = {"wait.throughput": SVG, "plain.throughput": SVG}
LINKS = {name: f"charts/{name}.svg" for name in CHARTS}


def flagged(record: Record) -> Record:
    """Flag the first load, for a reason that would be markup."""
    return replace(record, doubts=(Doubt(GateName.FLOOR, EVIL),) if record.trial.users == 1 else ())


def summary_and_words(
    whole: Plan, kept: Sequence[Record], facts: dict[str, str] | None = None
) -> tuple[Summary, Narrative]:
    """Condense a run and put it into sentences."""
    summary = summarise.summarise("run-1", whole, facts or {}, kept)
    return summary, narrate(summary, whole, kept)


def whole_run() -> tuple[Summary, Narrative]:
    """Summarise a whole run, with flags and facts that would be markup."""
    changed = [flagged(record) for record in records(plan())][:-1]
    return summary_and_words(plan(), changed, {"server_cores": "1", "processor": EVIL})


class Reader(HTMLParser):
    """Collect a page's tags, ids and addresses."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one tag."""
        self.tags.append(tag)
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.addresses += [value for name, value in attrs if name in ("src", "href") and value]


def test_the_page_opens_with_the_answer() -> None:
    """Charts, tables and all the rest come after it, in this order."""
    text = page.html(*whole_run(), CHARTS)
    marks = (
        'class="headline"',
        "<svg",
        "<table",
        "<h2>Gates</h2>",
        "Accuracy and noise floor",
        "Flagged trials",
        "Missing results",
        "What else differs",
        "What this does not show",
        "Run and machine",
    )
    places = [text.index(mark) for mark in marks]
    assert places == sorted(places)


def test_the_page_asks_for_nothing_from_elsewhere() -> None:
    """No script, no link, no image; addresses point into the page."""
    read = Reader(page.html(*whole_run(), CHARTS))
    assert not {"script", "link", "img", "iframe"} & set(read.tags)
    assert all(address.startswith("#") for address in read.addresses)


def test_ids_of_two_charts_do_not_meet() -> None:
    """Each chart's ids and the references to them carry its name."""
    text = page.html(*whole_run(), CHARTS)
    ids = Reader(text).ids
    assert len(ids) == len(set(ids)) == 4
    assert 'href="#wait.throughput.a" fill="url(#wait.throughput.a)"' in text
    assert "<?xml" not in text


def test_whatever_a_plan_or_a_log_says_is_escaped_on_the_page() -> None:
    """Reasons and machine facts show as they are written."""
    text = page.html(*whole_run(), CHARTS)
    assert "<script>" not in text
    assert text.count("&lt;script&gt;") > 1


def test_names_between_backticks_are_set_as_code() -> None:
    """And are escaped within."""
    summary, narrative = whole_run()
    text = page.html(summary, replace(narrative, answers=("For `wait` and `<b>`.",)), CHARTS)
    assert "For <code>wait</code> and <code>&lt;b&gt;</code>." in text


def test_markdown_says_the_same_with_links_to_the_charts() -> None:
    """Answer first, a table per scenario whose rows are as wide as its head."""
    text = page.markdown(*whole_run(), LINKS)
    assert text.startswith("# synthetic: WSGI or ASGI?\n\n**For `wait`")
    assert "![plain: throughput](charts/plain.throughput.svg)" in text
    rows = [line for line in text.splitlines() if line.startswith("| uvicorn")]
    assert len(rows) == 2 * 3 * 5
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {
        len(tables.headings(whole_run()[0], "wait")) + 1
    }


def test_whatever_would_be_a_mark_is_escaped_in_markdown() -> None:
    """A reason can open neither a tag nor a table cell."""
    text = page.markdown(*whole_run(), LINKS)
    assert "<script>" not in text
    assert r"\<script\>alert('\|x\|')\</script\> & \*bold\*" in text


def test_a_reason_of_several_lines_stays_one_item() -> None:
    """The tail of a log would otherwise end the list."""
    summary, narrative = whole_run()
    spoilt = replace(narrative, holes=("server died:\n\n# Traceback\n",))
    text = page.markdown(summary, spoilt, LINKS)
    assert "- server died: \\# Traceback\n" in text


def test_sections_without_entries_say_so() -> None:
    """An empty list would look like a fault of the report."""
    whole = summary_and_words(plan(), records(plan()))
    for text in (page.html(*whole, CHARTS), page.markdown(*whole, LINKS)):
        assert "No gate flagged any trial." in text
        assert "Every trial of the plan was measured." in text


def test_a_run_that_was_not_calibrated_says_so_in_words_and_among_the_gates() -> None:
    """Its other gates are judged as in any run."""
    whole = summary_and_words(plan(), records(plan()))
    for text in (page.html(*whole, CHARTS), page.markdown(*whole, LINKS)):
        assert UNCALIBRATED in text
        assert text.count("not judged: no calibration") == 2


def test_the_page_names_the_run_and_its_machine() -> None:
    """Facts stand with their values."""
    text = page.html(*whole_run(), CHARTS)
    assert "<td>run</td><td>run-1</td>" in text
    assert "<td>server_cores</td><td>1</td>" in text


def test_the_glossary_says_what_points_and_bars_are() -> None:
    """Medians and ranges of few rounds, means and intervals from five on."""
    for rounds, words in ((3, "medians over the rounds, bars their range"), (5, "95% intervals")):
        some = plan(rounds=rounds)
        text = page.markdown(*summary_and_words(some, records(some)), LINKS)
        (glossary,) = {line for line in text.splitlines() if line.startswith("Closed loop: a cl")}
        assert words in glossary


def test_both_pages_say_how_accurate_the_figures_are() -> None:
    """In a section of its own, word for word."""
    summary, narrative = whole_run()
    sure = replace(
        narrative, calibration="Right up to 9 requests/s.", noise=("For `wait`, labels differed.",)
    )
    assert "<li>For <code>wait</code>, labels differed.</li>" in page.html(summary, sure, CHARTS)
    items = "- Right up to 9 requests/s.\n- For `wait`, labels differed.\n"
    assert f"## Accuracy and noise floor\n\n{items}" in page.markdown(summary, sure, LINKS)


def test_the_cost_of_a_connection_is_a_table_where_there_is_one() -> None:
    """In both forms, a row per scenario and deployment; two levels have no such section."""
    whole = whole_run()
    for text in (page.html(*whole, CHARTS), page.markdown(*whole, LINKS)):
        assert text.count("The cost of a connection") >= 1
        assert text.count("32.0 ± ") == len(whole[0].prices) == 10
    two = plan(users=(1, 16))
    without = summary_and_words(two, records(two))
    assert "The cost of a connection" not in page.html(*without, {})
