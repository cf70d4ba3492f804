#!/usr/bin/env python3
"""page_test.py VDETOOL SCHEMAS TESTS: reads the page of `verify --format html` and the pictures of
`map` as a strict parser does, and lets Chromium lay the pages out at two widths. Text from images
and file names is hostile."""

import gzip
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

from terminal import terminal_output

vdetool, tests = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[3])
failures = []
SCRIPT = b"<script>alert(1)</script>&\"'"
HOSTILE_NAME = "<img src=x onerror=alert(1)>&\"'" + "long" * 40


def expect(condition, what):
    if not condition:
        failures.append(what)


def unpack(name, target=None):
    target = target or name
    with gzip.open(os.path.join(tests, "vectors", name + ".dwvd.gz")) as packed:
        with open(target, "wb") as file:
            shutil.copyfileobj(packed, file)
    return target


def overwrite(path, offset, content):
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(content)


def run(*arguments, status):
    done = subprocess.run([vdetool, *arguments], capture_output=True, check=False)
    expect(done.returncode == status, f"{arguments}: status {done.returncode}, not {status}")
    return done.stdout.decode("utf-8")


def make_images():
    """Healthy, badly damaged, with hostile texts, and without its first blocks."""
    unpack("everything-1", "healthy")
    unpack("everything-1", "damaged")
    for block in (0, 1103, 1104, 1110, 1228, 1290, 1359, 1380, 1381):
        overwrite("damaged", block * 4096 + 100, os.urandom(200))
    os.truncate("damaged", 1500 * 4096)
    subprocess.run([vdetool, "format", HOSTILE_NAME, "--size", "8M", "--label", "ok"], check=True,
                   capture_output=True)
    subprocess.run([vdetool, "label", HOSTILE_NAME, SCRIPT], check=True, capture_output=True)
    subprocess.run([vdetool, "snapshot", "create", HOSTILE_NAME, "--label", SCRIPT], check=True,
                   capture_output=True)
    overwrite(HOSTILE_NAME, 4096 + 50, b"\xff\xfe")
    unpack("everything-1", "headless")
    overwrite("headless", 0, b"\0" * 10 * 4096)
    make_many()


def make_many():
    """An image with a module of 10,000 blocks, of which not one is valid."""
    with open("big.wasm", "wb") as file:
        length = 10000 * 4080 - 20
        size = bytes((length >> shift & 0x7f) | (0x80 if shift < 28 else 0) for shift in range(0, 35, 7))
        file.write(b"\0asm\1\0\0\0\0" + size + b"\1x" + b"m" * (length - 2))
    subprocess.run([vdetool, "format", "many", "--size", "64M"], check=True, capture_output=True)
    done = subprocess.run([vdetool, "module", "register", "many", "big.wasm"], capture_output=True,
                          check=False)
    expect(done.returncode == 0, f"big.wasm: {done.stderr}")
    module = json.loads(run("module", "list", "many", "--json", status=0))
    with open("many", "r+b") as file:
        for block in range(module["first_block"], module["first_block"] + module["block_count"]):
            file.seek(block * 4096 + 8)
            file.write(b"changed")


def check_markup(page, what, is_svg=False):
    """The page is well-formed, loads nothing and runs nothing."""
    try:
        root = xml.fromstring(page.replace("<!DOCTYPE html>", ""))
    except xml.ParseError as error:
        failures.append(f"{what}: {error}")
        return None
    allowed = set("a body br caption code dd div dl dt footer h1 h2 h3 h4 head header html i li main "
                  "meta p section span strong style table tbody td th thead title tr ul".split())
    if is_svg:
        allowed = set("circle defs desc g path pattern rect style svg text title tspan".split())
    for element in root.iter():
        tag = element.tag.rpartition("}")[2]
        expect(tag in allowed, f"{what}: element {tag}")
        for name, value in element.attrib.items():
            expect(not name.startswith("on"), f"{what}: attribute {name}")
            if name in ("href", "src"):
                expect(re.fullmatch("#image-[0-9]+", value), f"{what}: {name} {value}")
    expect("url(" not in page.replace("url(#", ""), f"{what}: loads something")
    expect("@import" not in page, f"{what}: imports something")
    return root


def text_of(element):
    return "".join(element.itertext())


def check_page(page, what):
    root = check_markup(page, what)
    if root is None:
        return
    levels = [int(e.tag[1]) for e in root.iter() if re.fullmatch("h[1-6]", e.tag)]
    expect(levels[0] == 1 and levels.count(1) == 1, f"{what}: headings {levels}")
    expect(all(b <= a + 1 for a, b in zip(levels, levels[1:])), f"{what}: a heading level is skipped")
    for table in root.iter("table"):
        heads = table.findall("./thead/tr/th")
        expect(heads and all(head.get("scope") == "col" for head in heads), f"{what}: table heads")
        for row in table.findall("./tbody/tr"):
            expect(len(row) == len(heads), f"{what}: a row of {len(row)} cells")
    for cells in root.iter("div"):
        if cells.get("class") != "map":
            continue
        expect(0 < len(cells) <= 700, f"{what}: {len(cells)} cells")
        for cell in cells:
            # Without colours: a letter, or one of three patterns.
            expect(cell.text or cell.get("class") in "apf", f"{what}: a cell without a sign")


def check_svg(image, status):
    picture = run("map", image, "--svg", "-", status=status)
    root = check_markup(picture, f"map of {image[:20]}", is_svg=True)
    if root is None:
        return
    names = [element.tag.rpartition("}")[2] for element in root]
    expect(names[:2] == ["title", "desc"], f"{image}: {names[:2]}")
    width, height = (float(part) for part in root.get("viewBox").split()[2:])
    for element in root.iter():
        x, y = float(element.get("x", 0)), float(element.get("y", 0))
        expect(x + float(element.get("width", 0)) <= width, f"{image}: wider than the picture")
        expect(y <= height, f"{image}: below the picture")
    return root


def on_terminal(locale, *arguments):
    environment = {**os.environ, "LC_ALL": locale}
    environment.pop("NO_COLOR", None)
    output = terminal_output([vdetool, *arguments], environment=environment)
    return output.decode("utf-8")


def check_terminal():
    plain = on_terminal("C", "map", "damaged", "--color", "never")
    expect(plain.isascii(), "a map in the locale C has other characters than ASCII")
    expect("\x1b" not in plain, "a map without colours has colours")
    expect("X" in plain and "damaged: an error names a block of it" in plain, "no damage on the map")
    colors = on_terminal("C.UTF-8", "map", "damaged")
    expect("\x1b[1;97;41mX" in colors, "damage has no colour")
    expect("·" in colors, "free blocks have no sign of their own with UTF-8")
    # The same cells, whatever they look like.
    strip = re.sub(r"\x1b\[[0-9;]*m", "", colors).replace("·", ".").replace("█", "#").replace("▒", "+")
    expect(strip == plain, "colours or the locale change more than signs")


def find_chromium():
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


MEASURE = """
const results = [];
for (const frame of document.querySelectorAll('iframe')) {
  const page = frame.contentDocument, root = page.documentElement, wide = [];
  for (const element of page.body.querySelectorAll('*'))
    if (element.getBoundingClientRect().right > root.clientWidth + 0.5) wide.push(element.tagName);
  results.push({name: frame.name, width: root.clientWidth, scroll: root.scrollWidth,
                height: root.scrollHeight, wide: wide.slice(0, 5),
                images: page.images.length, scripts: page.scripts.length});
}
document.body.dataset.results = JSON.stringify(results);
"""


def check_layout(pages):
    chromium = find_chromium()
    if chromium is None:
        print("chromium is not installed: the pages were not laid out")
        return
    frames = "".join(
        f'<iframe name="{name} at {width}" width="{width}" height="800" frameborder="0" '
        f'srcdoc="{html.escape(page)}"></iframe>'
        for name, page in pages.items() for width in (400, 1200))
    with open("wrapper.html", "w") as file:
        file.write(f"<!DOCTYPE html><meta charset=utf-8><body>{frames}"
                   f"<script>window.onload = () => {{ {MEASURE} }}</script>")
    done = subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=profile",
         "--window-size=1300,1000", "--dump-dom", "file://" + os.path.abspath("wrapper.html")],
        capture_output=True, check=False, timeout=120)
    found = re.search(r'data-results="([^"]*)"', done.stdout.decode("utf-8", "replace"))
    if not found:
        failures.append(f"chromium: {done.returncode} {done.stderr.decode()[-500:]}")
        return
    results = json.loads(html.unescape(found.group(1)))
    expect(len(results) == 2 * len(pages), f"{len(results)} pages were laid out")
    for result in results:
        expect(result["scroll"] <= result["width"] and not result["wide"],
               f"{result['name']}: overflows: {result}")
        expect(result["images"] == 0 and result["scripts"] == 0, f"{result['name']}: {result}")
        expect(result["height"] > 300, f"{result['name']}: nothing to see: {result}")


def main():
    make_images()
    pages = {
        "healthy": run("verify", "healthy", "--format", "html", status=0),
        "damaged": run("verify", "damaged", "--format", "html", status=4),
        "hostile": run("verify", HOSTILE_NAME, "--format", "html", status=4),
        "many": run("verify", "many", "--format", "html", status=4),
        "several": run("verify", "healthy", "damaged", HOSTILE_NAME, "headless", "missing", "many",
                       "--format", "html", status=12),
    }
    for name, page in pages.items():
        check_page(page, name)
        expect(len(page) < 300_000, f"{name}: {len(page)} bytes")
    root = check_markup(pages["hostile"], "hostile")
    if root is not None:
        expect(SCRIPT.decode() in text_of(root), "the label is not in the page as text")
        expect(HOSTILE_NAME in text_of(root.find(".//h1")), "the name is not in the heading as text")
    expect(re.search("and [0-9]{4,5} more", pages["many"]), "10,000 findings: no word of the others")
    for image, status in (("healthy", 0), ("damaged", 4), (HOSTILE_NAME, 4), ("headless", 4), ("many", 4)):
        check_svg(image, status)
    check_terminal()
    check_layout(pages)


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    os.environ.pop("LC_ALL", None)
    main()
    if len(sys.argv) > 4:
        for name in os.listdir("."):
            shutil.copy(name, sys.argv[4]) if os.path.isfile(name) else None
    os.chdir("/")
print("\n".join(failures))
sys.exit(1 if failures else 0)
