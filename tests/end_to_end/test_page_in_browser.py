"""The pages of stored runs in a real browser: no errors, no requests, nothing cut or out of reach.

Each page is shown at three widths in both colour schemes by one start of the browser, and is
printed by another.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.report import page
from harness.runs import history, store
from harness.runs.drift import side_by_side
from tests.support.browser import AXE, needs_axe, needs_browser, needs_pdftotext, printed, visits

REPORTS = ("reference", "reference-c10k")
PAGES = (*REPORTS, "comparison")
WIDTHS = (360, 768, 1440)
SCHEMES = ("light", "dark")

pytestmark = [pytest.mark.long, needs_browser]

# Uses the page as a reader does, and tells the frame around it what it saw.
PROBE = """<script>
const complaints = [];
addEventListener("error", (event) => complaints.push(event.message));
addEventListener("unhandledrejection", (event) => complaints.push(String(event.reason)));
console.error = console.warn = (...words) => complaints.push(words.join(" "));

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const box = (element) => element.getBoundingClientRect();
const press = (element, key) =>
  element.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
const focused = (element) => (element.focus(), document.activeElement === element);

const cutTexts = () => all(".panel svg").flatMap((svg) => all("text", svg)
  .filter((text) => box(text).left < box(svg).left - 1 || box(text).right > box(svg).right + 1
    || box(text).top < box(svg).top - 1 || box(text).bottom > box(svg).bottom + 1)
  .map((text) => text.textContent.trim()));

function look() {
  const index = document.querySelector(".index");
  const text = document.querySelector(".panel text");
  return {
    width: innerWidth,
    needed: document.documentElement.scrollWidth,
    requests: performance.getEntriesByType("resource").map((each) => each.name),
    background: getComputedStyle(document.body).backgroundColor,
    ink: text ? getComputedStyle(text).fill : getComputedStyle(document.body).color,
    covered: index && box(index).right > box(document.querySelector("main")).left
      && box(index).bottom > box(document.querySelector("main")).top,
    cut: cutTexts(),
    answers: all(".cards").map((each) => each.scrollWidth <= each.clientWidth),
    // Without a script there are other tables, in the place of what it shows.
    tables: all(".scroll").filter((table) => table.getClientRects().length).map((table) => {
      table.scrollLeft = 1e6;
      const end = table.scrollLeft + table.clientWidth >= table.scrollWidth - 1;
      return [table.getAttribute("aria-label"), focused(table) && end];
    }),
  };
}

function use() {
  const key = document.querySelector(".key[data-key]");
  const svg = document.querySelector(".panel svg");
  const tip = document.querySelector(".tip");
  const drawn = () =>
    all(".panels ." + key.dataset.key).filter((each) => getComputedStyle(each).display !== "none")
      .length;
  const seen = { drawn: [drawn()], focused: focused(key) && focused(svg) };
  key.click();
  seen.drawn.push(drawn());
  seen.link = location.hash;
  press(key, "Enter");
  seen.drawn.push(drawn());
  press(svg, "ArrowRight");
  seen.says = tip.textContent;
  press(svg, "Escape");
  seen.silent = tip.textContent;
  svg.scrollIntoView();
  const point = box(svg.querySelector("[data-says]"));
  svg.dispatchEvent(new PointerEvent("pointermove", {
    clientX: point.left + point.width / 2, clientY: point.top + point.height / 2,
  }));
  seen.hovered = tip.textContent;
  const folded = document.querySelector("details.chart");
  location.hash = folded.id + "&values=log";
  return new Promise((done) => setTimeout(() => {
    const restored = document.querySelector("select[name=values]").value;
    choose(["values", ""]);
    done({ ...seen, unfolded: folded.open, restored });
  }, 200));
}

// Every axis, ratio and percentile in turn, and back; then two at once, as a link keeps them.
function choose(...choices) {
  for (const [name, value] of choices) {
    const control = document.querySelector(`select[name=${name}]`);
    control.value = value;
    control.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

function vary() {
  const cut = all(".controls option").flatMap((option) => {
    choose([option.closest("select").name, option.value]);
    return cutTexts();
  });
  choose(["values", "ratio"], ["percentile", "p99"]);
  const axes = all(":is(#wait-throughput, #wait-latency) .panel svg")
    .filter((svg) => svg.getClientRects().length)
    .map((svg) => svg.querySelector("desc").textContent.split(". ")[1]);
  const seen = { choice: location.hash, axes, cut };
  choose(["values", ""], ["percentile", ""]);
  return seen;
}

async function visit() {
  const report = document.querySelector(".key[data-key]");
  const used = report ? await use() : {};
  all("details:not(.variant)").forEach((each) => (each.open = true));
  const seen = { ...used, ...look() };
  if (report) seen.varied = vary();
  if (window.axe && innerWidth > 1000) {
    // A chart is one image, and rows of a table are alike: thousands would only take time.
    all(".variant, tbody tr:nth-child(n + 3)").forEach((each) => each.remove());
    all(".panel svg").forEach((svg) => svg.replaceChildren(svg.querySelector("desc")));
    const { violations } = await axe.run({ preload: false, resultTypes: ["violations"] });
    seen.violations = violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.target}: ${node.failureSummary}`));
  }
  return seen;
}

addEventListener("load", () =>
  visit().catch((error) => (complaints.push(error.stack), {})).then((seen) =>
    parent.postMessage(JSON.stringify({ ...seen, complaints }), "*")));
</script>
"""

PANEL = re.compile(
    r'(<svg [^>]*viewBox="0 0 [\d.]+ ([\d.]+)"[^>]*role="img"[^>]*>)(.*?)</svg>', re.S
)


def text_of(name: str) -> str:
    """Return the page of a stored run, or that of two runs of one plan."""
    if name != "comparison":
        return Path("results", name, "report.html").read_text()
    runs = [
        history.condense(store.find(Path("results"), run))
        for run in ("reference", "workloads/default")
    ]
    return page.comparison(side_by_side(*runs))


@pytest.fixture(scope="module", params=PAGES)
def frames(request: Any, tmp_path_factory: Any) -> Mapping[tuple[int, str], Any]:
    """Return what the probe saw on one page, by width and colour scheme."""
    axe = f"<script>{AXE.read_text()}</script>\n" if AXE.exists() else ""
    folder = tmp_path_factory.mktemp(request.param)
    return visits(folder, text_of(request.param), axe + PROBE, WIDTHS, SCHEMES)


@pytest.fixture(params=[(width, scheme) for width in WIDTHS for scheme in SCHEMES], ids=str)
def seen(request: Any, frames: Mapping[tuple[int, str], Any]) -> Any:
    """Return what was seen at one width in one scheme."""
    return frames[request.param]


def test_the_page_is_quiet_and_as_wide_as_the_screen(seen: Any) -> None:
    """Nothing in the console, nothing from elsewhere, nothing to scroll sideways or covered."""
    assert seen["complaints"] == []
    assert seen["requests"] == []
    assert seen["needed"] <= seen["width"]
    assert not seen["covered"]
    assert all(seen["answers"])


def test_no_text_of_a_chart_is_cut(seen: Any) -> None:
    """Nor that of a folded one, once it is open."""
    assert seen["cut"] == []


def test_every_table_is_reached_by_the_keyboard_and_scrolled_to_its_end(seen: Any) -> None:
    """Each with a name of its own for a screen reader."""
    names = [name for name, _ in seen["tables"]]
    assert names
    assert all(names)
    assert all(reached for _, reached in seen["tables"])


def test_colours_follow_the_scheme_of_the_reader(frames: Mapping[tuple[int, str], Any]) -> None:
    """Dark ink on light paper, or light on dark, in charts too."""
    for width in WIDTHS:
        light, dark = (frames[width, scheme] for scheme in SCHEMES)
        assert brightness(light["background"]) > 200 > 60 > brightness(light["ink"])
        assert brightness(dark["background"]) < 60 < 200 < brightness(dark["ink"])


def brightness(colour: str) -> float:
    """Return the mean of red, green and blue, from 0 to 255."""
    channels = [float(each) for each in re.findall(r"[\d.]+", colour)[:3]]
    return sum(channels) / 3


@pytest.mark.parametrize("frames", REPORTS, indirect=True)
def test_deployments_and_points_answer_to_mouse_and_keyboard(seen: Any) -> None:
    """A deployment is hidden by mouse and shown by key, in all charts; the link tells which."""
    before, hidden, after = seen["drawn"]
    assert before == after > 10
    assert hidden == 0
    assert seen["link"] == "#hide=d0"
    assert seen["focused"]
    assert re.fullmatch(r"[\w-]+, [\d,]+ clients: .*", seen["says"])
    assert seen["silent"] == ""
    assert re.fullmatch(r"[\w-]+, [\d,]+ clients: .*", seen["hovered"])


@pytest.mark.parametrize("frames", REPORTS, indirect=True)
def test_a_link_opens_its_part_with_the_choice_that_it_keeps(seen: Any) -> None:
    """A folded chart, on logarithmic axes."""
    assert seen["unfolded"]
    assert seen["restored"] == "log"


@pytest.mark.parametrize("frames", REPORTS, indirect=True)
def test_no_choice_of_axis_or_percentile_cuts_a_text(seen: Any) -> None:
    """Each is tried."""
    assert seen["varied"]["cut"] == []


@pytest.mark.parametrize("frames", ["reference"], indirect=True)
def test_a_choice_of_values_and_percentile_redraws_the_charts_and_is_in_the_link(seen: Any) -> None:
    """One chart of throughput, and of latency the p99 alone, both as ratios."""
    varied = seen["varied"]
    assert varied["choice"].endswith("values=ratio&percentile=p99")
    assert len(varied["axes"]) == 2
    assert all(re.fullmatch(r"Up: ratio to\s[\w-]+", each) for each in varied["axes"])


@needs_axe
@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_has_nothing_to_object(frames: Mapping[tuple[int, str], Any], scheme: str) -> None:
    """Contrast, labels and all else that it checks, with every part of the page unfolded."""
    assert frames[1440, scheme]["violations"] == []


@needs_pdftotext
@pytest.mark.parametrize("name", REPORTS)
def test_paper_shows_every_chart_whole(name: str, tmp_path: Path) -> None:
    """Folded ones too: the first and the last line of each stand on one sheet, none beside it."""
    count = 0

    def ends(panel: re.Match[str]) -> str:
        nonlocal count
        count += 1
        mark = '<text x="0" y="%s" style="font: 3px sans-serif">%s</text>'
        top, bottom = mark % (3, f"top{count}"), mark % (float(panel[2]) - 1, f"bottom{count}")
        return f"{panel[1]}{top}{panel[3]}{bottom}</svg>"

    # Paper has each chart as it is drawn first.
    text = re.sub(r'<details class="variant".*?</details>', "", text_of(name), flags=re.DOTALL)
    words = printed(tmp_path, PANEL.sub(ends, text))
    sheets = {word.text: word.sheet for word in words}
    assert count > 10
    for number in range(1, count + 1):
        assert sheets[f"top{number}"] == sheets[f"bottom{number}"]
    for word in words:
        left, top, right, bottom = word.box
        width, height = word.paper
        assert 0 <= left < right <= width and 0 <= top < bottom <= height, word
