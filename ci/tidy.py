"""Runs clang-tidy on what build/release compiles, for a limited time: files changed since the last release branch point
first, then the rest. A file that was clean is not looked at again until it, a header of ours, or .clang-tidy changes."""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

BUILD = pathlib.Path("build/release")


def cache_folder():
    base = os.environ.get("CHAMBER_CACHE")
    if not base:
        base = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "chamber"
    folder = pathlib.Path(base) / "tidy"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def compiled_files():
    commands = json.loads((BUILD / "compile_commands.json").read_text())
    root = pathlib.Path.cwd()
    files = {pathlib.Path(command["file"]) for command in commands}
    return sorted(file.relative_to(root) for file in files if file.is_relative_to(root) and BUILD.resolve() not in file.parents)


def changed_files():
    """Against the commit before this one, and what is not committed."""
    commands = (["git", "diff", "--name-only", "HEAD~1"], ["git", "diff", "--name-only", "HEAD"])
    return {name for command in commands for name in subprocess.run(command, capture_output=True, text=True).stdout.split("\n")}


def fingerprint():
    """A function of a file: the digest of it, of every header of ours, and of the rules. Coarse, but never stale."""
    common = hashlib.sha256(pathlib.Path(".clang-tidy").read_bytes())
    headers = subprocess.run(["git", "ls-files", "*.h"], check=True, capture_output=True, text=True).stdout.split()
    texts = {header: pathlib.Path(header).read_bytes() for header in sorted(headers) if pathlib.Path(header).exists()}

    def included(text, seen):
        for header, content in texts.items():
            if header not in seen and header.encode() in text:
                seen.add(header)
                included(content, seen)
        return seen

    def of(file):
        text = file.read_bytes()
        digest = common.copy()
        digest.update(text)
        for header in sorted(included(text, set())):
            digest.update(texts[header])
        return digest.hexdigest()

    return of


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, required=True)
    deadline = time.monotonic() + 60 * parser.parse_args().minutes
    tidy = shutil.which("clang-tidy-14") or shutil.which("clang-tidy")
    if tidy is None:
        sys.exit("clang-tidy is not installed: ci/deps --tests")

    clean, of, changed = cache_folder(), fingerprint(), changed_files()
    prints = {file: of(file) for file in compiled_files()}
    todo = [file for file, digest in prints.items() if not (clean / digest).exists()]
    todo.sort(key=lambda file: str(file) not in changed)

    def look_at(file):
        if time.monotonic() > deadline:
            return None
        command = [tidy, "--quiet", "--extra-arg=-Wno-unknown-warning-option", "-p", str(BUILD), str(file)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if done.returncode == 0:
            (clean / prints[file]).touch()
        return done

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        outcomes = list(pool.map(look_at, todo))
    wrong = [outcome for outcome in outcomes if outcome is not None and outcome.returncode != 0]
    left = outcomes.count(None)
    for outcome in wrong:
        print(outcome.stdout)
    print(f"clang-tidy: {len(prints)} files, {len(prints) - len(todo)} known to be clean, {len(todo) - left} looked at, "
          f"{len(wrong)} with mistakes" + (f", {left} left for the next run: time was up" if left else ""))
    sys.exit(1 if wrong else 0)


main()
