#!/usr/bin/env python3
# The job of examples/jobs/tag-photos.sh with the TSV format.
import json
import subprocess
import sys


def escape(text):
    for char, name in (("\\", "\\\\"), ("\n", "\\n"), ("\t", "\\t"), ("\0", "\\0")):
        text = text.replace(char, name)
    return text


lines = []
for photo in json.load(open(sys.argv[2])):
    inode = photo.pop("Inode")
    for key, value in photo.items():
        if isinstance(value, bool):
            value = "true" if value else "false"
        lines.append(f"{inode}\t{escape(key)}\t{escape(str(value))}\n")
done = subprocess.run(["vdetool", "tag", "import", sys.argv[1], "--replace"],
                      input="".join(lines).encode())
sys.exit(done.returncode)
