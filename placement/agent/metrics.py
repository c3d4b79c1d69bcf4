"""What the agent counts, for Prometheus. No label has the name of a person, but for queues that are named so."""

from collections.abc import Callable, Mapping

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

from placement import __version__

CONTENT_TYPE = prometheus_client.CONTENT_TYPE_LATEST
QUEUES_MOST = 500  # queues that are named; what is in the others is told together, so that nobody floods Prometheus
OTHERS = "others"
WAITS_S = (1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 12 * 3600, 24 * 3600)
LATENCIES_S = (0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30)

prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """`now` gives seconds since the epoch."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._registry = own = CollectorRegistry()
        prometheus_client.ProcessCollector(registry=own)
        Info("placement_agent", "The agent that answers here.", registry=own).info({"version": __version__})
        self._decisions = Counter("placement_decisions", "Submissions decided.", ["outcome", "reason"], registry=own)
        self._waiting = Gauge("placement_waiting_submissions", "Submissions that wait.", ["queue"], registry=own)
        self._reserved = Gauge(
            "placement_reserved_submissions", "Turns given to submissions not seen yet.", ["queue"], registry=own
        )
        self._queues: tuple[Mapping[str, int], Mapping[str, int]] = {}, {}
        self._waits = Histogram(
            "placement_wait_seconds",
            "How long submissions waited, until they ran, were rejected, or went away.",
            ["outcome"],
            buckets=WAITS_S,
            registry=own,
        )
        self._taken_s: float | None = None
        Gauge(
            "placement_snapshot_age_seconds", "Age of what is known of the cluster; +Inf if nothing is.", registry=own
        ).set_function(self._age_s)
        self._latencies = Histogram(
            "placement_resource_manager_request_seconds",
            "How long the ResourceManager took to answer.",
            buckets=LATENCIES_S,
            registry=own,
        )
        self._failures = Counter(
            "placement_resource_manager_failures",
            "Questions that the ResourceManager did not answer.",
            ["reason"],
            registry=own,
        )
        self._elsewhere = Counter(
            "placement_landed_elsewhere", "Applications found in another queue than decided.", registry=own
        )
        self._promises = Counter("placement_promises", "Expected starts whose truth is known.", registry=own)
        self._kept = Counter("placement_promises_kept", "Expected starts that came true.", registry=own)
        self._clients = Gauge("placement_connected_clients", "Clients connected to the socket.", registry=own)
        self._refused = Counter("placement_refused_clients", "Clients sent away.", ["reason"], registry=own)

        self._learned = Counter(
            "placement_runs_learned", "Finished runs, by role, that were learned from.", registry=own
        )
        self._unlearned = Counter(
            "placement_learning_failures", "What kept estimates from being learned.", ["reason"], registry=own
        )
        self._keys = Gauge("placement_estimates_keys", "Jobs, users and kinds that estimates know.", registry=own)
        self._known_s: float | None = None
        Gauge(
            "placement_estimates_age_seconds", "Age of the table of estimates; +Inf if there is none.", registry=own
        ).set_function(self._estimates_age_s)

    def decided(self, outcome: str, reason: str = "") -> None:
        """A submission got its last answer; `reason` is a kebab-case code, never words."""
        self._decisions.labels(outcome, reason).inc()

    def waited(self, seconds: float, outcome: str) -> None:
        """A wait ended: `run`, `reject`, `unknown` or `gone`."""
        self._waits.labels(outcome).observe(seconds)

    def queues(self, waiting: Mapping[str, int], reserved: Mapping[str, int]) -> None:
        """How many wait and have a turn in each queue now."""
        self._queues = waiting, reserved

    def snapshot(self, taken_s: float) -> None:
        """The cluster was seen, at seconds since the epoch."""
        self._taken_s = taken_s

    def answered(self, seconds: float) -> None:
        """The ResourceManager answered."""
        self._latencies.observe(seconds)

    def unanswered(self, reason: str) -> None:
        """The ResourceManager did not answer; `reason` is the code of the problem."""
        self._failures.labels(reason).inc()

    def landed_elsewhere(self) -> None:
        """An application is in another queue than was decided."""
        self._elsewhere.inc()

    def promised(self, is_kept: bool) -> None:
        """A submission started, in the time that it was told or not."""
        self._promises.inc()
        if is_kept:
            self._kept.inc()

    def connected(self, clients: int) -> None:
        """So many clients are connected."""
        self._clients.set(clients)

    def refused(self, reason: str) -> None:
        """A client was sent away."""
        self._refused.labels(reason).inc()

    def learned(self, runs: int, keys: int) -> None:
        """So many runs more were learned; `keys` are known in all."""
        self._learned.inc(runs)
        self._keys.set(keys)

    def not_learned(self, reason: str) -> None:
        """Something kept estimates from being learned; `reason` is the code of the problem."""
        self._unlearned.labels(reason).inc()

    def estimates(self, known_s: float | None) -> None:
        """The table had all that was known, at seconds since the epoch; None: there is no table."""
        self._known_s = known_s

    def text(self) -> bytes:
        """All of it, in Prometheus' text format, see CONTENT_TYPE."""
        for gauge, found in zip((self._waiting, self._reserved), self._queues, strict=True):
            _show(gauge, found)
        return prometheus_client.generate_latest(self._registry)

    def _age_s(self) -> float:
        return float("inf") if self._taken_s is None else self._now() - self._taken_s

    def _estimates_age_s(self) -> float:
        return float("inf") if self._known_s is None else self._now() - self._known_s


def _show(gauge: Gauge, found: Mapping[str, int]) -> None:
    """When it is asked for: to name hundreds of queues takes long."""
    gauge.clear()
    names = sorted(found, key=lambda queue: -found[queue])
    for queue in names[:QUEUES_MOST]:
        gauge.labels(queue).set(found[queue])
    if names[QUEUES_MOST:]:
        gauge.labels(OTHERS).set(sum(found[queue] for queue in names[QUEUES_MOST:]))
