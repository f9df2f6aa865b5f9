"""Where CPU time went, on the page."""

from dataclasses import replace

from harness.core.cpu_profile import CpuProfile
from harness.report import page
from harness.report.narrate import narrate
from tests.support.builders import SMALL, records, summary

PROFILE = CpuProfile(
    scenario="wait",
    deployment="uvicorn",
    model="closed",
    load=256,
    samples=400,
    shares={
        "app": 0.1,
        "framework": 0.2,
        "threads": 0.2,
        "server": 0.2,
        "interpreter": 0.1,
        "kernel": 0.1,
        "idle": 0.1,
    },
    flames="profiles/my_uvicorn.wait/flames.svg",
)


def test_a_flame_graph_is_one_click_away_from_its_row() -> None:
    """A file in the folder of the report, as it is written there, in both forms of it."""
    whole = replace(summary(), profiles=(PROFILE,))
    narrative = narrate(whole, SMALL, records(SMALL))
    link = f'<a href="{PROFILE.flames}">{PROFILE.flames}</a>'
    assert page.html(whole, narrative, {}).count(link) == 1
    assert f"]({PROFILE.flames}) |" in page.markdown(whole, narrative, {})
