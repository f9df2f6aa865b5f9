"""What a locustfile may bring: it works, or one line refuses it by its name."""

from pathlib import Path

import pytest

from tests.loadtests.locusts import Climb, whole_climb
from tests.support.shop import shop

FLAGS = ("-u2", "--stairs=2", "--settle-s=0.1", "--measure-s=0.4", "--spawn-rate=100")
LOOK = """
    @task
    def look(self):
        self.client.get("/fixed/", name="look")
"""
VISITOR = f"""
class Visitor(FastHttpUser):
    wait_time = constant(0.02)
{LOOK}
"""


def climb(text: str, folder: Path, *flags: str) -> Climb:
    """Run a locustfile in a folder of its own, with Locust in another."""
    home = folder / "theirs"
    home.mkdir(exist_ok=True)
    (home / "locustfile.py").write_text(
        "from locust import *\nfrom locust.exception import *\nimport os\n" + text
    )
    with shop() as server:
        return whole_climb(home / "locustfile.py", server.url, folder, *FLAGS, *flags)


def refusal(text: str, folder: Path, *flags: str) -> str:
    """Return the line by which a locustfile is refused: the last one, which is noted too."""
    climbed = climb(text, folder, *flags)
    assert climbed.status == 1, climbed.output
    assert climbed.notes[-1]["kind"] in ("refused", "failed")
    assert climbed.notes[-1]["text"] == climbed.last_line
    return climbed.last_line


def test_a_shape_is_refused(tmp_path: Path) -> None:
    """The steps are the plan's."""
    shape = VISITOR + "class Steps(LoadTestShape):\n    def tick(self): return 3, 1\n"
    line = "Steps is a LoadTestShape; the plan's [load] has the users: remove it"
    assert refusal(shape, tmp_path) == line


def test_a_pause_of_the_files_own_beside_the_plans_is_refused(tmp_path: Path) -> None:
    """Only one of them would be what is measured; a TaskSet's counts as well."""
    line = "Visitor has a wait_time of its own, and the plan think_ms: remove one of them"
    assert refusal(VISITOR, tmp_path, "--think-ms=50") == line
    nested = f"""
class Pages(TaskSet):
    wait_time = constant(1)
{LOOK}
class Visitor(HttpUser):
    tasks = [Pages]
"""
    line = line.replace("Visitor", "Pages")
    assert refusal(nested, tmp_path, "--think-ms=50") == line


def test_user_classes_are_chosen_by_name(tmp_path: Path) -> None:
    """One of two; a name that is none is refused with those that are."""
    two = VISITOR + VISITOR.replace("Visitor", "Seller").replace("look", "sell")
    climbed = climb(two, tmp_path, "--user-classes=Seller")
    assert {row["name"] for row in climbed.rows} == {"sell"}
    line = "the locustfile has no user class Buyer; it has Seller, Visitor"
    assert refusal(two, tmp_path, "--user-classes=Seller,Buyer") == line


def test_tags_choose_tasks_and_a_class_without_any_left_is_refused(tmp_path: Path) -> None:
    """As Locust's own --tags does."""
    tagged = VISITOR.replace("    @task", "    @tag('read')\n    @task")
    both = tagged + LOOK.replace("look", "write")
    assert {row["name"] for row in climb(both, tmp_path, "--tags=read").rows} == {"look"}
    line = "Visitor has no task to do: mark one with @task, or mend the tags"
    assert refusal(both, tmp_path, "--tags=other") == line


def test_a_file_without_a_user_class_is_refused(tmp_path: Path) -> None:
    """Locust would let pytest look for tests in it."""
    climbed = climb("def test_look(session):\n    session.get('/fixed/')\n", tmp_path)
    line = f"{tmp_path / 'theirs' / 'locustfile.py'} has no user class: derive one from HttpUser"
    assert climbed.status == 1
    assert climbed.last_line == f"{line}; tests of pytest are not run"


ARGUMENTS = """
@events.init_command_line_parser.add_listener
def add(parser):
    parser.add_argument("--basket_size", type=int, default=1)
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--slow", action="store_true")
    parser.add_argument("--colour", choices=["red", "blue"])

@events.init.add_listener
def show(environment, **_):
    got = environment.parsed_options
    print("GOT", got.basket_size, got.fast, got.slow, got.colour)
"""


def test_arguments_of_the_files_own_are_set_as_a_plan_writes_them(tmp_path: Path) -> None:
    """Underscores as dashes, switches as true and false."""
    flags = ("--basket-size=3", "--fast=true", "--slow=false", "--colour=blue")
    assert "GOT 3 True False blue" in climb(VISITOR + ARGUMENTS, tmp_path, *flags).output


def test_an_argument_that_is_taken_is_refused(tmp_path: Path) -> None:
    """By Locust or by this suite."""
    text = VISITOR + ARGUMENTS.replace("--fast", "--requests")
    line = "the locustfile's argument --requests is one of Locust or of this suite: rename it"
    climbed = climb(text, tmp_path)
    assert (climbed.status, climbed.last_line) == (1, line)


def test_variables_that_begin_like_locusts_are_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that would set Locust's own options are left out, and the notes say so."""
    monkeypatch.setenv("LOCUST_SHOP", "blue")
    monkeypatch.setenv("LOCUST_USERS", "77")
    monkeypatch.setenv("LOCUST_USER_CLASSES", "Nobody")
    text = VISITOR + "print('SHOP', os.environ.get('LOCUST_SHOP'))\n"
    climbed = climb(text, tmp_path)
    assert "SHOP blue" in climbed.output
    assert climbed.plateau["users"] == 2
    (note,) = climbed.notes
    assert (note["kind"], note["about"]) == ("note", "environment")
    assert note["text"].startswith("LOCUST_USERS, LOCUST_USER_CLASSES ")


def test_files_and_modules_beside_the_locustfile_are_there_whenever_they_are_wanted(
    tmp_path: Path,
) -> None:
    """Locust itself runs in another folder."""
    home = tmp_path / "theirs"
    home.mkdir()
    (home / "words.txt").write_text("chair")
    (home / "helper.py").write_text("PATH = '/fixed/'\n")
    text = """
WORDS = open("words.txt").read().split()

class Visitor(FastHttpUser):
    @task
    def look(self):
        import helper
        self.client.get(helper.PATH, name=open("words.txt").read())
"""
    assert {row["name"] for row in climb(text, tmp_path).rows} == {"chair"}


def test_a_file_that_is_not_there_is_named_with_where_it_was_looked_for(tmp_path: Path) -> None:
    """The last line of the log is the one that helps."""
    climbed = climb("WORDS = open('data/words.txt')\n", tmp_path)
    assert climbed.status == 1
    assert climbed.last_line == (
        "locustfile.py:4 raised FileNotFoundError: [Errno 2] No such file or directory: "
        f"'data/words.txt'; relative paths begin at {tmp_path / 'theirs'}"
    )


@pytest.mark.parametrize(
    ("body", "why"), [("raise KeyError('token')", "KeyError"), ("raise StopUser()", "StopUser")]
)
def test_users_that_end_in_their_on_start_end_the_run_by_name(
    tmp_path: Path, body: str, why: str
) -> None:
    """A step without its users would never come."""
    text = f"{VISITOR}\n    def on_start(self):\n        {body}\n"
    line = f"2 users ended by {why} in on_start, and a load step needs all of its users"
    assert refusal(text, tmp_path) == f"{line}: let on_start return instead"


@pytest.mark.parametrize("leave", ["raise StopUser()", "self.stop()", "self.stop(force=True)"])
def test_users_that_leave_stand_in_the_plateau_and_end_the_next_step(
    tmp_path: Path, leave: str
) -> None:
    """Both end in the first window; the second step cannot be."""
    text = f"""
import time
class Visitor(FastHttpUser):
    wait_time = constant(0.02)

    @task
    def go(self):
        self.client.get("/fixed/")
        if time.time() > self.environment.began + 0.3:
            {leave}

@events.test_start.add_listener
def begin(environment, **_):
    environment.began = time.time()
"""
    climbed = climb(text, tmp_path, "--stairs=2,3")
    assert climbed.status == 1, climbed.output
    why = "StopUser" if "StopUser" in leave else "stop()"
    assert climbed.plateaus[0]["left"] == [[why, "go", 2]]
    assert climbed.plateaus[0]["users"] == 0
    assert climbed.last_line.startswith(f"2 users ended by {why} in go, ")


def test_a_file_that_ends_the_run_is_named_with_its_line(tmp_path: Path) -> None:
    """Runner.quit in a task: line 9 of the file."""
    text = """
class Visitor(FastHttpUser):
    @task
    def look(self):
        self.client.get("/fixed/")
        self.environment.runner.quit()
"""
    line = refusal(text, tmp_path)
    assert line.startswith("the locustfile ended Locust before its last load step: locustfile.py:9")


def test_an_exception_of_ours_fails_the_run_by_name(tmp_path: Path) -> None:
    """Here a function of the recorder is gone once the first answer has come."""
    text = """
class Visitor(FastHttpUser):
    wait_time = constant(0.02)

    @task
    def look(self):
        self.client.get("/fixed/")
        import _recorder
        _recorder._kind = None
"""
    line = refusal(text, tmp_path)
    assert line.startswith("the recorder failed, not the locustfile: TypeError at _recorder.py:")


def test_in_an_open_loop_the_pauses_of_the_file_are_noted_as_unused(tmp_path: Path) -> None:
    """Arrivals part the tasks: the file's own wait_time does not."""
    climbed = climb(VISITOR, tmp_path, "--arrivals=50")
    assert climbed.status == 0, climbed.output
    assert [note["about"] for note in climbed.notes] == ["wait_time"]


def test_a_user_class_that_is_no_http_user_is_noted(tmp_path: Path) -> None:
    """Only what it asks through Locust's sessions can be watched: here nothing."""
    text = """
class Db(User):
    wait_time = constant(0.02)

    @task
    def select(self):
        self.environment.events.request.fire(request_type="SQL", name="select", response_time=1,
            response_length=0, exception=None, context={})
"""
    climbed = climb(text, tmp_path)
    assert [note["about"] for note in climbed.notes] == ["client"]
    assert {row["fired"] for row in climbed.rows} == {"1"}


def test_nothing_of_a_run_stays_in_the_folder_of_the_locustfile(tmp_path: Path) -> None:
    """Locust's own files lie where it was started."""
    climb(VISITOR, tmp_path)
    left = {path.name for path in (tmp_path / "theirs").iterdir()}
    assert left - {"__pycache__"} == {"locustfile.py"}
