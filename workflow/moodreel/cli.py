"""The console command `moodreel`, also `python -m moodreel`: questions about the results of runs.

Only typer is imported here. Each command imports what it needs, so that help appears at once.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from moodreel.errors import UserError

if TYPE_CHECKING:
    from moodreel.workflow.provenance.run_record import Record


class Commands(TyperGroup):
    """The commands; the return value or exception of a command becomes the exit status."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that the command line names.

        Raises typer.Exit with its status: 2 after a mistake of the user, with a message on stderr.
        """
        try:
            status = super().invoke(ctx)
            sys.stdout.flush()
        except UserError as error:
            status = _complain(str(error))
        except BrokenPipeError:  # `| head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more at its end
            status = 0
        except OSError as error:
            status = _complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        raise typer.Exit(status)


HELP = """Turn videos into facial action units, body pose, recurring expressions, classifiers and music for each clip.

Snakemake does the work; the commands below answer questions about its results.

First steps, in the folder of the checkout:

\b
  make demo
      runs everything on built-in clips, in about 4 minutes
  .venv/bin/snakemake --cores 8 --configfile my.yaml --dry-run
      shows what would run, and why
  .venv/bin/snakemake --cores 8 --configfile my.yaml
      runs it; after an interruption, the same command resumes

Two lines are enough for my.yaml: `run: mine`, and `videos: my.tsv`, your table of videos. The report is then
results/runs/mine/report.html, next to the tables it is made from. README.md describes the table of videos,
docs/results.md every output, docs/settings.md every setting.
"""

STATUS = """Run `moodreel COMMAND --help` for arguments and an example. The status is 0 where all is well, 1 where
something differs, 2 for a mistake or a file that cannot be read, 130 after Ctrl-C."""

app = typer.Typer(
    cls=Commands,
    help=HELP,
    epilog=STATUS,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # no boxes: help is read in pipes and narrow windows too
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)

Run = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of the run, or its ro-crate-metadata.json.")]


def main() -> None:
    """Run the command that the command line names and exit with its status."""
    app(prog_name="moodreel")


@app.command(short_help="Show how a file was made, back to the videos.")
def provenance(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Any file below results/.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> int:
    """Show how a file was made: inputs, settings, code, networks and library versions, back to the videos.

    The status is 1 where the file has been changed since.

    \b
    Example:
      moodreel provenance results/runs/demo/evaluation.tsv
    """
    from moodreel.workflow.provenance import lineage

    node = lineage.of(file)
    if as_json:
        import json

        print(json.dumps(node.as_json(), indent=1))
    else:
        print("\n".join(lineage.lines(node)))
    return 1 if "CHANGED" in node.state else 0


@app.command(short_help="Compare two runs by their records, without running anything.")
def compare(
    one: Run,
    other: Annotated[Path, typer.Argument(metavar="OTHER", help="The same of another run.")],
) -> int:
    """Compare two runs by their records, without running anything.

    Tables are compared by value. The output lists file, column, size of the difference and, if known, the reason. A
    record (ro-crate-metadata.json) with its digests.parquet is enough; the other files of a run need not be there. The
    status is 1 where something differs.

    \b
    Example:
      moodreel compare results/runs/demo colleague/ro-crate-metadata.json
    """
    from moodreel.workflow.provenance import run_record

    return _report(run_record.read(one), run_record.read(other))


@app.command(short_help="Run a run again in a separate folder, and compare.")
def reproduce(
    run: Run,
    options: Annotated[list[str] | None, typer.Argument(metavar="-- OPTION", help="Options for snakemake.")] = None,
    cores: Annotated[str, typer.Option(metavar="N", help="Cores for snakemake.")] = "all",
    folder: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where to run it.", show_default="results/reproduced/RUN"),
    ] = None,
) -> int:
    """Run a run again in a separate folder, with the same settings and videos, and compare the two.

    Videos, downloads and networks are linked, everything else is made again. The same command resumes after an
    interruption. The status is 1 where something differs.

    \b
    Examples:
      moodreel reproduce results/runs/demo --cores 8
      moodreel reproduce results/runs/demo -- --profile profiles/slurm
    """
    from moodreel.workflow.provenance import reproduce as reproduction
    from moodreel.workflow.provenance import run_record

    if options and "--" not in sys.argv:
        raise typer.BadParameter(f"options for snakemake come after `--`: -- {' '.join(options)}")
    path = run_record.locate(run)
    again = reproduction.reproduce(path, folder, cores=cores, options=options or ())
    print()
    return _report(run_record.read(path), run_record.read(again))


@app.command(short_help="Show the size of results/, and what may be deleted.")
def space(
    delete: Annotated[
        list[str] | None, typer.Option(metavar="KIND", help="Delete all of a kind; may be given several times.")
    ] = None,
) -> int:
    """Show by kind the size of results/, and the cost of making it again. Nothing is deleted unless a kind is named.

    Your own videos and the tables of a run are never deleted.

    \b
    Examples:
      moodreel space
      moodreel space --delete meshes --delete clips
    """
    from moodreel.workflow.cleanup import space as survey

    for kind in delete or ():
        print(survey.delete(kind))
    print("\n".join(survey.lines(survey.survey())))
    return 0


@app.command(short_help="Delete all that was made from a video or a performer.")
def forget(
    performer: Annotated[str | None, typer.Option(metavar="NAME", help="A performer: all of their videos.")] = None,
    video: Annotated[str | None, typer.Option(metavar="ID", help="One video.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be deleted, and delete nothing.")] = False,
) -> int:
    """Delete everything below results/ that was made from a video, or from all videos of a performer.

    That is their tables, crops and media that moodreel fetched; neutral faces; every run that contains them, with its
    classifiers, pictures, films and exports, and what was made with these; records and logs that name them. Your own
    video files and tables of videos stay: the output names them. The next run makes the rest again without them.

    \b
    Examples:
      moodreel forget --performer anna --dry-run
      moodreel forget --video interview-3
    """
    from moodreel.workflow.cleanup import forget as traces

    found = traces.find(performer=performer, video=video)
    what = f"{len(found.videos)} videos ({', '.join(found.videos)}): {len(found.derived)} files and folders"
    what += f", {found.bytes / 1e6:.1f} MB"
    lines = list(found.lines())
    if not dry_run:
        traces.delete(found)
    print(f"{'would delete' if dry_run else 'deleted'} all traces of {what}")
    print("\n".join(lines))
    return 0


@app.command(short_help="List the licences of packages, binaries and networks.")
def licences() -> int:
    """List the licences of all locked packages, of libraries and programs inside those installed, and of networks.

    The status is 1 where one is not allowed or unknown, or a package is not that of its lock.

    \b
    Example:
      moodreel licences | grep GPL
    """
    from moodreel.workflow import licences as known

    found = known.parts()
    print("\n".join(known.lines(found)))
    return 1 if any(part.problem for part in found) else 0


def _report(one: Record, other: Record) -> int:
    """Print the differences between two runs; return the exit status."""
    from moodreel.workflow.provenance import compare

    lines, agree = compare.report(compare.compare(one, other), one, other)
    print("\n".join(lines))
    return 0 if agree else 1


def _complain(message: str) -> int:
    """Print an error message; return the exit status."""
    print(f"moodreel: {message}", file=sys.stderr)
    return 2
