"""What a run prints while it is carried out."""

from pathlib import Path

import pytest

from harness.core.gate import Doubt, GateName
from harness.core.metrics import Measurement
from harness.core.plan import Load
from harness.core.record import Extra, Record
from harness.core.schedule import blocks
from harness.terminal.bench import follow
from tests.support import builders
from tests.support.histories import finished_run


@pytest.mark.parametrize(
    "load",
    [
        Load(rates_rps=(12.5, 25), settle_s=1, measure_s=2),
        Load(fractions=(0.125, 0.5), of="wait", settle_s=1, measure_s=2),
        Load(users=(1, 16), settle_s=1, measure_s=2),
    ],
    ids=lambda load: load.model,
)
def test_each_block_ends_with_a_line_of_its_own(
    load: Load, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two deployments, two load steps each; a rate or a percentage with a dot is one of them."""
    plan = builders.plan(rounds=1, scenarios=[builders.scenario("wait")])
    two = plan.model_copy(update={"load": load, "deployments": plan.deployments[:2]})
    order = blocks(two)
    trials = [trial for block in order for trial in block.trials]
    doubts = [(Doubt(GateName.GENERATOR, "busy"),), (), (), ()]
    records = [
        Record(trial, "", Measurement(), Extra(), doubt)
        for trial, doubt in zip(trials, doubts, strict=True)
    ]
    follow(finished_run(tmp_path, "it"), order, records)
    printed = capsys.readouterr().out
    assert f"{order[0].slug}: 2 trials, 1 flagged" in printed
    assert f"{order[1].slug}: 2 trials, none flagged" in printed


def test_a_trial_knows_its_block() -> None:
    """By the same name as the block itself."""
    block = blocks(builders.plan())[0]
    assert {trial.block for trial in block.trials} == {block.slug}
