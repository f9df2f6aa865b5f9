"""A plan is checked whole before anything starts; each fault is one line with the cure."""

import re
import sys
from pathlib import Path

import pytest

from harness.core.errors import BenchError
from harness.core.plan import Plan
from harness.core.plan_file import parse, read, stored
from tests.support.plans import OPEN, TINY, against, anywhere, with_only, with_open, with_rounds

PLANS = Path("loadtests/plans")
TWO_EVENTS = '[[events]]\nname = "reload"\nsignal = "SIGHUP"\n' * 2 + "[load]"


@pytest.mark.parametrize("path", sorted(PLANS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_plan_of_the_suite_can_be_carried_out(path: Path) -> None:
    """Each names programs and files that exist, and itself."""
    plan, _ = read(path)
    assert plan.name == path.stem


@pytest.mark.parametrize(
    ("load", "fault"),
    [
        ("fractions = [0.5]", "scenarios.2.load: fractions and of (the scenario"),
        ('rates_rps = [5], of = "wait"', "scenarios.2.load: fractions and of (the scenario"),
        ("rates_rps = [5], users = [5]", "scenarios.2.load: needs one of users, rates_rps"),
        ('search = "rate", users = [5]', "scenarios.2.load: needs one of users, rates_rps"),
        ('search = "rates"', "scenarios.2.load.search: input should be 'rate' or 'users'"),
        (
            'search = "rate", growth_most_ms = 9',
            "scenarios.2.load: growth_most_ms is of an open load",
        ),
        ('search = "rate"', "scenario open: a search needs what has to be met; add objective ="),
        ("users = [5], growth_most_ms = 9", "scenarios.2.load: growth_most_ms is of an open load"),
        ("rates_rps = [5, 4]", "scenarios.2.load.rates_rps: must rise from step to step"),
        ("rates_rps = [0]", "scenarios.2.load.rates_rps.0: input should be greater than 0"),
        ('fractions = [0.5], of = "wiat"', "scenario open: load.of must name a scenario with use"),
        ('fractions = [0.5], of = "open"', "scenario open: load.of must name a scenario with use"),
    ],
)
def test_a_fault_in_an_open_loop_is_named(load: str, fault: str) -> None:
    """One kind of step, and a capacity to take fractions of."""
    with pytest.raises(BenchError, match=re.escape(f"open.toml: {fault}")):
        parse(with_open(load), "open.toml")


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("seed = 7", "sead = 7", "unknown key sead; did you mean seed?"),
        ("slots = 4", "slot = 4", "unknown key deployments.0.slot; did you mean slots?"),
        ("settle_s = 1\nm", "settel_s = 1\nm", "unknown key load.settel_s; did you mean settle_s?"),
        (", measure_s = 2 }", " }", "scenarios.1.load.measure_s is missing"),
        ("seed = 7", "seed = 7\nqqq = 1", "unknown key qqq; choose one of name, rounds"),
        ("seed = 7", 'seed = "7"', "seed: input should be a valid integer, not '7'"),
        ("rounds = 2", "rounds = 0", "rounds: input should be greater than 0, not 0"),
        ("rounds = 2", "rounds = true", "rounds: input should be a valid integer, not True"),
        ('"wsgi"\nviews', '"http"\nviews', "deployments.0.interface: input should be 'wsgi' or"),
        ("[1, 10, 100]", "[10, 1]", "load.users: must rise from step to step"),
        ("[1, 10, 100]", "[]", "load: needs one of users, rates_rps, fractions and search"),
        ("[1, 10, 100]", "[0]", "load.users.0: input should be greater than 0, not 0"),
        ('name = "two"', 'name = "one"', "deployments: two have the name one"),
        (
            "[load]",
            "[cores]\nserver = [0, 1]\nload = [1, 2]\n[load]",
            "cores: server and load share core 1; give each cores of its own",
        ),
        ("[load]", "[cores]\nserver = []\nload = [1]\n[load]", "cores.server: "),
        ("[load]", TWO_EVENTS, "events: two have the name reload; give each its own"),
        ('name = "two"', 'name = "t/../wo"', "deployments.1.name: must consist of letters, digits"),
        ("--port={port}", "--port=8000", "deployment two: the command needs {port}"),
        ("slots = 4", 'ground = "tow"', "deployment one: ground: no other tow; did you mean two?"),
        ("slots = 4", 'ground = "one"', "deployment one: ground: no other one; choose one of two"),
        (
            "slots = 4",
            'default_of = "two"',
            "deployment one: default_of: two has another interface",
        ),
        ("slots = 4", 'requirements = ["gunicorn"]', "deployments.0.requirements.0: must name one"),
        ("slots = 4", 'requirements = ["x==1.*"]', "deployments.0.requirements.0: must name one"),
        ("{wsgi}", "{wsgy}", "deployment one: unknown placeholder {wsgy}; did you mean wsgi?"),
        ('"{python}", "-m", "uvicorn"', '"uvicorm"', "deployment two: no program uvicorm; install"),
        ('asgi = "config', '# "', "deployment two uses {asgi}; set application.asgi"),
        ('"config.asgi:application"', '""', "deployment two uses {asgi}; set application.asgi"),
        ('"app"', '"no-app"', "application.directory: no folder no-app; paths are relative"),
        ("loadtests/wait.py", "wait.py", "scenario wait: no locustfile wait.py; paths"),
        ("rounds = 2", "rounds = ", "not valid TOML"),
        ("[load]", "[lod]", "unknown key lod; did you mean load?"),
    ],
)
def test_a_fault_in_a_plan_is_one_line_with_file_key_and_cure(
    before: str, after: str, fault: str
) -> None:
    """Whatever is wrong, there is no traceback."""
    assert before in TINY
    with pytest.raises(BenchError) as caught:
        parse(TINY.replace(before, after), "tiny.toml")
    message = str(caught.value)
    assert message.startswith(f"tiny.toml: {fault}")
    assert "\n" not in message


MACHINES = '[machines]\nserver = "ssh://bench@app1:2222"\nload = ["ssh://gen1"]\n[load]'


def test_other_machines_are_named_as_ssh_has_them() -> None:
    """The host that is to be confirmed has neither user nor port."""
    plan = parse(TINY.replace("[load]", MACHINES), "tiny.toml")
    assert plan.machines is not None
    assert (plan.machines.server_name, plan.machines.load) == ("app1", ("ssh://gen1",))


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("ssh://gen1", "gen1", "machines.load.0: string should match pattern"),
        ("ssh://gen1", "ssh://-oProxyCommand=x", "machines.load.0: string should match pattern"),
        ("gen1", "bench@app1:2222", "machines: ssh://bench@app1:2222 has one part alone"),
        ('"ssh://gen1"', '"ssh://a", "ssh://a"', "machines: ssh://a has one part alone"),
        ('"app"', f'"app"\npython = "{sys.executable}"', "application.python is an interpreter of"),
        ("{host}:{port}", "0.0.0.0:{port}", "deployment one: the command needs {host} to listen"),
        ("slots = 4", 'slots = 4\npython = "bin/python"', "deployment one: python is an interpr"),
    ],
)
def test_what_other_machines_cannot_do_is_refused(before: str, after: str, fault: str) -> None:
    """An interpreter stays here, and loopback is out of reach."""
    with pytest.raises(BenchError, match=re.escape(f"tiny.toml: {fault}")):
        parse(TINY.replace("[load]", MACHINES).replace(before, after, 1), "tiny.toml")


def test_versions_that_the_command_does_not_serve_by_are_refused() -> None:
    """A program elsewhere has its own."""
    text = TINY.replace("slots = 4", 'requirements = ["gunicorn==26.0.0"]')
    (first, _) = parse(text, "tiny.toml").deployments
    assert (first.has_versions, first.requirement_names) == (True, ("gunicorn",))
    with pytest.raises(BenchError) as caught:
        parse(text.replace('"{python}", "-m", "gunicorn"', '"sh"'), "tiny.toml")
    assert str(caught.value) == (
        "tiny.toml: deployment one names versions that its command does not serve by; start it "
        "with {python} or {bin}"
    )


def test_an_interpreter_is_a_version_or_beside_the_plan() -> None:
    """As every path of a plan is."""
    text = TINY.replace("slots = 4", 'python = "{}"')
    pythons = ("3.12", "python3.12", "../env/bin/python", "/usr/bin/python3")
    plans = [stored(text.replace("{}", each, 1), "p.toml", Path("a/b")) for each in pythons]
    read = [plan.deployments[0].python for plan in plans]
    assert read == ["3.12", "python3.12", "a/env/bin/python", "/usr/bin/python3"]


def test_an_entry_point_is_missed_wherever_its_placeholder_stands() -> None:
    """Also within a word: an empty one would be a server of nothing."""
    text = TINY.replace('"{wsgi}"', '"--module={wsgi}"').replace("wsgi = ", "# ")
    with pytest.raises(BenchError) as caught:
        parse(text, "tiny.toml")
    assert str(caught.value) == "tiny.toml: deployment one uses {wsgi}; set application.wsgi"


@pytest.mark.parametrize(
    ("names", "fault"),
    [
        ('["tow"]', "scenario plain: no deployment tow; did you mean two?"),
        ("[]", "scenarios.1.deployments: tuple should have at least 1 item"),
    ],
)
def test_deployments_of_a_scenario_that_are_not_in_the_plan_are_named(
    names: str, fault: str
) -> None:
    """With the nearest name that is."""
    with pytest.raises(BenchError) as caught:
        parse(against(names), "tiny.toml")
    assert str(caught.value).startswith(f"tiny.toml: {fault}")


@pytest.mark.parametrize(
    ("only", "fault"),
    [
        ("tow = [1]", "scenario wait: only: no deployment tow here; did you mean two?"),
        ("two = [1, 50]", "scenario wait: only.two: 50 is none of 1, 10, 100"),
        ("two = []", "scenarios.0.only.two: tuple should have at least 1 item"),
    ],
)
def test_steps_that_a_scenario_has_not_are_named(only: str, fault: str) -> None:
    """So are deployments that it does not run against."""
    with pytest.raises(BenchError) as caught:
        parse(with_only(only), "tiny.toml")
    assert str(caught.value).startswith(f"tiny.toml: {fault}")


@pytest.mark.parametrize(
    ("rounds", "fault"),
    [
        ("tow = 1", "scenario wait: rounds: no deployment tow here; did you mean two?"),
        ("two = 3", "scenario wait: rounds.two: 3 is more than the plan's rounds = 2; raise those"),
        ("two = 0", "scenarios.0.rounds.two: input should be greater than 0"),
    ],
)
def test_rounds_that_nobody_has_are_refused(rounds: str, fault: str) -> None:
    """So are deployments that the scenario does not run against."""
    with pytest.raises(BenchError) as caught:
        parse(with_rounds(rounds), "tiny.toml")
    assert str(caught.value).startswith(f"tiny.toml: {fault}")


def test_a_search_has_no_rounds_and_no_steps_of_its_own() -> None:
    """Each end of its bracket is tried as often as it needs."""
    searched = TINY.replace("users = [1, 10, 100]", 'search = "users"').replace(
        "settings = {", "objective = { p95_ms = 500 }\nsettings = {"
    )
    assert parse(searched, "tiny.toml").load.model == "closed"
    for key, fault in (
        ("rounds = { two = 1 }", "scenario wait: a search has no rounds; leave them out"),
        ("only = { two = [10] }", "scenario wait: only.two: 10 is none of"),
    ):
        with pytest.raises(BenchError, match=re.escape(f"tiny.toml: {fault}")):
            parse(searched.replace("objective = {", f"{key}\nobjective = {{"), "tiny.toml")


def test_a_capacity_is_measured_in_every_round_that_has_fractions_of_it() -> None:
    """`wait` runs once against two, and `open` twice."""
    text = with_rounds("two = 1").replace("[load]", f"{OPEN}\n[load]")
    with pytest.raises(BenchError, match=r"load\.of wait has fewer rounds of two; give it as many"):
        parse(text, "tiny.toml")


def test_fractions_of_a_capacity_that_a_deployment_is_not_asked_for_are_refused() -> None:
    """`plain` runs against two alone, so nothing measures what one could serve."""
    of = OPEN.replace('of = "wait"', 'of = "plain"')
    with pytest.raises(BenchError, match=r"open: load\.of plain does not run against one; add one"):
        parse(against('["two"]', of), "tiny.toml")


def test_an_objective_is_a_latency_above_zero() -> None:
    """Nothing is served within 0 ms."""
    text = TINY.replace("settings = { wait_ms = 250 }", "objective_ms = 500")
    assert parse(text, "tiny.toml").scenarios[0].objective_ms == 500
    with pytest.raises(BenchError, match="objective_ms: input should be greater than 0"):
        parse(text.replace("= 500", "= 0"), "tiny.toml")


@pytest.mark.parametrize("path", ["no-such.toml", "loadtests"])
def test_a_plan_that_cannot_be_read_is_named(path: str) -> None:
    """The message says where plans are."""
    with pytest.raises(BenchError, match=rf"{path}: cannot read the plan \(.+\); name one of"):
        read(Path(path))


def test_a_plan_cannot_be_changed_once_it_is_read() -> None:
    """Facts are frozen."""
    plan: Plan = parse(TINY, "tiny.toml")
    with pytest.raises(ValueError, match="frozen"):
        plan.rounds = 5


def with_paths(paths: str, folder: Path) -> Plan:
    """Let clients of the scenario `plain` ask for paths instead; the plan is in a folder."""
    text = TINY.replace('locustfile = "loadtests/plain.py"', f"paths = [{paths}]")
    return parse(anywhere(text), "tiny.toml", folder)


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    """Make a folder for a plan with a file of words beside it, one without and one of no text."""
    (tmp_path / "words.txt").write_text("one\ntwo\n")
    (tmp_path / "empty.txt").write_text("\n \n")
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00")
    return tmp_path


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ('users = ["Buyer", "2nd"]', "scenarios.1.users.1: must be the name of a class"),
        ('requirements = "lacking.txt"', "scenario plain: no requirements lacking.txt; paths are"),
    ],
)
def test_user_classes_have_names_and_requirements_are_files(keys: str, fault: str) -> None:
    """The classes themselves are Locust's to look for."""
    behaviour = 'locustfile = "loadtests/plain.py"'
    with pytest.raises(BenchError, match=re.escape(f"own.toml: {fault}")):
        parse(TINY.replace(behaviour, f"{behaviour}\n{keys}"), "own.toml")


@pytest.mark.parametrize("key", ['users = ["Buyer"]', 'requirements = "README.md"'])
def test_paths_have_neither_user_classes_nor_requirements(key: str) -> None:
    """They are the suite's own locustfile."""
    text = TINY.replace('locustfile = "loadtests/plain.py"', f'paths = ["/"]\n{key}')
    with pytest.raises(BenchError, match=f"{key.split()[0]} is of a locustfile; paths have none"):
        parse(text, "own.toml")


def test_paths_in_a_plan_are_relative_to_the_plan(tmp_path: Path) -> None:
    """Whatever folder the suite runs in; `..` is gone, so that equal plans stay equal."""
    site = tmp_path / "site"
    (site / "bench").mkdir(parents=True)
    (site / ".env").write_text("A=1\n")
    (site / "bench" / "load.py").write_text("")
    text = TINY.replace('"app"', '".."\nenv_file = "../.env"\npython = "/usr/bin/python3"')
    text = re.sub(r'"loadtests/\w+\.py"', '"load.py"', text)
    plan = parse(text, "bench.toml", site / "bench")
    assert (plan.application.directory, plan.application.env_file) == (site, site / ".env")
    assert plan.application.python == Path("/usr/bin/python3")
    assert {scenario.locustfile for scenario in plan.scenarios} == {site / "bench" / "load.py"}


def test_a_plan_that_is_stored_needs_none_of_its_files(tmp_path: Path) -> None:
    """A report is redrawn wherever the application is now."""
    assert stored(TINY, "run.json", tmp_path).application.directory == tmp_path / "app"
    with pytest.raises(BenchError, match=r"no folder .*/app; paths are relative to the plan"):
        parse(TINY, "tiny.toml", tmp_path)


def test_a_host_is_a_header_among_the_others() -> None:
    """As a proxy would send them."""
    keys = 'host = "example.com"\nheaders = { X-Forwarded-Proto = "https" }'
    application = parse(TINY.replace('"app"', f'"app"\n{keys}'), "tiny.toml").application
    assert application.request_headers == {"Host": "example.com", "X-Forwarded-Proto": "https"}
    with pytest.raises(BenchError, match=r"application\.host: must be printable ASCII"):
        parse(TINY.replace('"app"', '"app"\nhost = "a\\nb"'), "tiny.toml")


def test_a_scenario_may_name_paths_instead_of_a_locustfile(beside: Path) -> None:
    """A string is a path of weight 1; words are relative to the plan, one file for all or each."""
    plan = with_paths(
        """
        "/", "/articles/?page=2",
        { path = "/search/?q={word}", weight = 3, words = "words.txt" },
        { path = "/{a}/{b}/", words = { a = "words.txt", b = "/etc/hosts" } },
        { path = "/cart/", method = "POST", json = { id = 1 }, status = 201, name = "cart" },
        """,
        beside,
    )
    paths = plan.scenarios[1].paths
    assert [path.weight for path in paths] == [1, 1, 3, 1, 1]
    assert paths[1].path == "/articles/?page=2"
    assert paths[2].words == {"word": beside / "words.txt"}
    assert paths[3].words == {"a": beside / "words.txt", "b": Path("/etc/hosts")}
    assert (paths[4].method, paths[4].body, paths[4].status) == ("POST", {"id": 1}, 201)
    assert plan.scenarios[1].locustfile is None


AT = "scenarios.1.paths.0"


@pytest.mark.parametrize(
    ("paths", "fault"),
    [
        ("", "scenarios.1: needs one of locustfile and paths"),
        ('"articles/"', f"{AT}.path: must begin with '/', not 'articles/'"),
        ('{ path = "/", weight = 0 }', f"{AT}.weight: input should be greater than 0, not 0"),
        ('{ path = "/", weight = inf }', f"{AT}.weight: input should be a finite number"),
        ('{ path = "/", wieght = 2 }', f"unknown key {AT}.wieght; did you mean weight?"),
        ('{ path = "/", jsn = 2 }', f"unknown key {AT}.jsn; did you mean json?"),
        ('{ path = "/", body = 2 }', f"unknown key {AT}.body; choose one of path, name, weight"),
        ("{ weight = 2 }", f"{AT}.path is missing"),
        ('{ path = "/", method = "FETCH" }', f"{AT}.method: input should be 'GET', 'HEAD'"),
        ('{ path = "/", status = 2000 }', f"{AT}.status: input should be less than or equal to"),
        ('{ path = "/", data = "a", json = 1 }', f"{AT}: data and json are both the body; keep"),
        ('"/{word}/"', f"{AT}: {{word}} needs a file of words: words = {{ word = 'FILE' }}"),
        ('{ path = "/{a}/{b}", words = { a = "words.txt" } }', f"{AT}: {{b}} needs a file of"),
        ('{ path = "/", words = "words.txt" }', f"{AT}: words without a {{placeholder}} in"),
        ('{ path = "/{a}", words = { a = "words.txt", b = "x" } }', f"{AT}: words without a {{b}}"),
        ('"/{a-b}/"', f"{AT}: a brace that is no {{placeholder}}; write %7B and %7D"),
    ],
)
def test_a_fault_in_a_path_is_named(paths: str, fault: str, beside: Path) -> None:
    """Before anything starts."""
    with pytest.raises(BenchError) as caught:
        with_paths(paths, beside)
    assert str(caught.value).startswith(f"tiny.toml: {fault}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("file", "fault"),
    [
        ("none.txt", "cannot read it (No such file or directory); paths are relative to the pl"),
        ("binary.txt", "cannot read it (not UTF-8 text); paths are relative to the plan"),
        ("empty.txt", "it is empty; write one value a line"),
    ],
)
def test_a_file_of_words_that_cannot_be_drawn_from_is_named(
    file: str, fault: str, beside: Path
) -> None:
    """By the place where it was looked for."""
    with pytest.raises(BenchError) as caught:
        with_paths(f'{{ path = "/{{word}}", words = "{file}" }}', beside)
    expected = f"tiny.toml: scenario plain: words: {beside / file}: {fault}"
    assert str(caught.value).startswith(expected)


@pytest.mark.parametrize(
    "behaviour", ["", 'locustfile = "loadtests/plain.py"\npaths = ["/"]'], ids=["none", "both"]
)
def test_clients_behave_by_a_locustfile_or_by_paths(behaviour: str) -> None:
    """By one of the two."""
    text = TINY.replace('locustfile = "loadtests/plain.py"', behaviour)
    with pytest.raises(BenchError, match=r"scenarios\.1: needs one of locustfile and paths"):
        parse(text, "tiny.toml")


def test_views_are_named_only_where_a_path_is_filled_in_by_them() -> None:
    """They mean nothing to an application of another kind."""
    without = TINY.replace('views = "sync"\n', "")
    assert [deployment.views for deployment in parse(without, "tiny.toml").deployments] == [
        None,
        "async",
    ]
    counted = without.replace("wait_ms = 250 }", 'wait_ms = 250 }\ninstructions = "/{views}/"')
    with pytest.raises(BenchError, match=r"instructions has {views}, and deployment one names"):
        parse(counted, "tiny.toml")


def test_a_probe_is_for_all_deployments_or_for_none() -> None:
    """Else their ratio would hold its cost."""
    probed = 'name = "two"\nprobe = true'
    with pytest.raises(BenchError, match="deployment two has a probe and one has none"):
        parse(TINY.replace('name = "two"', probed), "tiny.toml")
    both = TINY.replace('name = "two"', probed).replace(
        'name = "one"', 'name = "one"\nprobe = true'
    )
    assert all(deployment.probe for deployment in parse(both, "tiny.toml").deployments)
    assert not any(deployment.probe for deployment in parse(TINY, "tiny.toml").deployments)
