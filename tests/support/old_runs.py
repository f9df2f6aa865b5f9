"""Run folders that earlier versions made: of the default plan and of ten thousand clients."""

from pathlib import Path

OLD_RUNS = tuple(sorted(path.parent for path in Path(__file__).parent.glob("earlier/*/run.json")))
