"""`bonaface serve` as a process of its own on the loopback, for bench/live.py."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

LAUNCHER = Path(__file__).parent.parent / "tests" / "serve_on_loopback.py"
PATIENCE = 120  # s: the first start compiles
TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """Starts it with a home of its own, and ends it."""

    def __init__(self, home: Path, port: int = 8951) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self._home, self._port = home, port

    def __enter__(self) -> Self:
        environment = {**os.environ, "BONAFACE_HOME": str(self._home)}
        command = [sys.executable, str(LAUNCHER), "serve", "--port", str(self._port)]
        self._process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(20)

    def _wait(self) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                if httpx.get(f"{self.address}/healthz").json()["ready"]:
                    return
            except (httpx.HTTPError, KeyError, ValueError):
                pass
            if self._process.poll() is not None:
                raise SystemExit("The server did not start. Run: bonaface serve")
            time.sleep(0.3)
        raise SystemExit("The server was not ready in time.")

    @property
    def spent(self) -> float:
        """CPU seconds of the process so far, its children left out."""
        text = Path(f"/proc/{self._process.pid}/stat").read_text("ascii")
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    @property
    def memory(self) -> float:
        """Resident megabytes."""
        text = Path(f"/proc/{self._process.pid}/status").read_text("ascii")
        found = re.search(r"VmRSS:\s+(\d+)", text)
        return int(found[1]) / 1024 if found else 0.0
