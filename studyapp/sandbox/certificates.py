"""The practice internet's certificates: its own authority, made at each start, trusted in jails only."""

from dataclasses import dataclass

HOSTS = ("practice.test", "example.com", "www.example.com", "localhost", "127.0.0.1")


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM: the authority's certificate; the server's key and chain. The authority's key is not kept."""

    authority: bytes
    identity: bytes


def make_certificates() -> Certificates:
    """New ones, good for HOSTS."""
    import trustme  # here, since only the start of a runner needs it

    authority = trustme.CA(organization_name="Interleave practice internet")
    identity = authority.issue_cert(*HOSTS)
    return Certificates(authority.cert_pem.bytes(), identity.private_key_and_cert_chain_pem.bytes())
