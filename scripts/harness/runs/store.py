"""The run on disk: with `history` the only module that knows the names below results/."""

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

from harness.core.advice import Advice
from harness.core.cpu_profile import CpuProfile
from harness.core.errors import BenchError
from harness.core.plan import Plan
from harness.core.plan_file import stored
from harness.core.record import Record
from harness.core.summary import HeatMap, Lanes, Sample, StopTally, Timeline
from harness.core.trial import Block
from harness.measure.envelope import Envelope
from harness.rig import live, request_log
from harness.rig.live import LiveFigures
from harness.runs import facts, name_row, trial_row
from harness.runs.facts import RunFacts

SAMPLES = TypeAdapter(tuple[Sample, ...])
TIMELINES = TypeAdapter(tuple[Timeline, ...])
ADVICE = TypeAdapter(Advice)
STOPPED = TypeAdapter(tuple[StopTally, ...])
LANES = TypeAdapter(tuple[Lanes, ...])
HEAT_MAPS = TypeAdapter(tuple[HeatMap, ...])
PROFILES = TypeAdapter(tuple[CpuProfile, ...])


@dataclass(frozen=True, slots=True)
class OfBlocks:
    """What a summary has of the rows of blocks, which a run may be kept without."""

    timelines: tuple[Timeline, ...] = ()
    stopped: tuple[StopTally, ...] = ()
    lanes: tuple[Lanes, ...] = ()
    heat_maps: tuple[HeatMap, ...] = ()


class Run:
    """One run, a folder below results/: made once, filled trial by trial, never overwritten."""

    def __init__(self, folder: Path, facts: RunFacts) -> None:
        self.folder = folder
        self.name = folder.name
        self.facts = facts
        plan_folder = Path(facts.plan_folder)
        whole = stored(facts.plan, f"{folder / 'run.json'}: plan", plan_folder)
        self.plan: Plan = whole.without(facts.left_out)

    @classmethod
    def create(
        cls,
        folder: Path,
        plan_text: str,
        machine: dict[str, str],
        commit: str,
        order: list[str],
        envelope: Envelope | None = None,
        plan_folder: Path = Path(),
        envelope_by_requests: Envelope | None = None,
        served: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
        left_out: Mapping[str, str] = MappingProxyType({}),
        links: Mapping[str, str] = MappingProxyType({}),
    ) -> "Run":
        """Make the folder of a new run, and store what it is to do.

        Args:
            folder: the folder of the run; its name is the run's.
            plan_text: the plan, verbatim.
            machine: the facts that must be equal where the run is resumed.
            commit: the revision of the suite.
            order: the slugs of the blocks, in the order in which they are carried out.
            envelope: the calibration, None without one.
            plan_folder: where the plan is, which its paths are relative to.
            envelope_by_requests: that of scenarios that ask as an HttpUser does.
            served: what each deployment serves, as facts by name.
            left_out: the deployments that this machine cannot serve, with the reason.
            links: those from the hosts of the load to the server's, in words.

        Raises:
            BenchError: the folder exists, or cannot be written.
        """
        run_facts = RunFacts(
            schema=facts.SCHEMA,
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            plan=plan_text,
            plan_folder=str(plan_folder),
            machine=machine,
            commit=commit,
            blocks=tuple(order),
            calibration=envelope,
            calibration_by_requests=envelope_by_requests,
            served={name: dict(facts) for name, facts in served.items()},
            left_out=dict(left_out),
            links=dict(links),
        )
        try:
            (folder / "blocks").mkdir(parents=True)
            facts.write(folder / "run.json", run_facts)
            with (folder / "trials.csv").open("w", newline="") as file:
                csv.writer(file).writerow(trial_row.COLUMNS)
            with (folder / "names.csv").open("w", newline="") as file:
                csv.writer(file).writerow(name_row.COLUMNS)
        except OSError as error:
            raise BenchError(
                f"{folder}: cannot be written ({error.strerror}); make it writable or name "
                "another folder with --results"
            ) from None
        return cls(folder, run_facts)

    @classmethod
    def open(cls, folder: Path) -> "Run":
        """Return the run in a folder; raise BenchError where run.json is missing or spoilt."""
        try:
            return cls(folder, facts.read(folder / "run.json"))
        except FileNotFoundError:
            raise BenchError(f"{folder}: no run there; `ls {folder.parent}` lists them") from None

    def block_folder(self, block: Block) -> Path:
        """Return the folder of one block's logs and rows, made where it is missing."""
        folder = self.folder / "blocks" / block.slug
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def append(self, record: Record) -> None:
        """Add one trial, figures by name first; both are on disk when this returns."""
        self._append_names(record)
        with (self.folder / "trials.csv").open("a", newline="") as file:
            csv.writer(file).writerow(trial_row.cells(self.name, record))

    def records(self) -> tuple[Record, ...]:
        """Return all trials; raise BenchError, with file and line, where one cannot be read."""
        path = self.folder / "names.csv"
        names = name_row.by_trial(_rows(path)) if path.exists() else {}
        rows = _rows(self.folder / "trials.csv")
        records = (trial_row.record(row, where) for where, row in rows)
        return tuple(replace(each, names=names.get(name_row.key(each), ())) for each in records)

    def _append_names(self, record: Record) -> None:
        """Add a trial's figures by name, to a file that a run of an earlier version lacks."""
        path = self.folder / "names.csv"
        is_new = not path.exists()
        with path.open("a", newline="") as file:
            rows = csv.writer(file)
            if is_new:
                rows.writerow(name_row.COLUMNS)
            rows.writerows(name_row.cells(record))

    def keep_requests(self, block: Block, requests: pd.DataFrame) -> None:
        """Store a block's requests as Parquet, after those of an earlier start of the block.

        `requests` has the columns of harness.core.request_row.
        """
        if requests.empty:
            return
        path = self.block_folder(block) / "requests.parquet"
        if path.exists():
            requests = pd.concat([pd.read_parquet(path), requests], ignore_index=True)
        requests.to_parquet(path, index=False)

    def requests(self, block: Block) -> pd.DataFrame | None:
        """Return a block's requests, with the columns of harness.core.request_row.

        None where their file is missing.
        """
        try:
            rows = pd.read_parquet(self.folder / "blocks" / block.slug / "requests.parquet")
        except (OSError, ValueError):
            return None
        return request_log.complete(rows)

    def rows(self, block: Block) -> tuple[pd.DataFrame, pd.DataFrame] | None:
        """Return a block's requests, and its usage with the columns of harness.rig.meter.

        None where the file of either is missing.
        """
        requests = self.requests(block)
        try:
            usage = pd.read_csv(self.folder / "blocks" / block.slug / "usage.csv")
        except (OSError, ValueError):
            return None
        return None if requests is None else (requests, usage)

    def live(self, block: Block) -> LiveFigures | None:
        """Return how the load of a block goes now; None while it has none."""
        return live.newest(self.folder / "blocks" / block.slug)

    def stops(self, block: Block) -> pd.DataFrame | None:
        """Return the rows of the probe in each process of a block's server; None without a probe.

        The columns are those of harness/rig/probe/stops_probe.py.
        """
        files = sorted((self.folder / "blocks" / block.slug).glob("stops-*.csv"))
        rows = [pd.read_csv(path) for path in files]
        return pd.concat(rows, ignore_index=True) if rows else None

    def profile_folder(self, block: Block) -> Path:
        """Return the folder of one profile's files, made where it is missing."""
        folder = self.folder / "profiles" / str(block.climb)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def add_profile(self, profile: CpuProfile) -> None:
        """Store a profile beside the others, in a file of their own: none of them is a trial."""
        profiles = PROFILES.dump_json((*self.profiles(), profile), indent=1)
        (self.folder / "profile.json").write_bytes(profiles + b"\n")

    def profiles(self) -> tuple[CpuProfile, ...]:
        """Return the profiles; none where the run has none, raise BenchError where spoilt."""
        path = self.folder / "profile.json"
        try:
            return PROFILES.validate_json(path.read_bytes()) if path.exists() else ()
        except (OSError, ValueError):
            raise BenchError(f"{path}: cannot be read; remove it to go on without it") from None

    def write_summary(self, content: Mapping[str, Any]) -> None:
        """Store summary.json, which has all that the pages say."""
        text = json.dumps(content, indent=1, allow_nan=False, default=to_jsonable_python)
        (self.folder / "summary.json").write_text(text + "\n")

    def samples(self) -> tuple[Sample, ...]:
        """Return the cells of summary.json; raise BenchError where it is missing or spoilt."""
        path = self.folder / "summary.json"
        try:
            return SAMPLES.validate_python(json.loads(path.read_bytes())["samples"])
        except (OSError, ValueError, KeyError):  # a ValidationError is a ValueError
            raise BenchError(
                f"{path}: cannot be read; `make report RUN={self.name}` writes it anew"
            ) from None

    def write_advice(self, advice: Advice) -> None:
        """Store advice.json: what to run, by this run."""
        text = json.dumps(ADVICE.dump_python(advice, mode="json"), indent=1, allow_nan=False)
        (self.folder / "advice.json").write_text(text + "\n")

    def advice(self) -> Advice | None:
        """Return what this run advises; None where it is none of `make advise`.

        Raise BenchError where advice.json is spoilt.
        """
        path = self.folder / "advice.json"
        if not path.exists():
            return None
        try:
            return ADVICE.validate_json(path.read_bytes())
        except ValueError as error:
            raise BenchError(
                f"{path}: cannot be read ({type(error).__name__}); remove it, or run make advise"
            ) from None

    @property
    def has_blocks(self) -> bool:
        """Return whether the rows of its blocks are there; a run may be kept without them."""
        return (self.folder / "blocks").is_dir()

    def of_blocks(self) -> OfBlocks:
        """Return what summary.json has of the rows of blocks; nothing without that file."""
        path = self.folder / "summary.json"
        if not path.exists():
            return OfBlocks()
        content = json.loads(path.read_bytes())
        return OfBlocks(
            TIMELINES.validate_python(content.get("timelines", ())),
            STOPPED.validate_python(content.get("stopped", ())),
            LANES.validate_python(content.get("lanes", ())),
            HEAT_MAPS.validate_python(content.get("heat_maps", ())),
        )

    @property
    def charts(self) -> Path:
        """Return the folder of the charts."""
        return self.folder / "charts"

    def write_page(self, suffix: str, text: str) -> Path:
        """Store the report as .html or .md, and return its path."""
        path = self.folder / f"report.{suffix}"
        path.write_text(text)
        return path


def _rows(path: Path) -> Iterable[tuple[str, dict[str, str]]]:
    """Return the rows of a CSV file, each with where it stands."""
    try:
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BenchError(f"{path}: cannot be read ({error}); redo the run") from None
    return [(f"{path}, line {number}", row) for number, row in enumerate(rows, start=2)]


def newest(results: Path) -> Path:
    """Return the folder of the run that was started last; raise BenchError without any."""
    runs = [path.parent for path in results.glob("*/run.json")]
    if not runs:
        raise BenchError(f"{results}: no run there yet; `make bench` makes one")
    return max(runs, key=lambda folder: (folder / "run.json").stat().st_mtime)


def find(results: Path, name: str | None) -> Run:
    """Return the run of a name, or the one that was started last; raise BenchError without it."""
    return Run.open(results / name if name else newest(results))


def report_page(results: Path, name: str | None) -> Path:
    """Return the page of the run of a name, or the newest; raise BenchError where there is none."""
    if name:
        page = find(results, name).folder / "report.html"
        if not page.exists():
            raise BenchError(f"{page}: not drawn yet; `make report RUN={name}` draws it")
        return page
    pages = list(results.glob("*/report.html"))
    if not pages:
        raise BenchError(f"{results}: no report there yet; `make quick` makes a first one")
    return max(pages, key=lambda page: page.stat().st_mtime)


def write_comparison(results: Path, before: str, now: str, text: str) -> Path:
    """Store the page that shows two runs side by side, and return its path.

    Raise BenchError where it cannot be written.
    """
    path = results / "comparisons" / f"{before}--{now}.html"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    except OSError as error:
        raise BenchError(
            f"{path}: cannot be written ({error.strerror}); make it writable"
        ) from None
    return path
