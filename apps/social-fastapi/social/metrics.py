"""Counters and histograms in the text format of Prometheus, with the names of the TypeScript host's."""
import os
import resource
from collections import defaultdict
from typing import Dict, Iterable, Tuple

BOUNDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
PAGE = os.sysconf("SC_PAGE_SIZE")


def labelled(labels: Iterable[Tuple[str, object]]) -> str:
    def escaped(value: object) -> str:
        return str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

    return "{" + ",".join(f'{name}="{escaped(value)}"' for name, value in labels) + "}"


class Durations:
    """A counter and a histogram of the same observations."""

    def __init__(self, total: str, seconds: str, help_text: str, labels: Tuple[str, ...]):
        self.total, self.seconds, self.help, self.labels = total, seconds, help_text, labels
        self.series: Dict[tuple, list] = {}

    def observe(self, seconds: float, *values: str) -> None:
        series = self.series.get(values)
        if series is None:
            # Observations by bucket, and the sum of the seconds.
            series = self.series[values] = [0] * (len(BOUNDS) + 1) + [0.0]
        at = 0
        while at < len(BOUNDS) and seconds > BOUNDS[at]:
            at += 1
        series[at] += 1
        series[-1] += seconds

    def lines(self) -> Iterable[str]:
        yield f"# HELP {self.total} {self.help}\n# TYPE {self.total} counter"
        for values, series in self.series.items():
            yield f"{self.total}{labelled(zip(self.labels, values))} {sum(series[:-1])}"
        yield f"# HELP {self.seconds} {self.help}\n# TYPE {self.seconds} histogram"
        for values, series in self.series.items():
            labels, count = list(zip(self.labels, values)), 0
            for bound, each in zip((*BOUNDS, "+Inf"), series):
                count += each
                yield f"{self.seconds}_bucket{labelled([*labels, ('le', bound)])} {count}"
            yield f"{self.seconds}_sum{labelled(labels)} {series[-1]}"
            yield f"{self.seconds}_count{labelled(labels)} {count}"


class Metrics:
    def __init__(self) -> None:
        self.http = Durations(
            "http_requests_total", "http_request_duration_seconds", "HTTP requests, by route and status.", ("method", "route", "status")
        )
        self.calls = Durations(
            "seam_calls_total",
            "seam_call_duration_seconds",
            "Calls of one module to another that have ended.",
            ("contract", "method", "placement", "outcome"),
        )
        self.reads: Dict[Tuple[str, str], int] = defaultdict(int)

    def record_call(self, contract: str, method: str, placement: str, outcome: str, seconds: float) -> None:
        self.calls.observe(seconds, contract, method, placement, outcome)

    def count_read(self, server: str, route: str) -> None:
        self.reads[(server, route)] += 1

    def text(self) -> str:
        return "\n".join([*self.http.lines(), *self.calls.lines(), *self._reads(), *process_lines(), ""])

    def _reads(self) -> Iterable[str]:
        yield "# HELP database_reads_total Reads of a module by server and route.\n# TYPE database_reads_total counter"
        for (server, route), count in self.reads.items():
            yield f"database_reads_total{labelled([('module', 'social'), ('server', server), ('route', route)])} {count}"


def process_lines() -> Iterable[str]:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    with open("/proc/self/statm") as statm:
        resident = int(statm.read().split()[1]) * PAGE
    for name, kind, value in (
        ("process_cpu_user_seconds_total", "counter", usage.ru_utime),
        ("process_cpu_system_seconds_total", "counter", usage.ru_stime),
        ("process_cpu_seconds_total", "counter", usage.ru_utime + usage.ru_stime),
        ("process_resident_memory_bytes", "gauge", resident),
    ):
        yield f"# TYPE {name} {kind}\n{name} {value}"
