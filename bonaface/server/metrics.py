"""What the server says about itself, for Prometheus: its own registry, sampled once a second."""

from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest

from bonaface.server.guard import Tally
from bonaface.server.registry import Registry, Running
from bonaface.stream.figures import Figures

WAITS: Final = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0)  # s
STAGES: Final = (0.0005, 0.001, 0.002, 0.003, 0.004, 0.006, 0.008, 0.012, 0.02, 0.04)
SKEWS: Final = (0.005, 0.01, 0.02, 0.04, 0.08, 0.125, 0.25)
COUNTS: Final = {  # fields of Figures that only grow
    "pictures": "Pictures released to those who watch.",
    "dropped": "Pictures never drawn: there was no time.",
    "late": "Pictures drawn, and too late to be shown.",
    "sounds": "Runs of 20 ms of sound released.",
    "sounds_late": "Of these, released more than 40 ms late.",
    "gaps": "Runs of 20 ms that are missing: the machine stood still.",
    "camera_dropped": "Camera pictures that nobody had time for.",
    "microphone_dropped": "Runs of microphone sound that nobody had time for.",
}
TIMES: Final = {  # fields of Figures that hold the latest of something, ms
    "first_sound": "From asking for words to hearing them.",
    "interruption": "From the first voiced sound to the face's silence.",
    "answer": "From the other's last word to the face's first.",
}


class Metrics:
    """Counts what ended and what runs. `sample` once a second, `write` when asked."""

    def __init__(self, sessions: Registry, tally: Tally) -> None:
        self._sessions, self._tally = sessions, tally
        self._ended = dict.fromkeys(COUNTS, 0)
        self._begun = self._interruptions = self._skipped = 0
        self._latest: dict[tuple[str, str], float] = {}
        self._known: set[str] = set()
        self._registry = CollectorRegistry()
        self._times = {
            name: Histogram(
                f"bonaface_{name}_seconds", about, buckets=WAITS, registry=self._registry
            )
            for name, about in TIMES.items()
        }
        self._skew = Histogram(
            "bonaface_av_skew_seconds",
            "Pictures against sound as released: the 99th percentile of 30 s, each second.",
            buckets=SKEWS,
            registry=self._registry,
        )
        self._stages = Histogram(
            "bonaface_stage_seconds",
            "Mean time of one call of a stage, by session, each second.",
            ["stage"],
            buckets=STAGES,
            registry=self._registry,
        )
        self._registry.register(self)
        sessions.over.append(self._end)

    def sample(self) -> None:
        """Look at every session once."""
        for one in self._sessions:
            self._meet(one)
            figures = one.session.figures
            self._note_times(one.id, figures)
            if figures.skew_p99 is not None:
                self._skew.observe(figures.skew_p99 / 1000)
            for stage, took in figures.stages.items():
                self._stages.labels(stage).observe(took / 1000)

    def write(self) -> bytes:
        """All of it, in Prometheus' text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """What is counted elsewhere; called by Prometheus' own code."""
        running = list(self._sessions)
        for one in running:
            self._meet(one)
        yield self._gauge("sessions", "Sessions that run.", len(running))
        peers = sum(len(one.peers) for one in running)
        yield self._gauge("peers", "WebRTC connections.", peers)
        yield self._counter("sessions_begun", "Sessions begun.", self._begun)
        stopped = self._interruptions + sum(one.interruptions for one in running)
        yield self._counter("interruptions", "Times the face was cut short.", stopped)
        figures = [one.session.figures for one in running]
        skipped = self._skipped + sum(one.skipped for one in running)
        yield self._counter("camera_skipped", "Camera pictures left out as they came.", skipped)
        for name, about in COUNTS.items():
            total = self._ended[name] + sum(int(getattr(one, name)) for one in figures)
            yield self._counter(name, about, total)
        room = self._sessions.admission.room
        yield self._gauge("cores", "Cores that this process may use.", room.cores)
        yield self._gauge("busy_cores", "Cores in use, measured or foreseen.", room.busy)
        yield self._gauge("late_share", "Share of pictures missed in the last 10 s.", room.late)
        yield from self._http()

    def _http(self) -> Iterator[Metric]:
        answers = CounterMetricFamily("bonaface_http_answers", "HTTP answers.", labels=["status"])
        for status, count in sorted(self._tally.answers.items()):
            answers.add_metric([str(status)], count)
        yield answers
        refused = CounterMetricFamily(
            "bonaface_http_refused", "Requests refused at the gate.", labels=["reason"]
        )
        for reason, count in sorted(self._tally.refused.items()):
            refused.add_metric([reason], count)
        yield refused

    def _meet(self, one: Running) -> None:
        if one.id not in self._known:
            self._known.add(one.id)
            self._begun += 1

    def _note_times(self, session: str, figures: Figures) -> None:
        """Each new value is one event."""
        for name, histogram in self._times.items():
            value = getattr(figures, name)
            if value is not None and self._latest.get((session, name)) != value:
                self._latest[session, name] = value
                histogram.observe(value / 1000)

    def _end(self, one: Running) -> None:
        self._meet(one)
        self._known.discard(one.id)
        figures = one.session.figures
        self._note_times(one.id, figures)
        self._interruptions += one.interruptions
        self._skipped += one.skipped
        for name in COUNTS:
            self._ended[name] += int(getattr(figures, name))
        for name in TIMES:
            self._latest.pop((one.id, name), None)

    def _gauge(self, name: str, about: str, value: float) -> Metric:
        return GaugeMetricFamily(f"bonaface_{name}", about, value=value)

    def _counter(self, name: str, about: str, value: float) -> Metric:
        return CounterMetricFamily(f"bonaface_{name}", about, value=value)
