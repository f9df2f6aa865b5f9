"""A certificate for servers that are asked over TLS or QUIC, made when it is needed."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness.core.command import CERTIFICATE, KEY
from harness.core.errors import BenchError
from harness.host import packages

VALID = timedelta(days=1)
"""Longer than any run lasts."""


@contextmanager
def certificate() -> Iterator[Path]:
    """Yield a temporary folder with a certificate of localhost that nobody has signed, and its key.

    The key is of the curve P-256, as those of most sites are. Raise BenchError where the package
    that makes certificates is missing.
    """
    with tempfile.TemporaryDirectory(prefix="certificate-") as folder:
        signed, key = _pem()
        (Path(folder) / CERTIFICATE).write_bytes(signed)
        (Path(folder) / KEY).write_bytes(key)
        yield Path(folder)


def _pem() -> tuple[bytes, bytes]:
    """Return a new certificate and its key in the form of files (PEM, RFC 7468)."""
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError:
        raise BenchError(
            "a server with a {certificate} needs cryptography, which makes it; "
            f"{packages.setup('protocols')}"
        ) from None
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - VALID)
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    )
    return (
        builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )
