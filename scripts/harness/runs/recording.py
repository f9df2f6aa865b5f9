"""What people did on a site: requests of a recording in, paths with weights and think time out.

Pure. Nothing that identifies a person leaves this module, nor an address that carries a credential:
clients only tell sessions apart.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from statistics import fmean, median
from urllib.parse import parse_qsl

SESSION_GAP_S = 30 * 60
"""A longer gap is an absence, not a thought: the usual cut of web analytics."""

SECRET_PARAMETER = re.compile(
    "token|passw|secret|signature|credential|sessionid|apikey|accesskey|jwt|csrf|oauth|"
    "authorization|^(auth|key|otp|pass|pwd|session|sid|sig)$"
)
"""Names of parameters whose values are credentials, lower case without `_`, `-` and `.`."""

SECRET_ADDRESS = re.compile(
    r"eyJ[\w-]+\.[\w-]+\."  # a JSON Web Token
    r"|/[0-9a-z]{6,}-[0-9a-f]{20,}(/|$)"  # what Django's password reset mails
    r"|;jsessionid=",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request: `client` tells people apart, `address` is the path with its query, encoded."""

    client: str
    at_s: float
    method: str
    address: str
    status: int
    asset: bool

    @property
    def path(self) -> str:
        """Return the address without its query."""
        return self.address.partition("?")[0]


@lru_cache(maxsize=2**16)  # most addresses are requested again and again
def _has_secret(address: str) -> bool:
    """Return whether an address carries a credential."""
    names = {name for name, _ in parse_qsl(address.partition("?")[2], keep_blank_values=True)}
    plain = [re.sub(r"[^a-z0-9]", "", name.lower()) for name in names]
    single_use = {"code", "state"} <= names  # OAuth's answer, RFC 6749 section 4.1.2
    parameter = any(SECRET_PARAMETER.search(name) for name in plain)
    return single_use or parameter or SECRET_ADDRESS.search(address) is not None


@dataclass(frozen=True, slots=True)
class Recording:
    """All requests of a log or of a browser, and how many of its parts could not be read."""

    visits: tuple[Visit, ...]
    malformed: int
    other_hosts: int = 0
    """Requests to other hosts."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which requests become paths, and how many paths there may be."""

    methods: Sequence[str] = ("GET",)
    assets: bool = False
    top: int = 20


@dataclass(frozen=True, slots=True)
class Page:
    """One address, how often it was requested, and the status it mostly answered."""

    method: str
    address: str
    path: str
    requests: int
    status: int


@dataclass(frozen=True, slots=True)
class Rest:
    """The requests of one path that were not to one of the most frequent addresses."""

    method: str
    path: str
    requests: int
    addresses: int


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What people did, as a scenario has it, and what of the recording it leaves out."""

    pages: tuple[Page, ...]
    requests: int
    """Requests to the `pages` and to the addresses in `rest`."""
    addresses: int
    clients: int
    sessions: int
    think_mean_s: float | None
    """The mean gap between two requests of a session; None where no session has two."""
    think_median_s: float | None
    rest: tuple[Rest, ...]
    exclusions: dict[str, int]
    """How many requests were left out for each reason."""
    other_methods: tuple[Rest, ...]

    @property
    def covered_share(self) -> float:
        """Return the share of `requests` that the pages stand for."""
        return sum(page.requests for page in self.pages) / self.requests


def behaviour(recording: Recording, choice: Choice) -> Behaviour:
    """Return what people did in a recording; it has no page where every request is excluded."""
    reasons = [(visit, _exclusion(visit, choice)) for visit in recording.visits]
    visits = [visit for visit, reason in reasons if reason is None]
    pages = _pages(visits)
    gaps, sessions = _gaps(visits)
    return Behaviour(
        pages=_by_path(pages[: choice.top]),
        requests=len(visits),
        addresses=len(pages),
        clients=len({visit.client for visit in visits}),
        sessions=sessions,
        think_mean_s=fmean(gaps) if gaps else None,
        think_median_s=median(gaps) if gaps else None,
        rest=_rest(pages[choice.top :]),
        exclusions=_counts(recording, [reason for _, reason in reasons if reason]),
        other_methods=_rest(_pages(v for v, reason in reasons if reason == v.method)),
    )


def _exclusion(visit: Visit, choice: Choice) -> str | None:
    """Return why a request is left out, None where it is not; a method is its own reason."""
    if visit.asset and not choice.assets:
        return "static files"
    if _has_secret(visit.address):
        return "credential in the address"
    if not 200 <= visit.status < 400:
        return f"answered {visit.status}" if visit.status else "unanswered"
    return None if visit.method in choice.methods else visit.method


def _counts(recording: Recording, reasons: Iterable[str]) -> dict[str, int]:
    """Return how many requests were left out for each reason, the most frequent first."""
    counts = Counter(reasons)
    counts += Counter({"other hosts": recording.other_hosts, "malformed": recording.malformed})
    return dict(counts.most_common())


def _pages(visits: Iterable[Visit]) -> list[Page]:
    """Return the addresses that were requested, the most frequent first."""
    statuses: defaultdict[tuple[str, str, str], Counter[int]] = defaultdict(Counter)
    for visit in visits:
        # 304 answers a browser that has the page; clients of a benchmark have none, and get 200.
        status = 200 if visit.status == 304 else visit.status
        statuses[visit.method, visit.address, visit.path][status] += 1
    pages = [Page(*key, c.total(), c.most_common(1)[0][0]) for key, c in statuses.items()]
    return sorted(pages, key=lambda page: -page.requests)


def _by_path(pages: Sequence[Page]) -> tuple[Page, ...]:
    """Return the pages with those of one path together, the most frequent path first."""
    totals: Counter[str] = Counter()
    for page in pages:
        totals[page.path] += page.requests
    return tuple(sorted(pages, key=lambda page: (-totals[page.path], page.path, -page.requests)))


def _rest(pages: Iterable[Page]) -> tuple[Rest, ...]:
    """Return the sums of addresses by method and path, the most frequent first."""
    groups: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for page in pages:
        groups[page.method, page.path].append(page.requests)
    rests = [Rest(*key, sum(counts), len(counts)) for key, counts in groups.items()]
    return tuple(sorted(rests, key=lambda rest: -rest.requests))


def _gaps(visits: Iterable[Visit]) -> tuple[list[float], int]:
    """Return the gaps between the requests of each session, in seconds, and how many sessions."""
    times: defaultdict[str, list[float]] = defaultdict(list)
    for visit in visits:
        times[visit.client].append(visit.at_s)
    # Not in the order of the log: servers write a line when a request ends.
    gaps = [later - at for each in times.values() for at, later in pairwise(sorted(each))]
    within = [gap for gap in gaps if gap <= SESSION_GAP_S]
    return within, len(times) + len(gaps) - len(within)
