"""Make an SVG of matplotlib fit for a page: small, in variables, with words. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from harness.report.charts.colours import css
from harness.report.charts.words import Words

COLOUR = re.compile(r"#[0-9a-f]{6}\b")
FONT = re.compile(r"font-family:[^;]*;?")
NUMBER = re.compile(r"-?\d+\.\d+")
UPRIGHT = re.compile(r"rotate\(-?0 ")
REFERENCE = re.compile(r"#([\w.-]+)")
NUMBERED = ("d", "x", "y", "transform", "points", "viewBox", "width", "height")
DRAWN = ("path", "use")


def element(text: str, words: Mapping[str, Sequence[Words]], label: str, description: str) -> str:
    """Return the element of an SVG file for a page, with what a screen reader says of it.

    Colours are variables, the font is that of the page, coordinates have one decimal, and ids are
    those that are referred to. The id of a series is its class instead: `key` or `key.number`. Each
    drawn point of a series in `words` has its words as a title.
    """
    root = ElementTree.fromstring(text)
    _plain(root)
    _speak(root, words)
    _classify(root)
    _number(root)
    _ungroup(root)
    _shorten(root)
    root.attrib |= {"role": "img", "aria-label": label}
    about = Element("desc")
    about.text = description
    root.insert(0, about)
    return ElementTree.tostring(root, encoding="unicode")


def _plain(root: Element) -> None:
    """Drop namespaces, and what a page has no use for."""
    for each in root.iter():
        each.tag = each.tag.rpartition("}")[2]
        each.attrib = {name.rpartition("}")[2]: value for name, value in each.attrib.items()}
    for child in list(root):
        if child.tag == "metadata" or child.find("style") is not None:
            root.remove(child)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)


def _speak(root: Element, words: Mapping[str, Sequence[Words]]) -> None:
    """Give the points of each series their words."""
    for group in list(root.iter("g")):
        spoken = words.get(group.get("id", ""), ())
        points = list(_points(group))
        # A line has words for the table alone.
        if len(points) == len(spoken):
            for point, each in zip(points, spoken, strict=True):
                ElementTree.SubElement(point, "title").text = each.text


def _points(group: Element) -> Iterator[Element]:
    """Yield what is drawn in a group, without what is only defined there."""
    for child in group:
        if child.tag in DRAWN:
            yield child
        elif child.tag != "defs":
            yield from _points(child)


def _classify(root: Element) -> None:
    """Turn ids of series into classes, and drop ids that nothing refers to."""
    used = {
        name
        for each in root.iter()
        for attribute in ("href", "clip-path")
        for name in REFERENCE.findall(each.get(attribute, ""))
    }
    for each in root.iter():
        own = each.get("id", "")
        if own in used or not own:
            continue
        del each.attrib["id"]
        if re.fullmatch(r"d\d+(\.\d+)?", own):
            each.set("class", own.partition(".")[0])


def _number(root: Element) -> None:
    """Give what is referred to short ids: matplotlib's are long, and stand in every line."""
    forms: dict[str, str] = {}
    for number, name in enumerate(each.attrib["id"] for each in root.iter() if "id" in each.attrib):
        forms |= {form.format(name): form.format(number) for form in ("{}", "#{}", "url(#{})")}
    for each in root.iter():
        for attribute in ("id", "href", "clip-path"):
            if each.get(attribute) in forms:
                each.set(attribute, forms[each.attrib[attribute]])


def _ungroup(parent: Element) -> None:
    """Put what is in groups that say nothing of it in their place, which leaves out empty ones."""
    for child in list(parent):
        _ungroup(child)
        if child.tag == "g" and not (child.attrib and len(child)):
            place = list(parent).index(child)
            parent[place : place + 1] = list(child)


def _shorten(root: Element) -> None:
    for each in root.iter():
        each.tail = None
        if each.text and not each.text.strip():
            each.text = None
        for name in NUMBERED:
            if name in each.attrib:
                each.set(name, NUMBER.sub(_rounded, " ".join(each.attrib[name].split())))
        if UPRIGHT.match(each.get("transform", "")):
            del each.attrib["transform"]
        if "d" in each.attrib:
            each.set("d", _straight(each.attrib["d"]))
        if "style" in each.attrib:
            style = each.attrib["style"].replace("; ", ";").replace(": ", ":")
            each.set("style", COLOUR.sub(lambda colour: css(colour[0]), FONT.sub("", style)))


def _rounded(number: re.Match[str]) -> str:
    return f"{round(float(number[0]), 1):g}"


def _straight(path: str) -> str:
    """Write lines along an axis by the one number that changes; a path with curves stays as it is.

    Of a chart of bars or lanes that is half of all.
    """
    words, parts, at = iter(path.split()), [], ("", "")
    for command in words:
        if command == "z":
            part, at = "z", ("", "")
        elif command in ("M", "L"):
            before, at = at, (next(words), next(words))
            part = _line(command, before, at)
        else:
            return path
        parts.append(part)
    return "".join(parts)


def _line(command: str, start: tuple[str, str], end: tuple[str, str]) -> str:
    if command == "L" and start[1] == end[1]:
        return f"H{end[0]}"
    if command == "L" and start[0] == end[0]:
        return f"V{end[1]}"
    return f"{command}{end[0]} {end[1]}"
