"""The words in which the capacity scheduler is told placement rules.

Sources: Hadoop `CapacitySchedulerConfiguration`, `VariableContext`.
"""

PREFIX = "yarn.scheduler.capacity."
FORMAT = f"{PREFIX}mapping-rule-format"
INLINE = f"{PREFIX}mapping-rule-json"
IN_A_FILE = f"{PREFIX}mapping-rule-json-file"
LEGACY = f"{PREFIX}queue-mappings"
LEGACY_BY_NAME = "yarn.scheduler.queue-placement-rules.app-name"
OVERRIDE = f"{PREFIX}queue-mappings-override.enable"
PROPERTIES = (FORMAT, INLINE, IN_A_FILE, LEGACY, LEGACY_BY_NAME, OVERRIDE)

VARIABLES = ("%user", "%primary_group", "%secondary_group", "%application", "%specified", "%default")
# What is compared has `%specified` filled in: with it behind a name the two are equal only if nothing is asked for.
NO_REQUEST = "%specified"
