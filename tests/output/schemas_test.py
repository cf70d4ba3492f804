#!/usr/bin/env python3
"""schemas_test.py VDETOOL SCHEMAS TESTS: holds every JSON object that the commands print against
its schema. A name that no schema has is an error here, though the schemas allow it: names may be
added, but not without describing them."""

import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import warnings

try:
    import jsonschema
except ImportError:
    print("the Python module jsonschema is not installed")
    sys.exit(77)

# Later versions have another way to resolve references, Debian's has only this one.
warnings.filterwarnings("ignore", category=DeprecationWarning)
vdetool, schema_folder, tests = (os.path.abspath(path) for path in sys.argv[1:4])
failures = []
counts = {}


def strict(schema):
    """The schema without leave to add names."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    result = {}
    for name, part in schema.items():
        # The members of "properties" are names, not keywords.
        if name in ("properties", "$defs"):
            result[name] = {key: strict(value) for key, value in part.items()}
        else:
            result[name] = strict(part)
    if "properties" in schema and "additionalProperties" not in schema:
        result["additionalProperties"] = False
    return result


def load_schemas():
    schemas = {}
    for name in sorted(os.listdir(schema_folder)):
        with open(os.path.join(schema_folder, name)) as file:
            schema = json.load(file)
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["$id"] == name, name
        schemas[name] = strict(schema)
    return schemas


schemas = load_schemas()


def validator(schema, name):
    resolver = jsonschema.RefResolver(name, schema, store=schemas)
    return jsonschema.Draft202012Validator(schema, resolver=resolver)


def branches(name):
    """The alternatives of a schema, with the values by which one is chosen."""
    schema = schemas[name]
    parts = schema["oneOf"] if "oneOf" in schema and "properties" not in schema else [schema]
    return [(part, validator(part, name)) for part in parts]


validators = {name: branches(name) for name in schemas if name != "common.json"}


def could_be(part, value):
    for key, rule in part["properties"].items():
        if "const" in rule and value.get(key) != rule["const"]:
            return False
        if "enum" in rule and key == "command" and value.get(key) not in rule["enum"]:
            return False
    return all(key in value for key in part["required"])


def check(value, name, what):
    counts[name] = counts.get(name, 0) + 1
    parts = [check for part, check in validators[name] if could_be(part, value)]
    problems = [sorted(part.iter_errors(value), key=str) for part in parts]
    if any(not found for found in problems):
        return
    found = min(problems, key=len)[0].message[:300] if problems else "no schema fits"
    failures.append(f"{what}: {name}: {found}\n  {json.dumps(value)[:300]}")


def schema_of(value):
    if "error" in value and "command" not in value:
        return "error.json"
    if "progress" in value:
        return "progress.json"
    if "warning" in value:
        return "warning.json"
    if "command" not in value:
        return "tag-record.json"
    command = value["command"].split(" ")[0]
    return "module.json" if command == "module-register" else command + ".json"


def run(*arguments, status=0, stdin=None, schema=None):
    command = [vdetool, *arguments, "--json"]
    done = subprocess.run(command, input=stdin, capture_output=True, check=False)
    what = " ".join(os.fsdecode(word) for word in arguments)[:200]
    if done.returncode != status:
        failures.append(f"{what}: status {done.returncode}: {done.stderr.decode()[:300]}")
    values = []
    for stream in (done.stdout, done.stderr):
        for line in stream.decode("utf-8").splitlines():
            value = json.loads(line)
            values.append(value)
            check(value, schema or schema_of(value), what)
    return values


def unpack(folder, name):
    with gzip.open(os.path.join(tests, folder, name + ".dwvd.gz")) as packed:
        with open(name, "wb") as file:
            shutil.copyfileobj(packed, file)
    return name


def spoil(path, block, at=100):
    with open(path, "r+b") as file:
        file.seek(block * 4096 + at)
        byte = file.read(1)
        file.seek(block * 4096 + at)
        file.write(bytes([byte[0] ^ 0x55]))


def dump_everything(image):
    info = run("info", image)[0]
    run("dump", image)
    run("dump", image, "--regions")
    for region in info["regions"]:
        first = region["start"]
        last = first + min(region["count"], 3) - 1
        run("dump", image, "--block", f"{first}-{last}")
        for byte in (0, 20, 300, 4090):
            run("dump", image, "--offset", f"{first}:{byte}")


def check_samples():
    for name in ("everything-1", "code-references"):
        dump_everything(unpack("vectors", name))
    for name in ("all-regions", "dict-references", "inodes-5", "inte-nan", "xref-federation"):
        dump_everything(unpack("vectors2", name))
    run("rescue", "everything-1", "--list")
    run("rescue", "everything-1", "--output", "rescued")
    run("copy", "everything-1", "copied")
    run("copy", "everything-1", b"caf\xe9-copy", "--scrub")
    spoil("copied", 1103)
    run("copy", "copied", "again", status=4)
    run("copy", "copied", "again", "--metadata", status=4)
    run("dump", "everything-1", "--tree")
    run("dump", "code-references", "--tree")
    run("dump", "everything-1", "--block", "0-1", "--raw")
    run("dump", "everything-1", "--block", "0-1", "--hex")
    run("verify", "everything-1", "code-references", "all-regions", status=4)
    run("map", "everything-1")
    run("map", "everything-1", "--svg", b"m\xe4p.svg")
    run("map", "code-references", "--blocks", "0-99", status=4)
    run("map", "dict-references", "--scope", "metadata")
    run("log", "all-regions")
    run("log", "everything-1", status=1)
    run("log", unpack("vectors2", "alog-broken-chain"), "--until", "2024-12-16", status=4)
    for name in ("alog-leftover", "clog-odd", "mlog-v21-6", "opjr-5", "stre-wrapped", "worm-3"):
        run("log", unpack("vectors2", name))
    run("tag", "list", "everything-1")
    run("snapshot", "list", "everything-1", "--tree", "--all")
    run("module", "list", "everything-1")
    run("module", "verify", "everything-1")
    run("module", "show", "everything-1", "2e0a35e9")


def check_edits():
    image = b"caf\xe9"
    run("format", image, "--size", "4M", "--dry-run")
    run("format", image, "--size", "4M", "--label", "a\\nb")
    run("format", image, "--size", "4M", status=8)
    run("label", image)
    run("label", image, "new")
    run("label", image, "new")
    run("resize", image, "--size", "8M")
    run("resize", image, "--size", "8M")
    run("tag", "set", image, "7", "year=1998", b"\xff=\xff")
    run("tag", "get", image, "year")
    run("tag", "find", image)
    run("tag", "find", image, "--count")
    run("tag", "find", image, "--prefix", "q", status=1)
    run("tag", "query", image, "*")
    run("tag", "query", image, "year=1998 and \\xff*", "--count")
    run("tag", "query", image, "not *", status=1)
    run("tag", "query", image, "not", status=16)
    run("tag", "keys", image)
    run("tag", "keys", image, "--prefix", "q", status=1)
    run("tag", "diff", image, image)
    shutil.copyfile(image, b"other\xe9")
    run("tag", "set", b"other\xe9", "7", "year=\\xff", "new=", "--block", "5")
    run("tag", "remove", b"other\xe9", "7", b"\xff")
    run("tag", "diff", image, b"other\xe9", status=1)
    run("tag", "diff", image, "missing", status=8)
    run("tag", "stats", image)
    run("tag", "export", image)
    run("tag", "export", image, "all.jsonl")
    run("tag", "import", image, stdin=b"8\tkey\tvalue\t9\n")
    run("tag", "import", image, stdin=b"x\n", status=8)
    run("tag", "import", image, image, status=16)
    run("tag", "remove", image, "7", "year")
    run("snapshot", "create", image, "--label", "one", "--base")
    run("snapshot", "create", image, "--parent", "one", "--id", "00112233-4455-6677-8899-aabbccddeeff")
    for verb in ("show", "chain", "children"):
        run("snapshot", verb, image, "one")
    run("snapshot", "delete", image, "@latest")
    run("snapshot", "undelete", image, "00112233-4455-6677-8899-aabbccddeeff")
    run("snapshot", "create", image, "--label", "two", "--parent", "one")
    run("snapshot", "prune", image, "--keep-within", "1h", "--keep-yearly", "1", "--dry-run")
    run("snapshot", "prune", image, "--keep-last", "1", "--keep-label", "one")
    run("snapshot", "prune", image, "--keep-label", "none", status=8)
    run("snapshot", "purge", image, "--dry-run")
    run("snapshot", "purge", image)
    run("snapshot", "purge", image, status=1)
    with open("empty.wasm", "wb") as file:
        file.write(b"\0asm\1\0\0\0")
    stored = run("module", "register", image, "empty.wasm")[0]
    run("module-register", image, "empty.wasm", status=1)
    run("module", "register", image, "nothing", status=8)
    run("module", "show", image, stored["id"])
    run("module", "extract", image, stored["id"], "copy.wasm")
    run("module", "verify", image)
    run("module", "remove", image, stored["id"])
    run("info", image)
    run("dump", image, "--tree")
    return image


def check_repair(image):
    """Damage that a repair corrects, damage that costs tags, and what is left without consent."""
    info = run("info", image)[0]
    tags = next(region for region in info["regions"] if region["tag"] == "TAGI")
    spoil(image, 1)
    run("info", image)
    run("verify", image, status=4)
    run("verify", image, image, "--summary", status=4)
    run("verify", image, image, "--min-severity", "error", "--write-baseline", "known", status=4)
    run("verify", image, image, "--baseline", "known")
    run("verify", image, "--repair", "--plan", "plan.json", status=4)
    with open("plan.json") as file:
        check(json.load(file), "plan.json", "the plan")
    run("verify", image, "--repair", "--apply", "plan.json", status=1)
    undo_file = image + b".undo"
    run("undo", image, undo_file, "--dry-run")
    run("undo", image, undo_file)
    run("undo", image, undo_file, status=1)
    run("verify", image, "--repair", "--no-undo", status=1)
    for _ in range(3):
        with open(image, "r+b") as file:
            file.seek((tags["start"] + 1) * 4096)
            file.write(os.urandom(512))
    run("info", image)
    run("dump", image, "--tree")
    run("verify", image, "--repair", "--undo", image, status=16)
    run("verify", image, "--repair", "--dry-run", status=4)
    run("verify", image, "--repair", "--no-undo", status=4)
    run("verify", image, "--repair", "--no-undo", "--allow-loss", status=5)
    spoil(image, 0)
    spoil(image, 4)
    run("info", image, status=4)


def check_lost():
    image = unpack("vectors", "everything-1")
    snapshots = next(r for r in run("info", image)[0]["regions"] if r["tag"] == "SNAP")["start"]
    with open(image, "r+b") as file:
        file.seek(snapshots * 4096 + 600)
        file.write(b"\xa5" * 700)
    run("verify", image, "--repair", "--allow-loss", "--no-undo", status=5)
    with open(image + ".lost.jsonl") as file:
        for line in file:
            check(json.loads(line), "lost.json", "the list of lost entries")


def check_warning():
    image = unpack("vectors", "everything-1")
    spoil(image, 5)
    values = run("tag", "set", image, "7", "year=1998")
    assert any("warning" in value for value in values), values


def check_errors_and_progress():
    run("explain")
    run("explain", "SUPB-001")
    run("explain", "XXXX-000", status=1)
    run("info", "nothing", status=8)
    run("info", status=16)
    run("frobnicate", status=16)
    run("verify", "nothing", "code-references", status=12)
    for shell in ("bash", "zsh", "fish"):
        run("completion", shell)
    stalled = subprocess.Popen([vdetool, "verify", "-", "--json", "--progress"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    lines = [stalled.stderr.readline()]
    stalled.send_signal(subprocess.signal.SIGUSR1)
    lines.append(stalled.stderr.readline())
    stalled.stdin.close()
    lines += stalled.stderr.readlines() + stalled.stdout.readlines()
    stalled.wait()
    for line in lines:
        value = json.loads(line)
        check(value, schema_of(value), "verify -")


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    check_samples()
    check_repair(check_edits())
    check_lost()
    check_warning()
    check_errors_and_progress()
    os.chdir("/")
for name in validators:
    if name not in counts:
        failures.append(f"{name}: no object was compared with it")
print("\n".join(failures))
print(sum(counts.values()), "objects:", counts)
sys.exit(1 if failures else 0)
