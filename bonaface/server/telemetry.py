"""Spans for OpenTelemetry, where it is installed and configured; otherwise nothing.

`pip install bonaface[telemetry]`, and OTEL_EXPORTER_OTLP_ENDPOINT in the environment.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bonaface import __version__
from bonaface.errors import SettingsError

ADDRESS = "OTEL_EXPORTER_OTLP_ENDPOINT"
_tracers: list[Any] = []  # none, or the one in use


def start(environment: Mapping[str, str] | None = None) -> bool:
    """Send spans to the address in the environment; False when there is none.

    Raises SettingsError when there is one and the packages are not installed.
    """
    if not (os.environ if environment is None else environment).get(ADDRESS):
        return False
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as cause:
        raise SettingsError(
            f"{ADDRESS} is set, and OpenTelemetry is not installed.",
            "Run: pip install 'bonaface[telemetry]'",
        ) from cause
    use(BatchSpanProcessor(OTLPSpanExporter()))
    return True


def use(processor: Any) -> None:
    """Hand every span to an OpenTelemetry span processor from now on."""
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415

    about = {"service.name": "bonaface", "service.version": __version__}
    provider = TracerProvider(resource=Resource.create(about))
    provider.add_span_processor(processor)
    _tracers[:] = [provider.get_tracer("bonaface", __version__)]


def stop() -> None:
    """Make no more spans."""
    _tracers.clear()


@contextmanager
def span(name: str, **facts: str | float) -> Iterator[None]:
    """Time a block under a name. Never put texts, names or pictures of people into `facts`."""
    if not _tracers:
        yield
        return
    with _tracers[0].start_as_current_span(name, attributes=facts):
        yield
