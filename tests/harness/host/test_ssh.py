"""Hosts that are reached by OpenSSH: real ones, in network namespaces with an sshd each."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from harness.core.errors import BenchError
from harness.host import ssh
from tests.support.hosts import Network, hosts, lacking

REASON = lacking()
pytestmark = pytest.mark.skipif(REASON is not None, reason=str(REASON))

CORES = (0,)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield a folder with room for 64 KiB; a host sees what is mounted before it starts."""
    folder = tmp_path_factory.mktemp("small")
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "small", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no file system may be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture(scope="module")
def network(small: Path) -> Iterator[Network]:
    """Yield two hosts: app1, and one that is bare of all programs but the system's."""
    bare = {"PATH": "/usr/bin:/bin", "HOME": "/nowhere"}
    with hosts("app1", "bare", variables={"bare": bare}) as made:
        yield made


@pytest.fixture(scope="module")
def host(network: Network) -> Iterator[ssh.Host]:
    """Yield app1, connected."""
    with connected(network) as there:
        yield there


def connected(network: Network, name: str = "app1") -> AbstractContextManager[ssh.Host]:
    """Return a connection to a host of the network."""
    return ssh.connect(f"ssh://{name}", CORES, network.config)


def reason(network: Network, url: str, config: Path | None = None) -> str:
    """Return the line that says why a host cannot be reached."""
    with (
        pytest.raises(BenchError) as failure,
        ssh.connect(url, CORES, config or network.config),
    ):
        pass
    return str(failure.value)


def changed(network: Network, tmp_path: Path, before: str, now: str) -> Path:
    """Return a configuration of ssh in which one text stands for another."""
    config = tmp_path / "config"
    config.write_text(network.config.read_text().replace(before, now))
    return config


def test_a_command_gets_its_words_as_they_are(host: ssh.Host) -> None:
    """Let no shell there split or expand what a word holds."""
    assert host.run("printf", "%s", "a  $HOME 'b'; c") == "a  $HOME 'b'; c"


def test_a_command_runs_on_the_host_and_not_here(network: Network, host: ssh.Host) -> None:
    """Let the host's own address be the one of its only other device."""
    assert network.addresses["app1"] in host.run("ip", "-brief", "addr")


def test_a_command_that_fails_is_the_last_line_that_it_printed(host: ssh.Host) -> None:
    """Name the host first."""
    with pytest.raises(BenchError, match=r"^ssh://app1: .*no-such"):
        host.run("ls", "/no-such-folder")


def test_a_connection_leaves_nothing_behind(network: Network) -> None:
    """End every process that it began, there as here, and remove its folders."""
    before = network.processes("app1")
    with connected(network) as host, host.folder() as folder:
        assert len(network.processes("app1")) > len(before)
    assert not Path(folder).exists()  # namespaces share the files of this machine
    assert host.master.exit_reason is not None
    assert network.processes("app1") == before


def test_folders_are_copied_without_what_belongs_to_this_machine(
    host: ssh.Host, tmp_path: Path
) -> None:
    """Leave out repositories, virtual environments and caches."""
    for name in ("site/views.py", "site/.venv/python", "site/.git/HEAD", "other/views.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    with host.folder() as folder:
        host.send(tmp_path, ["site"], folder)
        assert host.run("find", folder, "-type", "f").split() == [f"{folder}/site/views.py"]


def test_a_port_there_leads_to_a_port_here(host: ssh.Host) -> None:
    """Reach a listener on this machine's loopback from the host, through the connection."""
    argv = ["python3", "-u", "-c", LISTENER]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as listener:
        assert listener.stdout is not None
        port = host.forward(int(listener.stdout.readline()))
        asking = f"exec 3<>/dev/tcp/127.0.0.1/{port}; cat <&3"
        assert host.run("bash", "-c", asking) == "here"


LISTENER = """
import socket
with socket.create_server(("127.0.0.1", 0)) as server:
    print(server.getsockname()[1])
    server.accept()[0].sendall(b"here")
"""


def test_a_host_with_another_key_is_refused(network: Network, tmp_path: Path) -> None:
    """Trust no key but the one that is known."""
    other = tmp_path / "known_hosts"
    user_key = (network.folder / "user.pub").read_text()
    other.write_text(f"{network.addresses['app1']} {user_key}")
    config = changed(network, tmp_path, str(network.known_hosts), str(other))
    assert reason(network, "ssh://app1", config) == (
        "ssh://app1: its host key is not the one in known_hosts; find out why, then ssh-keygen -R "
        "its name and connect once by hand"
    )


def test_a_host_whose_key_nobody_has_seen_is_refused(network: Network, tmp_path: Path) -> None:
    """Never take the first key that comes."""
    config = changed(network, tmp_path, str(network.known_hosts), str(tmp_path / "none"))
    assert "its host key is not known here" in reason(network, "ssh://app1", config)


def test_a_host_that_asks_for_a_password_is_refused(network: Network, tmp_path: Path) -> None:
    """Wait at no prompt: a run that nobody watches would wait for ever."""
    other = f"IdentityFile {network.folder}/host-app1"  # a key that it does not know
    config = changed(network, tmp_path, f"IdentityFile {network.folder}/user", other)
    assert "asks for a password; try ssh-copy-id" in reason(network, "ssh://app1", config)


def test_a_host_without_an_sshd_is_named(network: Network) -> None:
    """Say that nothing listens, with what to start."""
    assert "nothing listens there; start its sshd" in reason(network, "ssh://app1:2022")


def test_a_name_that_nobody_knows_is_named(network: Network) -> None:
    """Say where names come from."""
    assert "nobody knows its name" in reason(network, "ssh://no-such-host.invalid")


@pytest.mark.long
def test_a_host_that_vanishes_ends_its_connection() -> None:
    """Notice a link that is down, which no end of a connection tells."""
    with hosts("gone") as others, connected(others, "gone") as host:
        others.unplug("gone")
        # Three silences of two seconds, then ssh gives up; one more for good measure.
        deadline = time.monotonic() + ssh.SILENCE_S * (ssh.SILENCES + 2)
        while host.master.exit_reason is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert host.master.exit_reason == "ended with status 255"


def test_a_host_without_uv_is_named(network: Network) -> None:
    """Say how to get it."""
    with (
        connected(network, "bare") as host,
        pytest.raises(BenchError, match=r"^ssh://bare: no program uv there"),
    ):
        host.environment("/tmp", "3.11", "requirements.lock")


def test_a_host_without_room_is_named(host: ssh.Host, small: Path, tmp_path: Path) -> None:
    """Say whose disk is full."""
    (tmp_path / "big").write_bytes(b"x" * 200_000)
    with pytest.raises(BenchError, match=r"^ssh://app1: its disk is full"):
        host.send(tmp_path, ["big"], str(small))
