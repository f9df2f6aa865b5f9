"""A certificate is made for one start of a server, and is gone with it."""

import ssl

import pytest

from harness.core.command import CERTIFICATE, KEY
from harness.host.certificates import certificate

pytest.importorskip("cryptography", reason="make setup GROUP=protocols")


def test_a_server_can_be_encrypted_by_it_while_it_is_there() -> None:
    """The key is the one that it is for; loading them fails where it is not."""
    with certificate() as folder:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
            folder / CERTIFICATE, folder / KEY
        )
    assert not folder.exists()
