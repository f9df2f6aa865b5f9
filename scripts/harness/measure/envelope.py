"""The envelope: up to which rate this suite's figures are right, by comparison with a known truth.

Pure. A point has what the suite reports of one plateau beside what the ground-truth server's
stamps say of the same requests. The truth of a latency percentile is the same order statistic of
the stamped stays (arrival to departure), not of the intended delays, which stand beside it: the
server's own lateness is no error of the suite. Everything else is one: connecting, the way there
and back, the client's own time.
"""

from dataclasses import dataclass
from itertools import takewhile

from harness.core.units import count, milliseconds, percent

# A percentile is right within 5%, what the gate `generator` allows Locust to be late by, or within
# 5 ms where that is more: of the 100 ms of a calibration's delays both are the same.
RIGHT_SHARE = 0.05
RIGHT_MS = 5.0


@dataclass(frozen=True, slots=True)
class Percentile:
    """A latency percentile as reported, as stamped (the truth) and as the delays were intended."""

    reported_ms: float
    stamped_ms: float
    intended_ms: float

    @property
    def error_ms(self) -> float:
        """Return the reported value less the truth."""
        return self.reported_ms - self.stamped_ms

    @property
    def error_share(self) -> float:
        """Return the error over the truth."""
        return self.error_ms / self.stamped_ms

    @property
    def right(self) -> bool:
        """Return whether the error is within 5% or within 5 ms."""
        return abs(self.error_ms) <= max(RIGHT_SHARE * self.stamped_ms, RIGHT_MS)


@dataclass(frozen=True, slots=True)
class Point:
    """One plateau of a sweep, as the suite reports it and as it truly was.

    `rate_rps` is the reported throughput, the client's count of good answers within the window;
    `departed_rps` the true one, the departures within it by the server's stamps. The medians of a
    request's parts: `sending_ms` from before sending (without connecting) to arrival,
    `lateness_ms` the server's own beyond the intended delay, `receiving_ms` from departure to the
    end of the client's reading. p95 is None below 100 requests, p99 below 500, `load_cpu_share`
    where not metered.
    """

    spread: str
    users: int
    requests: int
    rate_rps: float
    departed_rps: float
    p50: Percentile
    p95: Percentile | None
    p99: Percentile | None
    sending_ms: float
    lateness_ms: float
    receiving_ms: float
    load_cpu_share: float | None

    @property
    def throughput_error_share(self) -> float:
        """Return the error of the reported throughput over the true one."""
        return (self.rate_rps - self.departed_rps) / self.departed_rps

    @property
    def right(self) -> bool:
        """Return whether p50 is right, and p99 where there are requests enough for one."""
        return self.p50.right and (self.p99 is None or self.p99.right)


@dataclass(frozen=True, slots=True)
class Envelope:
    """The points of a sweep, and how far the suite may be believed by them. It has one or more.

    `crowd` is a point of more clients than came out right among these, at the rate of the slowest;
    None where a run has no more clients.
    """

    points: tuple[Point, ...]
    crowd: Point | None = None

    def __post_init__(self) -> None:
        if not self.points:
            raise ValueError("an envelope needs one point or more")

    @property
    def within(self) -> tuple[Point, ...]:
        """Return the points by rising rate up to the first wrong one, without those without a p99.

        A wrong point ends the envelope whatever lies above it: a right one there is an accident.
        """
        rising = sorted(self.points, key=lambda point: point.rate_rps)
        return tuple(p for p in takewhile(lambda p: p.right, rising) if p.p99 is not None)

    @property
    def rate_rps(self) -> float:
        """Return the highest rate up to which p50 and p99 are right; 0 where they never are."""
        return max((point.rate_rps for point in self.within), default=0.0)

    def replace_wrong(self, second: "Envelope") -> "Envelope":
        """Return the same points, each wrong one replaced by that of a second calibration."""
        by_load = {(point.spread, point.users): point for point in second.points}
        return Envelope(
            tuple(p if p.right else by_load.get((p.spread, p.users), p) for p in self.points)
        )

    @property
    def right(self) -> bool:
        """Return whether every point of the sweep is right."""
        return all(point.right for point in self.points)

    @property
    def users(self) -> int:
        """Return the most clients at which p50 and p99 are right; 0 where they never are."""
        return max((point.users for point in self._proofs), default=0)

    @property
    def _proofs(self) -> tuple[Point, ...]:
        """Return the points that are `within`, and the crowd where it is right too."""
        crowd = self.crowd
        proves = self.within and crowd and crowd.right and crowd.p99 is not None
        return (*self.within, crowd) if crowd and proves else self.within

    @property
    def sentence(self) -> str:
        """Return up to where p99 and p50 are right, and by how much they erred at worst."""
        if not self.within:
            lowest = min(point.rate_rps for point in self.points)
            return f"On this machine no p99 was right, not even at {_rate(lowest)}"
        p50 = _worst([point.p50 for point in self._proofs])
        p99 = _worst([point.p99 for point in self._proofs if point.p99])
        spreads = ", ".join(dict.fromkeys(point.spread for point in self.points))
        return (
            f"On this machine p99 is right to {p99} and p50 to {p50} up to "
            f"{_rate(self.rate_rps)} and {count(self.users)} clients (delays: {spreads})"
        )

    def doubt(self, rate_rps: float, users: int, p50_ms: float = 0.0) -> str | None:
        """Return why a trial of this throughput and so many clients cannot be believed, or None.

        `users` are those that ask: what a silent client holds costs the generator no time. What a
        crowd costs is an error in milliseconds, which is none beside a long median, `p50_ms`.
        """
        if not self.within:
            return (
                "p50 and p99 were right at no rate at which this machine was calibrated: end "
                "other programs and start a new run"
            )
        if rate_rps > self.rate_rps:
            subject = f"the throughput was {_rate(rate_rps)}"
            return _beyond(subject, _rate(self.rate_rps), self.right)
        if users > self.users and not self._bears(users, p50_ms):
            right = self.right and (self.crowd is None or self.crowd.right)
            return _beyond(f"{count(users)} clients asked", count(self.users), right)
        return None

    def _bears(self, users: int, p50_ms: float) -> bool:
        """Return whether the crowd, of so many users or more, erred by 5% of a latency at most."""
        crowd = self.crowd
        if crowd is None or crowd.p99 is None or users > crowd.users:
            return False
        error_ms = max(abs(crowd.p50.error_ms), abs(crowd.p99.error_ms))
        return error_ms <= RIGHT_SHARE * p50_ms


def _beyond(subject: str, limit: str, right: bool) -> str:
    """Return the doubt of what lies beyond a limit, up to which all that was tried was `right`."""
    state = "calibrated" if right else "right"
    return (
        f"{subject} (limit {limit}, up to which p50 and p99 were {state} on this machine): "
        "plan a lower load, or read no latency from it"
    )


def _worst(percentiles: list[Percentile]) -> str:
    """Return the largest error of some percentiles in both units: 3.0% (6.00 ms)."""
    share = max(abs(percentile.error_share) for percentile in percentiles)
    error_ms = max(abs(percentile.error_ms) for percentile in percentiles)
    return f"{percent(share)} ({milliseconds(error_ms)})"


def _rate(rate_rps: float) -> str:
    return f"{count(rate_rps)} requests/s"
