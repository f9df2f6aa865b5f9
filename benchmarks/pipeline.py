"""What analysing a run costs: synthetic rows take the way of a real run's.

From the CSV file on they are read, measured, judged, stored, summarised and drawn.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path

from benchmarks import synthetic
from harness.core import plan_file, schedule
from harness.core.errors import BenchError
from harness.core.plan import Load, Plan, Scenario
from harness.core.record import Record
from harness.core.trial import Block
from harness.measure import gates
from harness.measure.measurement import measure
from harness.report.charts import registry
from harness.rig.generator import LOADTESTS
from harness.rig.request_log import Rows
from harness.runs.store import Run
from harness.runs.summarise import summarise

# Each step of users divides the requests of a trial: 25 for each of 800.
USERS = (50, 100, 200, 400, 800)
DEPLOYMENTS = 5
REQUESTS = 20_000
SCENARIOS = tuple(
    Scenario(name=name, locustfile=LOADTESTS / "wait.py", settings={"wait_ms": synthetic.WAIT_MS})
    for name in ("one", "other")
)
MACHINE = {"server_cores": "1"}

# The first load step opens in 2027, the others this far apart.
FIRST_S = 1.8e9
GAP_S = 12.0


@dataclass(slots=True)
class Cost:
    """How many requests were analysed, and the seconds of each step; drawing them is no step."""

    requests: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    drawing_s: float = 0.0

    @property
    def analysis_s(self) -> float:
        """Return the seconds of all steps."""
        return sum(self.seconds.values())

    @property
    def gates_share(self) -> float:
        """Return the gates' share of them."""
        return self.seconds["judge"] / self.analysis_s

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count the time inside this block."""
        started = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started


def analysis_cost(folder: Path, rounds: int, requests: int = REQUESTS) -> Cost:
    """Return the cost of analysing so many rounds of 50 trials of so many requests, in a folder."""
    if rounds < 1:
        raise BenchError(f"{rounds} rounds analyse nothing; set --rounds to 1 or more")
    default, text = plan_file.read(LOADTESTS / "plans" / "default.toml")
    run = Run.create(folder / "run", text, MACHINE, "", [])
    run.plan = _enlarge(default, rounds)
    cost = Cost()
    for number, block in enumerate(schedule.blocks(run.plan)):
        _analyse(run, block, cost, requests, seed=number * len(USERS))
    with cost.step("summarise"):
        summary = summarise(run.name, run.plan, MACHINE, run.records())
        run.write_summary(asdict(summary))
    with cost.step("draw"):
        registry.save(registry.draw(summary), run.charts)
    return cost


def _enlarge(default: Plan, rounds: int) -> Plan:
    """Return five deployments of the default plan, two scenarios, five load steps, these rounds."""
    load = Load(users=USERS, settle_s=0, measure_s=synthetic.MEASURE_S)
    parts = {"deployments": default.deployments[:DEPLOYMENTS], "scenarios": SCENARIOS}
    return default.model_copy(update={"rounds": rounds, "load": load, **parts})


def _analyse(run: Run, block: Block, cost: Cost, requests: int, seed: int) -> None:
    """Draw the rows of a block, plateau by plateau, and do with each what a run does."""
    path = run.block_folder(block) / "requests.csv"
    rows = Rows(path)
    for trial, opened, number in zip(
        block.trials, count(FIRST_S, GAP_S), count(seed), strict=False
    ):
        started = time.perf_counter()
        plateau = synthetic.plateau(trial.users, opened)
        synthetic.append(path, synthetic.requests(plateau, requests, number))
        usage = synthetic.usage(plateau)
        cost.drawing_s += time.perf_counter() - started
        with cost.step("read"):
            read = rows.read(since_s=plateau.opened)
        with cost.step("measure"):
            measured, extra = measure(read, usage, plateau, block.scenario)
        with cost.step("judge"):
            doubts = gates.judge(trial, measured, extra, cores=1)
        with cost.step("keep"):
            run.append(Record(trial, "", measured, extra, doubts))
        cost.requests += len(read)
    with cost.step("keep"):
        run.keep_requests(block, rows.read())
    path.unlink()
