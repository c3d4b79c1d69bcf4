"""What the server hands requests to: the interface of whoever decides, and who asks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from placement.agent.protocol import Answer, Cancel, Queue, Snapshot, Status, Submit, Why

Send = Callable[[Answer], None]


@dataclass(frozen=True, slots=True)
class Peer:
    """Who asks, as the kernel says; `account` and its groups by the name service, the number where that has no name."""

    uid: int
    gid: int
    pid: int
    account: str
    groups: tuple[str, ...] = ()


class Desk(Protocol):
    """Called from the event loop alone, so nothing here may block for long.

    Answers are as the protocol says, without `v`. A PlacementError becomes an answer: of a submit the outcome `unknown`
    with its code for a reason, else `error`.
    """

    def submit(self, request: Submit, peer: Peer, send: Send) -> Any:
        """Begins a submission; gives a ticket, anything that `gone` knows it by.

        `send` may be called before this returns, and raises nothing but TypeError, for what is no plain data. The first
        answer that is no `wait` is the last; what is sent after it, or to a client that has gone, is dropped.
        """

    def gone(self, ticket: Any) -> None:
        """The client went away before it got its last answer. Not called when it is the agent that ends."""

    def queue(self, request: Queue, peer: Peer) -> Answer:
        """Answers `queue`."""

    def cancel(self, request: Cancel, peer: Peer) -> Answer:
        """Answers `cancel`."""

    def status(self, request: Status, peer: Peer) -> Answer:
        """Answers `status`."""

    def why(self, request: Why, peer: Peer) -> Answer:
        """Answers `why`."""

    def snapshot(self, request: Snapshot, peer: Peer) -> Answer:
        """Answers `snapshot`."""
