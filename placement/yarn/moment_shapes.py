"""The shapes of what the ResourceManager's JSON says of one moment: who uses and waits for what. As `shapes` otherwise.

Sources: Hadoop `AppInfo`, `ResourceRequestInfo`, `FairSchedulerLeafQueueInfo`, `CapacitySchedulerLeafQueueInfo`,
`PartitionQueueCapacitiesInfo`, `UserInfo`, `ClusterMetricsInfo`.
"""

# ruff: noqa: N815 # the names are Hadoop's

from msgspec import Struct

from placement.yarn.shapes import NO_AMOUNT, Amount


class Request(Struct):
    """Containers that an application waits for; `resourceName` is `*` for anywhere."""

    capability: Amount
    resourceName: str = "*"


class LiveApp(Struct):
    """An application that has not ended. What it has is -1 or 0 where there is nothing, or none may see it."""

    id: str
    user: str
    queue: str
    state: str
    applicationTags: str | None = None
    startedTime: int = 0
    allocatedMB: int = 0
    allocatedVCores: int = 0
    reservedMB: int = 0
    reservedVCores: int = 0
    resourceRequests: list[Request] | Request | str | None = None


class RunningApp(LiveApp):
    """With where its application master is to be asked; `trackingUrl` is below the web proxy's address."""

    name: str = ""
    applicationType: str = ""
    trackingUrl: str | None = None
    runningContainers: int = 0


class RunningApps(Struct):
    """What `RunningAppsAnswer` has inside."""

    app: list[RunningApp] | RunningApp | None = None


class RunningAppsAnswer(Struct):
    """Of `apps`, as AppsAnswer."""

    apps: RunningApps | str | None = None


class LiveApps(Struct):
    """What `LiveAppsAnswer` has inside."""

    app: list[LiveApp] | LiveApp | None = None


class LiveAppsAnswer(Struct):
    """Of `apps`, as AppsAnswer."""

    apps: LiveApps | str | None = None


class UserNow(Struct):
    """A user in a leaf queue of the capacity scheduler (`UserInfo`); `isActive`: waits for containers."""

    username: str
    resourcesUsed: Amount = NO_AMOUNT
    AMResourceUsed: Amount = NO_AMOUNT
    userWeight: float = 1.0
    isActive: bool = False


class UsersNow(Struct):
    """What `QueueNow.users` has inside."""

    user: list[UserNow] | UserNow | None = None


class PartitionNow(Struct):
    """A queue's part of the nodes of one label; no name is for those without a label."""

    partitionName: str | None = None
    effectiveMinResource: Amount | None = None
    effectiveMaxResource: Amount | None = None


class PartitionsNow(Struct):
    """What `QueueNow.capacities` has inside."""

    queueCapacitiesByPartition: list[PartitionNow] | PartitionNow | None = None


class QueueNow(Struct):
    """A queue of either scheduler, and what is used there. The first keys are of both, then fair, then capacity."""

    queueName: str | None = None
    type: str | list[str] = ""
    childQueues: "QueuesNow | list[QueueNow] | str | None" = None
    queues: "QueuesNow | list[QueueNow] | str | None" = None

    maxApps: int | None = None
    maxResources: Amount | None = None
    usedResources: Amount = NO_AMOUNT
    reservedResources: Amount = NO_AMOUNT
    amUsedResources: Amount = NO_AMOUNT
    fairResources: Amount = NO_AMOUNT
    steadyFairResources: Amount = NO_AMOUNT
    maxContainerAllocation: Amount | None = None
    numActiveApps: int = 0
    numPendingApps: int = 0

    state: str | None = None
    capacities: PartitionsNow | None = None
    absoluteMaxCapacity: float = 100.0  # percent
    resourcesUsed: Amount | None = None
    maximumAllocation: Amount | None = None
    maxParallelApps: int | None = None
    maxApplications: int | None = None
    maxApplicationsPerUser: int | None = None
    numApplications: int = 0
    numActiveApplications: int = 0
    numPendingApplications: int = 0
    AMResourceLimit: Amount | None = None
    usedAMResource: Amount = NO_AMOUNT
    configuredMaxAMResourceLimit: float = 0.0
    userLimit: float = 100.0  # percent
    userLimitFactor: float = 1.0
    users: UsersNow | str | None = None


class QueuesNow(Struct):
    """The queues below one."""

    queue: list[QueueNow] | QueueNow | None = None


class SchedulerNow(QueueNow):
    """As SchedulerInfo; `type` is that of the scheduler."""

    type: str = ""
    rootQueue: QueueNow | None = None


class SchedulersNow(Struct):
    """What `SchedulerNowAnswer` has inside."""

    schedulerInfo: SchedulerNow


class SchedulerNowAnswer(Struct):
    """Of `scheduler`."""

    scheduler: SchedulersNow


class Metrics(Struct):
    """What `MetricsAnswer` has inside; the nodes are those that work."""

    availableMB: int
    availableVirtualCores: int
    totalMB: int
    totalVirtualCores: int
    reservedMB: int = 0
    reservedVirtualCores: int = 0
    activeNodes: int = 0


class MetricsAnswer(Struct):
    """Of `metrics`."""

    clusterMetrics: Metrics
