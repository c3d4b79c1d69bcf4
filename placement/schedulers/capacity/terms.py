"""The capacity scheduler's names for its properties. Source: Hadoop `CapacitySchedulerConfiguration`."""

PREFIX = "yarn.scheduler.capacity."
QUEUES = "queues"
CAPACITY, MAXIMUM_CAPACITY = "capacity", "maximum-capacity"
STATE, STOPPED, RUNNING = "state", "STOPPED", "RUNNING"
SUBMIT_ACL, ADMIN_ACL = "acl_submit_applications", "acl_administer_queue"
MAX_RUNNING, MAX_APPLICATIONS = "max-parallel-apps", "maximum-applications"
MAX_AM_SHARE = "maximum-am-resource-percent"
MAX_MEMORY, MAX_VCORES = "maximum-allocation-mb", "maximum-allocation-vcores"  # of one container
ORDERING = "ordering-policy"
NO_PREEMPTION = "disable_preemption"
LABELS, DEFAULT_LABEL = "accessible-node-labels", "default-node-label-expression"
AUTO_CREATE = "auto-queue-creation-v2"
CREATES, CREATES_OLD = f"{AUTO_CREATE}.enabled", "auto-create-child-queue.enabled"
MAX_QUEUES, MAX_DEPTH = f"{AUTO_CREATE}.max-queues", f"{AUTO_CREATE}.maximum-queue-depth"
TEMPLATES = {  # AutoCreatedQueueTemplate; by the words of queues.yaml
    "template": f"{AUTO_CREATE}.template.",
    "leaf": f"{AUTO_CREATE}.leaf-template.",
    "parent": f"{AUTO_CREATE}.parent-template.",
}
LEGACY_MODE = "legacy-queue-mode.enabled"
ZERO_SUM = "allow-zero-capacity-sum"
MAX_APPLICATIONS_OF_ALL = "global-queue-max-application"
CALCULATOR = "resource-calculator"
DOMINANT = "org.apache.hadoop.yarn.util.resource.DominantResourceCalculator"
MAX_PER_USER = f"user.{MAX_RUNNING}"

# Properties of a queue whose names have dots: their first words.
FAMILIES = frozenset(
    {
        LABELS,
        AUTO_CREATE,
        ORDERING,
        "auto-create-child-queue",
        "intra-queue-preemption",
        "leaf-queue-template",
        "multi-node-sorting",
        "user-settings",
    }
)


def is_of_queue(suffix: str) -> bool:
    """Whether a name behind the path of a queue is a property of that queue, rather than of one below it."""
    return "." not in suffix or suffix.partition(".")[0] in FAMILIES
