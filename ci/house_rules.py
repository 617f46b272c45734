"""The rules of the house that no compiler and no formatter checks. A line that must break one ends with a comment
"house: why"; a file that must be long says so in one of its first 30 lines."""

import pathlib
import re
import subprocess
import sys

LONGEST_FILE = 500
CODE = (".cc", ".h", ".go")

# Pattern, the files it is for, and what to say. Each was a mistake somewhere before (see shared/STYLE.md's list).
LINE_RULES = [
    (r"\b(TODO|FIXME|XXX|HACK)\b", "", "say it in an issue, or do it"),
    (r"\bsleep_for\b|\busleep\s*\(|\bnanosleep\s*\(|(?<!_)\bsleep\s*\(", ".cc .h", "wait for a condition: harness/base/eventually.h"),
    (r"\bpkill\b|\bkillall\b|\bpgrep\b", "", "kill by process id what you started, never by name"),
    (r"\busing namespace std\b", ".cc .h", "name what you use"),
    (r"\bstd::(cout|cerr)\b|(?<![\w.:>])printf\(", ".cc .h", "print in harness/cli only; elsewhere log or return"),
    (r'^\s*#\s*include\s+"(?!harness/|fixtures/|chaos/|scenarios/|matrix/|reports/)', ".cc .h", "include from the repository's root"),
    (r"\t", ".cc .h .py .yaml", "no tabs"),
    (r"[ \t]+$", "", "no blanks at the end of a line"),
]
PRINTING_ALLOWED = re.compile(r"^harness/cli/|_bench\.cc$|_test\.cc$|_itest\.cc$|in_cell")
VAGUE_NAMES = re.compile(r"(^|[/_])(util|utils|helper|helpers|common|misc)([/_.]|$)")


def is_text(path):
    return path.suffix in (*CODE, ".py", ".sh", ".cmake", ".yaml", ".md", ".txt") or path.parent.name == "ci"


def mistakes_in(path):
    if VAGUE_NAMES.search(str(path)):
        yield f"{path}: a name that says what it is for, not that it helps"
    lines = path.read_text(encoding="utf-8").splitlines()
    if path.suffix in CODE and len(lines) > LONGEST_FILE and not any("house:" in line for line in lines[:30]):
        yield f"{path}: {len(lines)} lines; at most {LONGEST_FILE}"
    if path.suffix == ".h" and "#pragma once" not in lines:
        yield f"{path}: no #pragma once"
    for number, line in enumerate(lines, 1):
        if "house:" in line:
            continue
        for pattern, suffixes, advice in LINE_RULES:
            if suffixes and path.suffix not in suffixes.split():
                continue
            if "print" in advice and PRINTING_ALLOWED.search(str(path)):
                continue
            if re.search(pattern, line):
                yield f"{path}:{number}: {advice}"


def main():
    names = subprocess.run(["git", "ls-files"], check=True, capture_output=True, text=True).stdout.split("\n")
    paths = [pathlib.Path(name) for name in names if name and pathlib.Path(name).is_file()]
    found = [mistake for path in paths if is_text(path) and path.name != "house_rules.py" for mistake in mistakes_in(path)]
    print("\n".join(found) if found else f"House rules: {len(paths)} files, nothing to say")
    sys.exit(1 if found else 0)


main()
