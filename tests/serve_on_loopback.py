"""The command line with its WebRTC on the loopback only: what the browser tests start.

aioice skips 127.0.0.1 and would use the machine's own network. `--patient` lifts the rate limits.
"""

import sys
from collections.abc import Mapping
from dataclasses import replace

import aioice.ice

from bonaface.cli import main
from bonaface.server import settings
from bonaface.server.settings import Limits


def stay_here(use_ipv4: bool, use_ipv6: bool) -> list[str]:  # noqa: ARG001  aioice names them
    return ["127.0.0.1"]


def be_patient() -> None:
    """Answer as fast as requests come: a test is one address that does what many do."""
    read = settings.read_server_settings
    quick = replace(Limits(), steady=1e4, burst=1e4, costly=1e4, costly_burst=1e4)

    def read_patiently(environment: Mapping[str, str] | None = None) -> settings.ServerSettings:
        return replace(read(environment), limits=quick)

    settings.read_server_settings = read_patiently


if __name__ == "__main__":
    aioice.ice.get_host_addresses = stay_here
    if "--patient" in sys.argv:
        sys.argv.remove("--patient")
        be_patient()
    sys.exit(main(sys.argv[1:]))
