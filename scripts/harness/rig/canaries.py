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

from harness.host.machine import Cores
from harness.host.processes import Child
from harness.rig import canary


@dataclass(frozen=True, slots=True)
class Canaries:
    """The files in which canaries note their beats, by whose cores they are on."""

    files: Mapping[str, Path]

    def beats(self) -> pd.DataFrame:
        """Return what they noted so far, with whose `cores` they are on."""
        noted = [pd.DataFrame(columns=["cores", *canary.COLUMNS])]
        for cores, path in self.files.items():
            with suppress(FileNotFoundError, pd.errors.EmptyDataError):  # before the first beat
                noted.append(pd.read_csv(path).assign(cores=cores))
        return pd.concat([rows for rows in noted if len(rows)] or noted, ignore_index=True)


@contextmanager
def canaries(folder: Path, cores: Cores) -> Iterator[Canaries]:
    """Yield canaries on the cores, which note beats in `folder` until the context ends."""
    on = {"server": cores.server, "load": cores.load}
    with ExitStack() as stack:
        yield Canaries({name: stack.enter_context(_canary(name, folder, on[name])) for name in on})


@contextmanager
def _canary(name: str, folder: Path, cores: Sequence[int]) -> Iterator[Path]:
    """Yield the file in which a canary on these cores notes its beats."""
    beats = folder / f"canary-{name}.csv"
    beats.unlink(missing_ok=True)
    # Nothing of the environment, no site-packages: it starts within 20 ms.
    argv = [sys.executable, "-I", "-S", canary.__file__, f"--beats={beats.absolute()}"]
    with Child(argv, folder / "canary.log", cores):
        yield beats
