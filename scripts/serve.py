"""Serve one deployment of a plan by hand, until Ctrl-C."""

import signal
import sys
import tempfile
import time
from pathlib import Path

from harness.core import plan_file
from harness.core.errors import BenchError
from harness.core.plan import Deployment, Plan
from harness.host import machine, packages, site, versions
from harness.rig.servers import Server, serve
from harness.rig.session import services
from harness.runs.start import DEFAULT_PLAN
from harness.terminal import terminal

POLL_S = 0.2


def main(argv: list[str]) -> int:
    """Serve until Ctrl-C; return 0, or 2 where the deployment does not serve."""
    parser = terminal.Parser(prog="make serve", description=__doc__)
    parser.add_argument("deployment", nargs="?", help="name of the deployment in the plan")
    parser.add_argument("--plan", type=Path, default=DEFAULT_PLAN)
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args(argv)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        plan, _ = plan_file.read(options.plan)
        _serve(plan, _deployment(plan, options.deployment, options.plan), options.port)
    except BenchError as error:
        terminal.fail(str(error))
        return 2
    except KeyboardInterrupt:
        return 0
    return 0


def _deployment(plan: Plan, name: str | None, source: Path) -> Deployment:
    for deployment in plan.deployments:
        if deployment.name == name:
            return deployment
    names = ", ".join(deployment.name for deployment in plan.deployments)
    raise BenchError(f"{source}: no deployment {name}; set DEPLOYMENT to one of {names}")


def _serve(plan: Plan, deployment: Deployment, port: int) -> None:
    """Start the deployment and the services that it calls; wait for Ctrl-C or its end."""
    cores = machine.assign(plan.cores, machine.cores())
    versions.install(plan.application, [deployment])
    packages.check(plan.application, [deployment])
    with (
        tempfile.TemporaryDirectory(prefix="serve-") as folder,
        services(plan, Path(folder), cores) as backing,
    ):
        site.run(backing.known_to(plan.application), plan.application.reset, "reset")
        with serve(
            application=plan.application,
            deployment=deployment,
            log=Path(folder, "server.log"),
            cores=cores.server,
            variables=backing.variables,
            port=port,
        ) as server:
            _wait(server)


def _wait(server: Server) -> None:
    """Wait for Ctrl-C; raise BenchError where the server ends before it."""
    terminal.OUT.print(f"{server.name} serves at {server.url} until Ctrl-C")
    while server.child.exit_reason is None:
        time.sleep(POLL_S)
    raise BenchError(f"{server.name} {server.child.exit_reason}:\n{server.child.tail()}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
