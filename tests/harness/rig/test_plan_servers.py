"""Every server of the plan `servers` serves the application, and does what docs/servers.md says."""

from pathlib import Path

import pytest

from harness.core import plan_file
from harness.core.errors import BenchError
from harness.core.plan import Deployment
from harness.host import launches, packages
from harness.host.sockets import census
from harness.rig.servers import serve
from tests.support import server_behaviour as behaviour
from tests.support.servers_page import table

PLAN, _ = plan_file.read(Path("loadtests/plans/servers.toml"))
TUNED = [deployment for deployment in PLAN.deployments if not deployment.default_of]
NUMBERED = {"DJANGO_MIDDLEWARE": "numbered"}
SOMAXCONN = Path("/proc/sys/net/core/somaxconn")


@pytest.mark.long
@pytest.mark.parametrize("deployment", TUNED, ids=lambda deployment: deployment.name)
def test_a_server_does_what_the_plan_and_the_table_say(
    deployment: Deployment, tmp_path: Path
) -> None:
    """The same bytes twice; its connections and listen queue; its rows, with two slots at most."""
    try:
        packages.check(PLAN.application, [deployment])
    except BenchError as error:
        pytest.skip(str(error))
    notes = tmp_path / "numbers.txt"
    application = PLAN.application.model_copy(update={"environment": NUMBERED})
    few = behaviour.with_few_slots(deployment)
    variables = {"NUMBERS_FILE": str(notes)}
    plain, wait = f"/{few.views}/plain/", f"/{few.views}/wait/?ms={behaviour.WAIT_S * 1000:g}"
    with serve(application, few, tmp_path / "server.log", (0,), variables) as server:
        opened = behaviour.connections_opened(server, plain, b'{"workload": "plain"}')
        counted = census(server.port)
        seen = {
            "N > slots": behaviour.beyond_slots(server, wait),
            "client leaves": behaviour.when_the_client_leaves(server, wait, notes),
            "SIGTERM": behaviour.on_sigterm(server, wait),
        }
    assert opened == (1 if deployment.keep_alive else 2)
    asked = launches.launch(PLAN.application, deployment).backlog
    assert counted
    assert counted.listen_backlog == min(asked or 0, int(SOMAXCONN.read_text()))
    cells = table()[deployment.name]
    assert {column: cells[column] for column in seen} == seen
