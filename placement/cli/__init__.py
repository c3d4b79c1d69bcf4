"""The command `placement`: one module a command, imported when it is called; the one place where errors become text."""

import os
import sys
from importlib import import_module

import click

from placement import __version__
from placement.agent_socket import FAULTS
from placement.errors import PlacementError

USAGE = 64  # EX_USAGE; click's own 2 would read as `no rule`
UNAVAILABLE = 69  # EX_UNAVAILABLE
NO_OUTPUT = 74  # EX_IOERR
CONFIGURATION = 78  # EX_CONFIG

COMMANDS = {
    "advise": "who wastes most memory, and what to ask for instead",
    "agent": "the service that gives those who wait their turns",
    "access": "who may submit to which queue and administer it, and why",
    "apply": "brings the policy to the scheduler, and takes back what fails",
    "cancel": "takes a submission out of the queue",
    "check": "errors and warnings of a policy, as FILE:LINE:COLUMN",
    "compile": "writes the index of a policy, which spares its reading",
    "decide": "the queue of a user or a command, and why",
    "doctor": "whether this gateway is set up as it should be",
    "estimate": "what a command asks for, what it will need, and why",
    "explain": "the same, with every rule that was tried",
    "history": "what was applied, when, by whom, and with what outcome",
    "impact": "who would be placed otherwise by another policy",
    "import": "a policy folder from the file of a scheduler",
    "install-kernel": "a notebook kernel that is decided on before it starts",
    "install-wrappers": "wrappers in front of the real commands, put there or removed",
    "learn": "reads what finished, and learns from it what the next jobs will need",
    "monitor": "what is free, what each application uses, what is in danger",
    "parity": "whether gateway and ResourceManager let the same people in",
    "plan": "what the policy would change of what the scheduler is told",
    "queue": "who waits for a turn, has one, or runs",
    "render": "the policy as the file of a scheduler",
    "rollback": "what was in force before the last apply, or after an earlier one",
    "spark-home": "a Spark home for what starts Spark from Python",
    "status": "whether the agent is well",
    "test": "whether everybody lands where expectations.yaml says",
    "why": "a recorded decision, and whether its application runs where it says",
}


def _module_of(command: str) -> str:
    return "importing" if command == "import" else command.replace("-", "_")


class _Commands(click.Group):
    """The commands of COMMANDS; `--help` lists them without importing any."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"placement.cli.{_module_of(cmd_name)}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="placement")
def placement() -> None:
    """One policy says who runs where on a Hadoop cluster; everything that decides reads it."""


policy_option = click.option(
    "--policy",
    "policy_folder",
    metavar="DIR",
    envvar="PLACEMENT_POLICY",
    default="/etc/placement",
    show_default=True,
    help="The policy folder; PLACEMENT_POLICY names it too.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print plain data instead of text.")


def main() -> None:
    """The console script: runs a command and turns what goes wrong into a message and an exit status."""
    try:
        status = placement.main(prog_name="placement", standalone_mode=False)
        sys.stdout.flush()
    except click.UsageError as error:
        error.show()
        status = USAGE
    except click.exceptions.Abort:
        status = 130
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except PlacementError as error:
        click.echo(str(error), err=True)
        status = UNAVAILABLE if error.problems[0].code in FAULTS else CONFIGURATION
    except OSError as error:  # what commands read and write themselves is told as a PlacementError
        click.echo(f"placement: cannot write the output: {error.strerror or error}", err=True)
        os._exit(NO_OUTPUT)  # an ordinary exit would try to write it once more
    sys.exit(status)
