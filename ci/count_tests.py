"""Counts what ci/test ran: the slowest, the failed, the skipped, and last the line "N passed, N failed, N skipped"."""

import pathlib
import sys
import xml.etree.ElementTree

SLOWEST_SHOWN = 10


def status_of(case):
    status = case.get("status")
    if status in ("run", "fail"):
        return "passed" if status == "run" else "failed"
    # A program that is missing or can't start is "not run" too: that is no skip.
    skipped = case.find("skipped")
    message = "" if skipped is None else skipped.get("message", "")
    return "skipped" if status == "disabled" or message.startswith("SKIP_") else "failed"


def read_junit(file):
    for case in xml.etree.ElementTree.parse(file).getroot().iter("testcase"):
        yield status_of(case), float(case.get("time", 0)), f"{file.stem}: {case.get('name')}"


def read_steps(file):
    for line in file.read_text().splitlines():
        status, took, name = line.split("\t")
        yield status, float(took), name


def main():
    folder = pathlib.Path(sys.argv[1])
    results = [result for file in sorted(folder.glob("*.xml")) for result in read_junit(file)]
    if (folder / "steps.tsv").exists():
        results += read_steps(folder / "steps.tsv")

    print(f"\nThe {SLOWEST_SHOWN} slowest:")
    for status, took, name in sorted(results, key=lambda result: -result[1])[:SLOWEST_SHOWN]:
        print(f"  {took:7.1f} s  {name}")
    for wanted in ("skipped", "failed"):
        names = [name for status, _, name in results if status == wanted]
        if names:
            print(f"\n{wanted.capitalize()}:")
            print("\n".join(f"  {name}" for name in names))
    counts = {wanted: sum(status == wanted for status, _, _ in results) for wanted in ("passed", "failed", "skipped")}
    print(f"\n{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    sys.exit(1 if counts["failed"] or not counts["passed"] else 0)


main()
