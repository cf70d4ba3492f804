#!/usr/bin/env python3
"""columns_test.py VDETOOL SCHEMAS TESTS: the help of every command fits 80 columns, and so does the
main output of every command on a terminal of that width. Into a pipe, items stay on one line."""

import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile

from terminal import terminal_output

vdetool, tests = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[3])
failures = []
os.environ["LC_ALL"] = "C.UTF-8"


def on_terminal(columns, *arguments):
    """The lines that a command prints on a terminal, without colours."""
    output = terminal_output([vdetool, *arguments], columns)
    text = re.sub(r"\x1b\[[0-9;]*m", "", output.decode("utf-8", "replace"))
    return text.replace("\r\n", "\n").splitlines()


def in_pipe(*arguments):
    return subprocess.run([vdetool, *arguments], capture_output=True, check=False).stdout.decode()


def check_fits(lines, columns, what):
    for line in lines:
        if len(line) > columns:
            failures.append(f"{what}: {len(line)} columns: {line}")
        if line.endswith(" "):
            failures.append(f"{what}: blanks at the end: '{line}'")


def commands_of(*words):
    part = in_pipe(*words, "--help").partition("\nCommands:\n")[2].partition("\n\n")[0]
    return [line.split()[0] for line in part.splitlines() if line.startswith("  ") and line[2] != " "]


def check_help(*words):
    text = in_pipe(*words, "--help")
    if not text:
        failures.append(f"{words}: no help")
    check_fits(text.splitlines(), 80, " ".join(words) + " --help")
    for command in commands_of(*words):
        check_help(*words, command)


def unpack(folder, name):
    with gzip.open(os.path.join(tests, folder, name + ".dwvd.gz")) as packed:
        with open(name, "wb") as file:
            shutil.copyfileobj(packed, file)
    return name


def check_main_output(columns):
    big, warned = unpack("vectors", "everything-1"), unpack("vectors", "tags-addresses-outside")
    with open("damaged", "wb") as file:
        file.write(open(big, "rb").read())
        file.seek(4096 + 200)
        file.write(b"spoiled")
    outputs = [
        ("format", "new", "--size", "4M", "--dry-run"), ("info", big), ("dump", big),
        ("dump", big, "--regions"), ("dump", big, "--tree"), ("dump", big, "--block", "10-14"),
        ("dump", big, "--region", "SNAP"), ("dump", big, "--region", "TAGI"),
        ("dump", big, "--offset", "1359:5"), ("dump", big, "--block", "9", "--hex"),
        ("log", unpack("vectors2", "all-regions")), ("map", big), ("map", "damaged"), ("map", big, "--blocks", "0-20"),
        ("verify", big, warned, "damaged"), ("verify", "damaged", "--repair", "--dry-run"),
        ("label", big), ("label", big, "Everything é"), ("resize", big, "--size", "6963200"),
        ("tag", "list", big), ("tag", "get", big, "key000000"), ("tag", "find", big, "--limit", "9"),
        ("tag", "stats", big), ("snapshot", "list", big), ("snapshot", "list", big, "--tree"),
        ("snapshot", "show", big, "@latest"), ("snapshot", "chain", big, "@latest"),
        ("snapshot", "children", big, "s000"), ("module", "list", big), ("module", "verify", big),
        ("module", "show", big, "2e0a35e9"), ("explain",), ("explain", "SUPB-001"),
        ("verify", "damaged", "--repair", "--undo", f"undo-{columns}"),
        ("undo", "damaged", f"undo-{columns}", "--no-undo"),
    ]
    for words in outputs:
        lines = on_terminal(columns, *words)
        what = " ".join(words)
        if not lines and words[1] != "children":
            failures.append(f"{what}: no output on a terminal")
        check_fits(lines, columns, what)


def check_headings():
    for words, heading in ((("module", "list"), "HASH"), (("snapshot", "list"), "ID"),
                           (("tag", "list"), "INODE")):
        lines = on_terminal(80, *words, "everything-1")
        if not lines[0].split()[0] == heading:
            failures.append(f"{words}: no heading on a terminal: {lines[0]}")
        if in_pipe(*words, "everything-1").splitlines()[0].startswith(heading):
            failures.append(f"{words}: a heading in a pipe")
    if max(map(len, in_pipe("module", "list", "everything-1").splitlines())) < 100:
        failures.append("module list: shortened in a pipe")
    exported = on_terminal(80, "tag", "export", "everything-1")
    if exported != in_pipe("tag", "export", "everything-1").splitlines():
        failures.append("tag export: not the same on a terminal")


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    check_help()
    check_main_output(80)
    check_main_output(50)
    check_headings()
    os.chdir("/")
print("\n".join(failures[:40]))
sys.exit(1 if failures else 0)
