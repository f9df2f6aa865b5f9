"""What scenarios are answered at first: who refuses what, and where two deployments differ."""

import pytest

from harness.rig.answers import Answer
from harness.rig.first_answers import Asked, FirstAnswers, differences, failures

HTML = {"content-type": "text/html"}


def asked(body: str = "", status: int = 200, error: str = "", **more: object) -> Asked:
    """Return a request of the page / that was answered so."""
    answer = Answer(status, HTML, body.encode())
    return Asked("/", "GET", "/", answer, error, **more)  # type: ignore[arg-type]


def first(*requests: Asked) -> dict[str, FirstAnswers]:
    """Return what one scenario was answered."""
    return {"look": FirstAnswers(requests)}


@pytest.mark.parametrize(
    ("request_", "refused"),
    [
        (asked(status=404, error="404 Not Found"), True),
        (asked(status=404), False),
        (asked("sorry", error="not logged in"), False),
        (asked(status=0, error="refused"), True),
        (asked(status=202, error="status 202", by_status=True), True),
    ],
    ids=["a status", "one that is expected", "a body", "no answer", "another status than planned"],
)
def test_a_site_refuses_by_its_status_alone(request_: Asked, refused: bool) -> None:
    """A body may be wrong by chance, or the locustfile's check may be."""
    assert request_.refused == refused


def test_a_difference_needs_two_answers_of_each_side() -> None:
    """Else the time of the only answer would be one."""
    one, other = asked("at 10:01"), asked("at 10:02")
    assert [*differences({"a": first(one), "b": first(other)})] == []
    twice = {"a": first(one, one), "b": first(other, other)}
    assert [*differences(twice)] == ["/ is answered differently by a and b: 'at 10:01'"]


def test_a_status_and_a_type_differ_in_one_answer_too() -> None:
    """Neither changes from time to time."""
    one, other = asked(), asked(status=204)
    (status,) = differences({"a": first(one), "b": first(other)})
    assert status == "/ is answered differently by a and b: status 200 and status 204"
    bare = Asked("/", "GET", "/", Answer(200))
    (kind,) = differences({"a": first(one), "b": first(bare)})
    assert kind.endswith("content-type text/html and none")


def test_answers_that_the_scenario_does_not_call_good_are_not_compared() -> None:
    """They are told as failures."""
    bad = asked("sorry", error="not logged in")
    sides = {"a": first(bad, asked("hello")), "b": first(asked("hello"), asked("hello"))}
    assert [*differences(sides)] == []
    assert [*failures(sides)] == ["look: / of a failed 1 of 2 times: not logged in"]


def test_what_raised_and_what_did_not_come_up_is_told() -> None:
    """Whichever deployment was asked."""
    answers = FirstAnswers((), (("KeyError", "buy", 2),), ("sell",))
    assert [*failures({"a": {"shop": answers}})] == [
        "shop: buy raises KeyError",
        "shop: sell did not come up in 5 s",
    ]


def test_a_method_that_is_not_get_is_part_of_the_label() -> None:
    """A page and the form on it may have one address."""
    requests = tuple(Asked("/cart/", method, "/cart/", Answer(200)) for method in ("GET", "POST"))
    assert [*FirstAnswers(requests).by_label()] == ["/cart/", "POST /cart/"]
