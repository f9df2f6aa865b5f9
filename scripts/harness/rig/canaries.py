"""The canaries of a block: one on the server's cores, one on the generator's.

Runs start them. The sides of a check take turns of a second or two on the same cores: what slows a
core down meets both of them, and so few beats could not tell one turn from another.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from harness.host.processes import Child
from harness.rig import canary


@dataclass(frozen=True, slots=True)
class Canaries:
    """The files in which canaries note their beats, each with whose cores it is on."""

    files: Mapping[Path, str]

    def beats(self) -> pd.DataFrame:
        """Return what they noted so far, with whose `cores` they are on."""
        noted = [pd.DataFrame(columns=["cores", *canary.COLUMNS])]
        for path, cores in self.files.items():
            with suppress(FileNotFoundError, pd.errors.EmptyDataError):  # before the first beat
                noted.append(pd.read_csv(path).assign(cores=cores))
        return pd.concat([rows for rows in noted if len(rows)] or noted, ignore_index=True)


@contextmanager
def canaries(folder: Path, on: Mapping[str, Sequence[int]]) -> Iterator[Canaries]:
    """Yield canaries `on` cores, by whose they are, which note beats in `folder` meanwhile."""
    with ExitStack() as stack:
        yield Canaries({stack.enter_context(_canary(name, folder, on[name])): name for name in on})


@contextmanager
def _canary(name: str, folder: Path, cores: Sequence[int]) -> Iterator[Path]:
    """Yield the file in which a canary on these cores notes its beats."""
    beats = folder / f"canary-{name}.csv"
    beats.unlink(missing_ok=True)
    # Nothing of the environment, no site-packages: it starts within 20 ms.
    argv = [sys.executable, "-I", "-S", canary.__file__, f"--beats={beats.absolute()}"]
    with Child(argv, folder / "canary.log", cores):
        yield beats
