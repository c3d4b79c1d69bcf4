"""Whether what ended ended for want of memory, by the words that YARN, Spark and the JVM leave. Pure.

Sources: Hadoop `ContainerExitStatus`, `ContainersMonitorImpl`, `RMAppAttemptImpl`, `YarnChild` (of an error without a
cause it tells the message alone); Spark `YarnAllocator`,
`SparkExitCode`, `YarnSparkHadoopUtil.addOutOfMemoryErrorArgument` (the JVM that is out of memory is sent SIGTERM: 143).
"""

import re

from placement.estimate.outcome import Ended

SUCCEEDED: Ended = "succeeded"
FAILED: Ended = "failed"
KILLED: Ended = "killed"
OUT_OF_MEMORY: Ended = "out-of-memory"

LOOKED_AT = 20_000  # characters, from the front: YARN tells the reason before the last lines of the log
EXCEEDED_VIRTUAL, EXCEEDED_PHYSICAL = -103, -104
SIGKILL, SIGTERM = 137, 143  # the kernel, or whoever ends a JVM that is out of memory
SPARK_OUT_OF_MEMORY = 52
_STATUSES = f"{EXCEEDED_VIRTUAL}|{EXCEEDED_PHYSICAL}|{SIGKILL}|{SIGTERM}|{SPARK_OUT_OF_MEMORY}"
_WORDS = re.compile(
    r"running (?:\S+ )?beyond (?:the )?'?(?i:physical|virtual)'? memory limit"
    r"|Container killed by YARN for exceeding"
    r"|java\.lang\.OutOfMemoryError|Java heap space|GC overhead limit exceeded"
    r"|\boom[-_ ]?kill"
    r"|(?i:exit ?code|exit status|exitStatus)[:=]? (?:is )?(?:" + _STATUSES + r")\b"
)
# Somebody wanted it to end, and the exit status is that of a signal all the same.
_WANTED = re.compile(r"killed by the ApplicationMaster|[Pp]reempted|was killed by user|killed by driver|decommission")
_MASTER = re.compile(r"AM Container for")


def is_out_of_memory(words: str | None) -> bool:
    """Whether these are the words of a container, or a JVM, that wanted more memory than it had."""
    said = (words or "")[:LOOKED_AT]
    return _WORDS.search(said) is not None and not _WANTED.search(said)


def is_of_master(words: str | None) -> bool:
    """Whether the words are about the application master's container."""
    return _MASTER.search((words or "")[:LOOKED_AT]) is not None


def ended(state: str, final_status: str, words: str | None) -> Ended:
    """How an application ended: by its state (`RMAppState`), what it said of itself, and its diagnostics."""
    if state == "KILLED" or final_status == "KILLED":
        return KILLED
    if state == "FINISHED" and final_status == "SUCCEEDED":
        return SUCCEEDED
    return OUT_OF_MEMORY if is_out_of_memory(words) else FAILED
