"""`python -m moodreel <command>`: questions to what runs have made, and orders about it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from moodreel.errors import UserError

INTERRUPTED = 130
"""What a shell says of a command that Ctrl-C has ended: 128 and the signal's number."""


def main() -> int:
    """Run the command that the command line names; the status for the shell."""
    parser = argparse.ArgumentParser(prog="python -m moodreel", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    _add_provenance(commands)
    _add_compare(commands)
    _add_reproduce(commands)
    _add_space(commands)
    own, options = _split(sys.argv[1:])  # argparse takes no options of others after a command's own
    args = parser.parse_args(own, argparse.Namespace(options=options))
    if options and args.run is not _reproduce:
        parser.error(f"nothing is passed on by this command: -- {' '.join(options)}")
    try:
        status = args.run(args)
        sys.stdout.flush()
        return status
    except UserError as error:
        return _failed(str(error))
    except BrokenPipeError:  # `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more at its end
        return 0
    except OSError as error:
        return _failed(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except KeyboardInterrupt:
        return INTERRUPTED


def _failed(why: str) -> int:
    print(f"moodreel: {why}", file=sys.stderr)
    return 2


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    place = words.index("--") if "--" in words else len(words)
    return words[:place], words[place + 1 :]


def _add_provenance(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("provenance", help="what made a file, back to the videos")
    parser.add_argument("file", type=Path, help="any output")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.set_defaults(run=_provenance)


def _provenance(args: argparse.Namespace) -> int:
    from moodreel.workflow.provenance import lineage

    node = lineage.of(args.file)
    print(json.dumps(node.as_json(), indent=1) if args.json else "\n".join(lineage.lines(node)))
    return 1 if "CHANGED" in node.state else 0


def _add_compare(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("compare", help="hold two runs against each other by their manifests")
    parser.add_argument("one", type=Path, help="a run's folder, or its manifest.json with digests.parquet beside it")
    parser.add_argument("other", type=Path, help="another's")
    parser.set_defaults(run=_compare)


def _compare(args: argparse.Namespace) -> int:
    from moodreel.workflow.provenance import compare, record

    one, other = record.read(args.one), record.read(args.other)
    lines, agree = compare.report(compare.compare(one, other), one, other)
    print("\n".join(lines))
    return 0 if agree else 1


def _add_reproduce(commands: argparse._SubParsersAction) -> None:
    what = "make a run anew beside it, and compare"
    parser = commands.add_parser("reproduce", help=what, description=f"{what}; options of snakemake follow after --")
    parser.add_argument("manifest", type=Path, help="the run's folder, or its manifest.json")
    parser.add_argument("--cores", default="all", help="for snakemake (default: %(default)s)")
    parser.add_argument("--folder", type=Path, help="where (default: results/reproduced/<run>)")
    parser.set_defaults(run=_reproduce)


def _reproduce(args: argparse.Namespace) -> int:
    from moodreel.workflow.provenance import compare, record, reproduce

    manifest = record.locate(args.manifest)
    again = reproduce.reproduce(manifest, args.folder, cores=args.cores, options=args.options)
    one, other = record.read(manifest), record.read(again)
    lines, agree = compare.report(compare.compare(one, other), one, other)
    print("\n".join(["", *lines]))
    return 0 if agree else 1


def _add_space(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("space", help="what results/ takes, what may be deleted, what that costs")
    parser.add_argument("--delete", metavar="KIND", action="append", default=[], help="delete all of a kind")
    parser.set_defaults(run=_space)


def _space(args: argparse.Namespace) -> int:
    from moodreel.workflow.cleanup import space

    for kind in args.delete:
        print(space.delete(kind))
    print("\n".join(space.lines(space.survey())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
