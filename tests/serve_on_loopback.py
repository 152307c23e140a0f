"""The command line with its WebRTC on the loopback only: what the browser tests start.

aioice skips 127.0.0.1 and would use the machine's own network.
"""

import sys

import aioice.ice

from bonaface.cli import main


def stay_here(use_ipv4: bool, use_ipv6: bool) -> list[str]:  # noqa: ARG001  aioice names them
    return ["127.0.0.1"]


if __name__ == "__main__":
    aioice.ice.get_host_addresses = stay_here
    sys.exit(main(sys.argv[1:]))
