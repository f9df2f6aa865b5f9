"""The report as a page and as Markdown: what it opens with, and that nothing gets through raw."""

import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from matplotlib import rc_context

from harness.core.gate import Doubt, GateName
from harness.core.metrics import Measurement
from harness.core.plan import Plan
from harness.core.record import Extra, Record
from harness.core.summary import Summary
from harness.report import page, tables
from harness.report.charts import panels, registry
from harness.report.charts.drawing import Choice, Drawing, Key, Panel, Variant
from harness.report.charts.subjects import subjects
from harness.report.charts.words import Words
from harness.report.narrate import UNCALIBRATED, Narrative, narrate
from harness.runs import summarise
from tests.support.builders import (
    DEPLOYMENTS,
    SCENARIOS,
    deployment,
    plan,
    records,
    scenario,
    with_names,
)

EVIL = "<script>alert('|x|')</script> & *bold*"
SVG = '<svg role="img" aria-label="p50"><path id="a"/><use href="#a" clip-path="url(#a)"/></svg>'
WORDS = (Words("one", "16 clients", "15 requests/s"), Words("two", "16 clients", "20 requests/s"))
KEYS = (Key("one", '<svg class="swatch"/>', "d0"), Key("theory", '<svg class="swatch"/>'))
NAMES = ("throughput", "latency", "ratio", "rounds", "parts", "price")
CHARTS = {
    f"{scenario}.{name}": Drawing(
        f"How much {name}?", ("Closed loop",), KEYS, (Panel("", SVG, WORDS),)
    )
    for scenario in ("wait", "plain")
    for name in NAMES
}
LINKS = {name: f"charts/{name}.png" for name in CHARTS}

# Elements that HTML closes by itself.
VOID = {"meta", "br", "hr", "img", "link", "input"}


def flagged(record: Record, users: int = 1) -> Record:
    """Flag one load, for a reason that would be markup."""
    doubts = (Doubt(GateName.FLOOR, EVIL),)
    return replace(record, doubts=doubts if record.trial.users == users else ())


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
    """Collect a page's tags, ids, addresses and headings; fail where an element is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.open: list[str] = []
        self.headings: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one tag."""
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.addresses += [value for name, value in attrs if name in ("src", "href") and value]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that has nothing in it."""
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """Expect what was opened last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note the text of a heading."""
        if self.open and self.open[-1] in ("h1", "h2"):
            self.headings.append(data.strip())


def test_the_page_has_its_parts_in_the_order_in_which_a_reader_asks() -> None:
    """The answer, how far to trust it, the scenarios, time, cost, and what else to know."""
    assert Reader(page.html(*whole_run(), CHARTS)).headings == [
        "synthetic: WSGI or ASGI?",
        "How far to trust it",
        "Scenario",
        "Scenario",
        "Where the time goes",
        "What it costs",
        "What is not equal",
        "The machine, and how to repeat it",
    ]


def test_the_answer_is_a_sentence_a_picture_and_a_table() -> None:
    """The picture is the first chart of the first scenario, and stands nowhere else."""
    text = page.html(*whole_run(), CHARTS)
    places = [
        text.index(mark)
        for mark in ('class="headline"', 'id="wait-throughput"', 'class="cards"', "<h2>")
    ]
    assert places == sorted(places)
    assert text.count('id="wait-throughput"') == 1


def test_the_opening_picture_says_how_to_read_it_and_others_when_they_are_asked() -> None:
    """Nobody unfolds anything in the first half minute; further down the same would be a wall."""
    text = page.html(*whole_run(), CHARTS)
    opening, rest = (
        text[text.index(f'id="{name}"') :] for name in ("wait-throughput", "wait-ratio")
    )
    assert opening.index("Closed loop<") < opening.index("<summary>Its numbers</summary>")
    assert rest.index("Closed loop<") > rest.index("<summary>How to read it, and its numbers<")


def test_a_scenario_says_first_how_long_its_requests_wait_and_its_clients_pause() -> None:
    """In both forms: its name alone explains nothing."""
    for text in (page.html(*whole_run(), CHARTS), page.markdown(*whole_run(), LINKS)):
        assert text.count("Every request waits 250 ms.") == 1
        assert text.count("Clients pause 250 ms on average.") == 1


def test_two_charts_of_a_scenario_are_open_and_the_others_folded_behind_their_questions() -> None:
    """Parts of a request and the price of a connection stand in parts of their own."""
    text = page.html(*whole_run(), CHARTS)
    for name in ("wait-latency", "wait-ratio", "plain-throughput", "plain-latency"):
        assert f'<figure class="chart" id="{name}">' in text
    for name, question in (("wait-rounds", "How much rounds?"), ("plain-ratio", "How much ratio?")):
        assert f'<details class="chart" id="{name}">\n<summary>{question}</summary>' in text
    assert text.index("Where the time goes</h2>") < text.index('id="plain-parts"')
    assert text.index("What it costs</h2>") < text.index('id="plain-price"')


def test_each_chart_has_its_numbers_in_a_table_and_a_link_in_the_index() -> None:
    """Folded below it; the index links to all of them."""
    text = page.html(*whole_run(), CHARTS)
    assert text.count('<details class="numbers">') == len(CHARTS)
    assert text.count("<td>15 requests/s</td>") == len(CHARTS)
    index = text[text.index("<nav") : text.index("</nav>")]
    for key in set(CHARTS) - {"wait.throughput"}:
        assert f'href="#{key.replace(".", "-")}"' in index


def test_the_page_asks_for_nothing_from_elsewhere() -> None:
    """One script, its own; no link, no image; addresses point to what is in the page."""
    text = page.html(*whole_run(), CHARTS)
    read = Reader(text)
    assert not {"link", "img", "iframe"} & set(read.tags)
    assert read.tags.count("script") == 1
    assert {address.removeprefix("#") for address in read.addresses} <= set(read.ids)
    assert not re.search(r"https?://|@import|url\((?!#)", text)


def test_variants_of_a_chart_are_folded_until_a_reader_chooses_them() -> None:
    """Static pictures behind their titles; only with the script are there controls."""
    ratio = Variant(Choice("ratio"), (Panel("p95", SVG, WORDS),))
    chart = replace(CHARTS["wait.latency"], variants=(ratio,))
    text = page.html(*whole_run(), {"wait.latency": chart})
    folded = text[text.index('<details class="variant" data-values="ratio"') :]
    assert folded.index("<summary>As ratio to the reference</summary>") < folded.index(SVG[:20])
    assert 'data-percentile="p95"' in folded
    assert 'aria-label="All charts" hidden>' in text
    ids = Reader(text).ids
    assert len(ids) == len(set(ids))


def test_ids_of_two_charts_do_not_meet() -> None:
    """Each chart's ids and the references to them carry its number."""
    text = page.html(*whole_run(), CHARTS)
    ids = Reader(text).ids
    assert len(ids) == len(set(ids))
    assert 'href="#s0.a" clip-path="url(#s0.a)"' in text


def test_each_look_of_what_is_drawn_is_written_once() -> None:
    """As a class: two panels with two lines of one colour have one rule."""
    svg = '<svg><path style="fill:red"/><path style="fill:red"/></svg>'
    chart = replace(CHARTS["wait.ratio"], panels=(Panel("", svg, WORDS), Panel("", svg, WORDS)))
    text = page.html(*whole_run(), {"wait.ratio": chart})
    assert text.count("fill:red") == text.count(".l0{fill:red}") == 1
    assert text.count('<path class="l0"/>') == 4


def test_scenarios_whose_names_differ_by_a_mark_have_links_of_their_own() -> None:
    """Both would be a-b."""
    charts = {"a_b.throughput": CHARTS["wait.throughput"], "a-b.throughput": CHARTS["wait.ratio"]}
    alike = plan(scenarios=[scenario(name) for name in ("a_b", "a-b")])
    ids = Reader(page.html(*summary_and_words(alike, records(alike)), charts)).ids
    assert len(ids) == len(set(ids))


def drawn(whole: Plan, rows: Sequence[Record], name: str) -> str:
    """Return the page of a run with one of its charts, or with none where it has no trial."""
    summary, narrative = summary_and_words(whole, rows)
    with rc_context(fname=registry.STYLE):
        charts = {
            f"{subject.scenario}.{name}": panels.drawing(
                registry.CHARTS[name].picture(subject), subject
            )
            for subject in subjects(summary)
        }
    return page.html(summary, narrative, charts)


def test_the_name_of_a_request_is_escaped_in_tables_and_in_charts() -> None:
    """A path can hold anything."""
    pages = {EVIL: 10.0, "/": 5.0}
    small = plan(users=(16,), deployments=DEPLOYMENTS[2:3], scenarios=SCENARIOS[:1])
    text = drawn(small, [with_names(each, pages) for each in records(small)], "names")
    assert Reader(text).tags.count("script") == 1
    assert "<script>alert" not in text
    # In the SVG, its table, the table of names, and what screen readers and pointers say.
    assert text.count("&lt;script&gt;") > 4


def test_a_name_of_80_characters_stands_in_full_on_the_page_and_short_at_its_line() -> None:
    """Its middle is left out there."""
    name = 40 * "a" + 40 * "b"
    small = plan(
        users=(16, 64),
        deployments=(DEPLOYMENTS[1], deployment(name, "asgi", views="async")),
        scenarios=SCENARIOS[:1],
    )
    text = drawn(small, records(small, {DEPLOYMENTS[1].name: 0.8, name: 1.3}), "throughput")
    assert f"{name}</span>" in text
    assert f">{12 * 'a'}…{11 * 'b'}</text>" in text


def test_a_name_of_80_characters_leaves_room_for_its_ratio() -> None:
    """At the mark of its slots it is short, too: in full it is wider than the picture."""
    name = 40 * "a" + 40 * "b"
    rivals = (deployment(name, "wsgi", slots=32), DEPLOYMENTS[2])
    small = plan(users=(16, 64), deployments=rivals, scenarios=SCENARIOS[:1])
    text = drawn(small, records(small, {name: 0.8, DEPLOYMENTS[2].name: 1.3}), "ratio")
    assert f">{12 * 'a'}…{11 * 'b'}: 32 slots</text>" in text


def bad_runs() -> dict[str, tuple[Plan, Sequence[Record]]]:
    """Return plans with what came of them, none of which went well."""
    tiny = plan(rounds=1, users=(16,), deployments=DEPLOYMENTS[1:2], scenarios=SCENARIOS[:1])
    alone = plan(deployments=DEPLOYMENTS[1:2], scenarios=SCENARIOS[:1])
    many = [deployment(f"server-{n}", "asgi" if n % 2 else "wsgi", slots=4) for n in range(40)]
    crowd = plan(users=(16,), deployments=many, scenarios=SCENARIOS[:1])
    costs = {each.name: 1.0 for each in many}
    small = plan(users=(16,), deployments=DEPLOYMENTS[1:3], scenarios=SCENARIOS[:1])
    rows = records(small)
    return {
        "one trial": (tiny, records(tiny)),
        "one deployment": (alone, records(alone)),
        "40 deployments": (crowd, records(crowd, costs)),
        "only failed trials": (small, [replace(each, measurement=Measurement()) for each in rows]),
        "no valid trial": (small, [flagged(each, 16) for each in rows]),
        "no Server-Timing": (small, [replace(each, extra=Extra()) for each in rows]),
        "no trial": (small, []),
    }


@pytest.mark.parametrize("case", bad_runs())
def test_a_run_that_went_badly_has_a_page_that_says_so(case: str) -> None:
    """With whatever it has, in whole elements, and with a sentence where there is nothing."""
    text = drawn(*bad_runs()[case], "throughput")
    read = Reader(text)
    assert read.headings[0] == "synthetic: WSGI or ASGI?"
    assert not re.search(r"\bnan\b|\binf\b|>None<", text)
    says = {
        "one trial": "nothing can be compared",
        "one deployment": "nothing can be compared",
        "40 deployments": "server-39",
        "only failed trials": "nothing can be compared",
        "no valid trial": "flagged",
        "no Server-Timing": "How far to trust it",
        "no trial": "Missing results",
    }
    assert says[case] in text


def test_40_deployments_at_one_load_have_a_key_in_place_of_names_that_hide_each_other() -> None:
    """Nothing is written below their places, and the key stands below the chart."""
    text = drawn(*bad_runs()["40 deployments"], "throughput")
    assert text.count('class="key" data-key="') == 40
    assert "server-39</text>" not in text
    assert '<div class="drawing single">' in text


def test_the_page_of_the_default_run_is_small() -> None:
    """Under a megabyte, and it opens with the answer."""
    stored = Path("results/reference/report.html")
    assert stored.stat().st_size < 1_000_000
    assert Reader(stored.read_text()).headings[0] == "default: WSGI or ASGI?"


def test_whatever_a_plan_or_a_log_says_is_escaped_on_the_page() -> None:
    """Reasons and machine facts show as they are written."""
    text = page.html(*whole_run(), CHARTS)
    assert "<script>alert" not in text
    assert text.count("&lt;script&gt;") > 1


def test_names_between_backticks_are_set_as_code() -> None:
    """And are escaped within."""
    summary, narrative = whole_run()
    text = page.html(summary, replace(narrative, answers=("For `wait` and `<b>`.",)), CHARTS)
    assert "For <code>wait</code> and <code>&lt;b&gt;</code>." in text


def test_markdown_says_the_same_with_links_to_the_charts() -> None:
    """Answer first, a table per scenario whose rows are as wide as its head."""
    text = page.markdown(*whole_run(), LINKS)
    assert text.startswith("# synthetic: WSGI or ASGI?\n\n**In `wait`")
    assert "![plain: throughput](charts/plain.throughput.png)" in text
    rows = [line for line in text.splitlines() if re.match(r"\| uvicorn[\w-]* \| \d", line)]
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
    assert '<td class="text">run</td><td class="text">run-1</td>' in text
    assert '<td class="text">server_cores</td><td class="text">1</td>' in text


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
    assert f"### Accuracy and noise floor\n\n{items}" in page.markdown(summary, sure, LINKS)


def test_the_cost_of_a_connection_is_a_table_where_there_is_one() -> None:
    """In both forms, a row per scenario and deployment; two levels have no such section."""
    whole = whole_run()
    for text in (page.html(*whole, CHARTS), page.markdown(*whole, LINKS)):
        assert text.count("The cost of a connection") >= 1
        assert text.count("32.0 ± ") == len(whole[0].prices) == 10
    two = plan(users=(1, 16))
    without = summary_and_words(two, records(two))
    assert "The cost of a connection" not in page.html(*without, {})
