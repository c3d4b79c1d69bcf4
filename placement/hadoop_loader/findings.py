"""What Hadoop's own scheduler says of a rendered policy, at the places of the policy. Pure."""

from collections.abc import Iterator, Sequence

from placement.errors import Place, Problem, quoted, visible
from placement.hadoop_loader import complaints
from placement.hadoop_loader.complaints import RULES, Meant
from placement.hadoop_loader.jvm import Answer
from placement.hadoop_loader.keys import keys
from placement.queues_file.reading import Places
from placement.rules.model import Rules
from placement.schedulers.configuration import Configuration


class Sources:
    """Where the policy says what was rendered: the `places` of queues.yaml, None without it; the rules of the map.

    `lines`: those of the map.
    """

    def __init__(self, places: Places | None, rules: Rules, lines: Sequence[str]) -> None:
        self._places = places
        self._rules = rules
        self._lines = lines

    def of(self, meant: Meant, scheduler: str) -> Place:
        """The place of what a complaint is about; if none can be told, that of the file."""
        if meant.property == RULES:
            return self._of_rule(meant.rule_queue)
        if self._places is None:
            return Place(self._rules.file)
        if meant.property is None:
            return self._places.of(meant.queue)
        candidates = keys(scheduler, meant.queue, meant.property)
        for queue, path in candidates:
            found = self._places.of(queue, *path)
            around = self._places.of(queue, *path[:-1])
            if (found.line, found.column) != (around.line, around.column):
                return found
        queue, path = candidates[0]
        return self._places.of(queue, *path)

    def _of_rule(self, queue: str | None) -> Place:
        """The first rule for that queue; a placeholder of the scheduler's is one of the map's."""
        for rule in self._rules.rules:
            if queue and (rule.queue == queue or queue.endswith(f".{rule.queue}")):
                text = self._lines[rule.line - 1] if rule.line <= len(self._lines) else rule.text
                return Place(self._rules.file, rule.line, text.find(rule.queue) + 1, len(rule.queue), text)
        return Place(self._rules.file)


def findings(answer: Answer, configuration: Configuration, sources: Sources) -> list[Problem]:
    """`hadoop-refuses`, or else `hadoop-leaves-out` for each queue, and `hadoop-warns`.

    `answer` is to the file that `configuration` was written to.
    """
    name = f"Hadoop's {configuration.scheduler} scheduler"
    if answer.complaints:
        text = complaints.in_words(answer.complaints)
        place = sources.of(complaints.meant(text, configuration, answer.log), configuration.scheduler)
        remedy = "correct it: a ResourceManager would not start with this, and a running one would not take it up"
        return [Problem("hadoop-refuses", f"{name} refuses this: {visible(text)}", place, remedy)]
    left_out = [path for path in configuration.queues if path not in answer.queues]
    return [*_left_out(left_out, name, configuration, sources), *_warnings(answer.log, name, configuration, sources)]


def _left_out(paths: Sequence[str], name: str, configuration: Configuration, sources: Sources) -> Iterator[Problem]:
    for path in paths:
        message = f"{name} does not create {quoted(path)}"
        place = sources.of(Meant(path), configuration.scheduler)
        yield Problem("hadoop-leaves-out", message, place, "see what else is said of it or of the queues around it")


def _warnings(log: Sequence[str], name: str, configuration: Configuration, sources: Sources) -> Iterator[Problem]:
    """What is logged again and again is said once; what names nothing of the file is not about it."""
    for text in dict.fromkeys(log):
        meant = complaints.meant(text, configuration)
        if meant != Meant():
            place = sources.of(meant, configuration.scheduler)
            remedy = "see whether that is meant; the ResourceManager only writes it to its log"
            yield Problem("hadoop-warns", f"{name} warns: {visible(text)}", place, remedy, "warning")
