"""Where an RTMP stream is pushed to; its address holds the stream key, which is a password."""

import socket
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from bonaface.errors import SettingsError, UnwritableMedia

PORTS = {"rtmp": 1935, "rtmps": 443}
LONGEST = 1024  # characters
REMEDY = "Give rtmp://HOST/APP/KEY or rtmps://HOST/APP/KEY."


@dataclass(frozen=True, slots=True)
class Target:
    """An address, taken apart. Made by `read_target`."""

    host: str
    port: int
    app: str
    key: str = field(repr=False)
    secret: bool  # over TLS
    near: bool  # it may be this very machine

    @property
    def place(self) -> str:
        """The address without the key."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'rtmps' if self.secret else 'rtmp'}://{host}:{self.port}/{self.app}"

    def connect(self, patience: float) -> socket.socket:
        """Open a connection. Raises OSError, or UnwritableMedia for a place out of bounds.

        Out of bounds are this machine and its link-local neighbours, where clouds keep their
        secrets. What was looked at is what is connected to, so that no name can change between.
        """
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        trouble: OSError = ConnectionRefusedError("There is no such host.")
        for family, kind, protocol, _, address in found:
            if not self.near and _out_of_bounds(str(address[0])):
                raise UnwritableMedia("This address is the server itself, or beside it.", REMEDY)
            opened = socket.socket(family, kind, protocol)
            try:
                opened.settimeout(patience)
                opened.connect(address)
            except OSError as cause:
                opened.close()
                trouble = cause
            else:
                return opened
        raise trouble


def _out_of_bounds(address: str) -> bool:
    ip = ip_address(address.partition("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return ip.is_loopback or ip.is_link_local or ip.is_unspecified or ip.is_multicast


def read_target(url: str, *, near: bool = False) -> Target:
    """Read an address; `near` allows this very machine. Raises SettingsError, without the key."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    plain = url.isascii() and url.isprintable() and not set(url) & set(" \\\"'<>#")
    if not host or not plain or len(url) > LONGEST or parts.scheme not in PORTS:
        raise SettingsError("This is no address to push to.", REMEDY) from None
    app, _, key = parts.path.strip("/").rpartition("/")
    if not app or not key:
        raise SettingsError("The address lacks its application or its key.", REMEDY)
    key += f"?{parts.query}" * bool(parts.query)
    secret = parts.scheme == "rtmps"
    return Target(host, port or PORTS[parts.scheme], app, key, secret, near)
