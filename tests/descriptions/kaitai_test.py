"""kaitai_test.py VDETOOL SAMPLE.gz...: the fields that the Kaitai Struct file finds in the fixed
blocks and in the first block of every region are those that `vdetool dump` prints."""

import gzip
import json
import os
import re
import subprocess
import sys
import tempfile

import dwvd

vdetool = sys.argv[1]
compared = {}
failures = 0


def fail(*words):
    global failures
    failures += 1
    print("FAILED:", *words)


def dumped(path, blocks):
    """The structures of blocks ("N" or "N-M"), by the number of the block."""
    result = subprocess.run([vdetool, "dump", path, "--block", str(blocks), "--json"],
                            capture_output=True)
    objects = [json.loads(line) for line in result.stdout.splitlines()]
    return {each["block"]: each["structures"] for each in objects if "structures" in each}


def to_id(name):
    return re.sub("[^a-z0-9]", "_", name.lower())


def compare(where, values, parsed):
    """The numbers and hexadecimal bytes of one structure."""
    for name, value in values.items():
        if not hasattr(parsed, name):
            continue
        found = getattr(parsed, name)
        found = getattr(found, "value", found)  # of an enumeration
        if isinstance(found, bytes) and isinstance(value, str):
            if not re.fullmatch("(?:[0-9a-f]{2})+", value) or len(value) != 2 * len(found):
                continue
            found = found.hex()
        elif not isinstance(found, int) or not isinstance(value, int):
            continue
        compared[where] = compared.get(where, 0) + 1
        if found != value:
            fail(f"{where}: {name} is {found}, but dump says {value}")


def records(head):
    """The header of a parsed first block, and its lists of records."""
    head = getattr(head, "log", None) or getattr(head, "log_of_revision_2_1", None) or head
    header = getattr(head, "header", head)
    lists = [value for value in vars(head).values() if isinstance(value, list)]
    entries = getattr(head, "entries", None)
    if hasattr(entries, "entries"):  # of SNAP and CODE
        lists.append(entries.entries)
    return header, lists


def compare_region(path, region):
    """The header of a region, and its records if they are one list without empty places."""
    start = region.slot.start
    structures = dumped(path, start).get(start)
    if not structures or structures[0]["name"] == "undecodable":
        return
    head = region.first.head
    if head is None or isinstance(head, bytes):
        return
    name = to_id(structures[0]["name"])
    header, lists = records(head)
    if name in ("federation_table", "role_table"):
        return
    if type(header).__name__ != "".join(word.title() for word in name.split("_")):
        return
    compare(name, structures[0]["values"], header)
    if len(lists) == 1 and name not in ("raid_metadata", "replication_state"):
        for structure, record in zip(structures[1:], lists[0]):
            compare(name + " record", structure["values"], record)


def check(path):
    image = dwvd.Dwvd.from_file(path)
    if image.block_size < 512 or os.path.getsize(path) < 10 * image.block_size:
        return  # its superblock is not one, or the file was cut short
    group = image.primary_group
    fixed = dumped(path, "0-9")
    compare("superblock", fixed[0][0]["values"], group.superblock_block.superblock)
    for each in fixed[1]:
        compare("region slot", each["values"], group.slots.slots[int(each["name"].split()[-1])])
    compare("extended metadata", fixed[2][0]["values"],
            group.extended_metadata_block.extended_metadata)
    compare("integrity anchor", fixed[3][0]["values"],
            group.integrity_anchor_block.integrity_anchor)
    compare("region directory", fixed[9][0]["values"], image.directory.header)
    for region in image.regions:
        if region.is_used and (region.slot.start + 1) * image.block_size <= os.path.getsize(path):
            compare_region(path, region)


samples = 0
with tempfile.TemporaryDirectory() as folder:
    for sample in sys.argv[2:]:
        path = os.path.join(folder, "sample.dwvd")
        with gzip.open(sample) as packed, open(path, "wb") as out:
            out.write(packed.read())
        # Samples that are something else on purpose, e.g. with boot code before the volume.
        if subprocess.run([vdetool, "info", path], capture_output=True).returncode not in (0, 4):
            continue
        samples += 1
        try:
            check(path)
        except Exception as error:  # names the sample
            fail(f"{os.path.basename(sample)}: {error!r}")

for where in sorted(compared):
    print(f"{where}: {compared[where]} fields")
print(f"{samples} samples, {sum(compared.values())} fields, {failures} failures")
sys.exit(failures != 0 or samples < 80 or len(compared) < 30)
