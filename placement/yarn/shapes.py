"""The shapes of the ResourceManager's JSON, as far as it is read here: what else an answer has is passed over.

Names are Hadoop's. A key whose value several releases write in several ways has Any. Lists of one element are that
element alone in older releases. Sources: as of `answers`, and Hadoop `FairSchedulerQueueInfo`,
`CapacitySchedulerQueueInfo`, `CapacitySchedulerLeafQueueInfo`.
"""

from typing import Any, Required, TypedDict

from msgspec import Struct


class Resources(TypedDict, total=False):
    """MiB and vcores."""

    memory: float
    vCores: float


class QueueInfo(TypedDict, total=False):
    """A queue of either scheduler: its whole path for the fair one, the last part of it for the capacity one."""

    queueName: str
    childQueues: "QueueInfos | list[QueueInfo] | str | None"
    queues: "QueueInfos | list[QueueInfo] | str | None"

    maxApps: Any
    schedulingPolicy: Any
    preemptable: Any
    minResources: Resources
    maxResources: Resources
    maxContainerAllocation: Resources
    clusterResources: Resources
    steadyFairResources: Resources
    numActiveApps: Any
    numPendingApps: Any

    state: Any
    creationMethod: Any
    capacity: Any
    maxCapacity: Any
    weight: Any
    maxParallelApps: Any
    configuredMaxAMResourceLimit: Any
    maxApplications: Any
    userLimit: Any
    userLimitFactor: Any
    orderingPolicyInfo: Any
    queueAcls: Any
    numActiveApplications: Any
    numPendingApplications: Any


class QueueInfos(TypedDict, total=False):
    """The queues below one."""

    queue: list[QueueInfo] | QueueInfo | None


class SchedulerInfo(QueueInfo, total=False):
    """The capacity scheduler's is that of its root too; another one has no queues."""

    type: Required[str]
    rootQueue: QueueInfo


class SchedulerInfos(Struct):
    """What `SchedulerAnswer` has inside."""

    schedulerInfo: SchedulerInfo


class SchedulerAnswer(Struct):
    """Of `scheduler`."""

    scheduler: SchedulerInfos


class Amount(Struct, frozen=True):
    """MiB and vcores."""

    memory: int = 0
    vCores: int = 0


NO_AMOUNT = Amount()


class Overview(Struct):
    """What `OverviewAnswer` has inside; `schedulerType` is `Fair Scheduler`, or the name of a class."""

    schedulerType: str
    minimumAllocation: Amount | None = None
    maximumAllocation: Amount | None = None


class OverviewAnswer(Struct):
    """Of `scheduler-overview`, from Hadoop 3.4 on."""

    scheduler: Overview


class ClusterInfo(Struct):
    """What `ClusterAnswer` has inside."""

    haState: str
    hadoopVersion: str
    startedOn: int = 0


class ClusterAnswer(Struct):
    """Of `info`."""

    clusterInfo: ClusterInfo


class App(Struct):
    """An application; `applicationTags` with commas between them."""

    id: str
    user: str
    queue: str
    state: str
    finalStatus: str | None = None
    name: str | None = None
    applicationTags: str | None = None
    diagnostics: str | None = None


class AppAnswer(Struct):
    """Of `apps/ID`."""

    app: App


class Apps(Struct):
    """What `AppsAnswer` has inside."""

    app: list[App] | App | None = None


class AppsAnswer(Struct):
    """Of `apps`; where there is none, YARN writes `{"apps": null}`, `{"apps": {}}` or `{"apps": ""}`."""

    apps: Apps | str | None = None


class Property(Struct):
    """A property of the scheduler's configuration."""

    name: str
    value: str


class ConfAnswer(Struct):
    """Of `scheduler-conf`."""

    property: list[Property] | Property | None = None


class RemoteException(Struct):
    """A refusal."""

    message: str | None = None


class ErrorPage(Struct):
    """Of a refusal before the ResourceManager's own code is reached."""

    message: str


class RefusalAnswer(Struct):
    """Of anything that is refused."""

    RemoteException: RemoteException
