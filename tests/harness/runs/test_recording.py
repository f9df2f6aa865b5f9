"""What people did, condensed: which addresses, how often, and how long they thought."""

import pytest

from harness.runs.recording import Behaviour, Choice, Page, Recording, Rest, Visit, behaviour

USUAL = Choice()


def visit(
    address: str = "/",
    at_s: float = 0,
    client: str = "jo",
    method: str = "GET",
    status: int = 200,
    asset: bool = False,
) -> Visit:
    """Build one request."""
    return Visit(client, at_s, method, address, status, asset)


def condense(*visits: Visit, choice: Choice = USUAL, malformed: int = 0) -> Behaviour:
    """Condense a recording of these requests."""
    return behaviour(Recording(visits, malformed), choice)


def test_weights_are_requests_and_addresses_of_one_path_stand_together() -> None:
    """The path with most requests comes first: /a/ has 3 + 1, /b/ has 2, / has 3."""
    counts = {"/a/?p=1": 3, "/": 3, "/b/": 2, "/a/?p=2": 1}
    did = condense(*(visit(address) for address, n in counts.items() for _ in range(n)))
    assert [(page.address, page.requests) for page in did.pages] == [
        ("/a/?p=1", 3),
        ("/a/?p=2", 1),
        ("/", 3),
        ("/b/", 2),
    ]
    assert (did.requests, did.addresses, did.covered_share) == (9, 4, 1)


def test_the_most_frequent_addresses_are_kept_with_their_share() -> None:
    """Of 3 + 2 + 1 + 1 requests two addresses cover 5; the other two are of one path."""
    counts = {"/": 3, "/b/": 2, "/s/?q=1": 1, "/s/?q=2": 1}
    visits = [visit(address) for address, n in counts.items() for _ in range(n)]
    did = condense(*visits, choice=Choice(top=2))
    assert [page.address for page in did.pages] == ["/", "/b/"]
    assert did.covered_share == pytest.approx(5 / 7)
    assert did.rest == (Rest("GET", "/s/", requests=2, addresses=2),)


def test_what_an_address_mostly_answered_is_its_status() -> None:
    """Not modified is what a browser gets that has the page already."""
    statuses = (302, 302, 200, 304, 304)
    (page,) = condense(*(visit(status=status) for status in statuses)).pages
    assert page == Page("GET", "/", "/", 5, 200)


def test_what_is_left_out_is_counted_by_its_reason() -> None:
    """Files, errors, aborted requests, other methods, credentials, lines that are none."""
    did = condense(
        visit(),
        visit("/a.css", asset=True),
        visit("/b.css", asset=True, status=404),
        visit("/x", status=404),
        visit("/x", status=500),
        visit("/x", status=0),
        visit("/cart/?id=1", method="POST"),
        visit("/cart/?id=2", method="POST"),
        visit("/?token=1"),
        malformed=3,
    )
    assert did.requests == 1
    assert did.exclusions == {
        "malformed": 3,
        "static files": 2,
        "POST": 2,
        "credential in the address": 1,
        "answered 404": 1,
        "answered 500": 1,
        "unanswered": 1,
    }
    assert did.other_methods == (Rest("POST", "/cart/", requests=2, addresses=2),)


def test_other_methods_and_static_files_are_kept_where_that_is_chosen() -> None:
    """Each method and address is a path of its own."""
    visits = (visit("/a.css", asset=True), visit("/x"), visit("/x", method="POST", status=201))
    did = condense(*visits, choice=Choice(methods=("GET", "POST"), assets=True))
    assert [(page.method, page.address, page.status) for page in did.pages] == [
        ("GET", "/x", 200),
        ("POST", "/x", 201),
        ("GET", "/a.css", 200),
    ]
    assert did.exclusions == {}


@pytest.mark.parametrize(
    "address",
    [
        "/?token=x",
        "/?access_token=x",
        "/?a=1&apiKey=x",
        "/?X-Amz-Signature=x",
        "/?sid=x",
        "/?password=",
        "/?user[password]=x",
        "/?code=x&state=y",
        "/?auth=x",
        "/?csrf_token=x",
        "/a;jsessionid=12",
        "/reset/MQ/c2xk3d-0123456789abcdef0123456789abcdef/",
        "/login/eyJhbGciOi.eyJzdWIi.c2ln",
    ],
)
def test_an_address_with_a_credential_is_never_kept(address: str) -> None:
    """By the names of parameters, and by what tokens look like."""
    did = condense(visit(address), visit(address, method="POST"))
    assert (did.pages, did.rest, did.other_methods) == ((), (), ())
    assert did.exclusions == {"credential in the address": 2}


@pytest.mark.parametrize(
    "address",
    ["/?author=x", "/?page=2", "/?code=x", "/?keyword=x", "/news-2025-10/", "/?passage=1"],
)
def test_an_ordinary_address_is_kept(address: str) -> None:
    """Words that only begin like a credential are none."""
    assert [page.address for page in condense(visit(address)).pages] == [address]


def test_think_time_is_the_gap_within_a_session_of_one_client() -> None:
    """jo: 4 and 8 s, in no order, over half an hour later 3 s; flo: one request, no gap."""
    times = (8.0, 0.0, 12.0, 12.0 + 1801, 12.0 + 1804)
    did = condense(*(visit(at_s=at) for at in times), visit(at_s=1, client="flo"))
    assert did.think_mean_s == pytest.approx((8 + 4 + 3) / 3)
    assert did.think_median_s == 4
    assert (did.clients, did.sessions) == (2, 3)


def test_what_is_left_out_makes_no_gap() -> None:
    """A page fetches its files at once: that is no thinking."""
    did = condense(visit(at_s=0), visit("/a.js", at_s=0.1, asset=True), visit(at_s=10))
    assert did.think_mean_s == 10


def test_without_a_second_request_there_is_no_think_time() -> None:
    """Not 0, which would be no thinking."""
    assert condense(visit()).think_mean_s is None


def test_nothing_that_identifies_a_person_is_in_the_outcome() -> None:
    """Clients are counted."""
    assert "jo" not in repr(condense(visit(), visit(at_s=3)))
