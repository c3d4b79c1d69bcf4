"""Elements of the allocation file as the scheduler sees them, and as text. Pure."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

from placement.schedulers.fair.amounts import TRIMMED

Element = etree._Element
_COMMENT: Any = etree.Comment  # what lxml gives comments for a tag
INDENT = "  "


def name(element: Element) -> str:
    """The tag as it is written; the loader knows no namespaces."""
    tag, prefix = str(element.tag), element.prefix
    if tag[:1] == "{":
        tag = tag.rpartition("}")[2]
    return f"{prefix}:{tag}" if prefix else tag


def children(element: Element) -> Iterator[Element]:
    """The elements directly in it, comments and instructions left out."""
    return (child for child in element if isinstance(child.tag, str))


def first_text(element: Element) -> str:
    """The text with which the element begins, which is all that the loader reads; empty: it finds none and fails.

    Comments within do not end it, anything else does.
    """
    text = element.text or ""
    for child in element:
        if child.tag is not _COMMENT:
            break
        text += child.tail or ""
    return text


def is_empty(element: Element) -> bool:
    """Whether there is nothing in it but comments."""
    return not first_text(element) and all(child.tag is _COMMENT for child in element)


def plain_text(element: Element) -> str | None:
    """All text in an element without attributes and elements; None: it has some."""
    if element.attrib or element.prefix or any(True for _ in children(element)):
        return None
    return (element.text or "") + "".join(child.tail or "" for child in element)


def serialized(element: Element) -> str:
    """The element itself in one form: no comments, no instructions, no blanks but in text."""
    copy = deepcopy(element)
    copy.tail = None
    etree.strip_tags(copy, etree.Comment, etree.ProcessingInstruction)
    for each in copy.iter():
        if len(each) and not (each.text or "").strip(TRIMMED):
            each.text = None
        if each is not copy and not (each.tail or "").strip(TRIMMED):
            each.tail = None
    etree.cleanup_namespaces(copy)
    return str(etree.tostring(copy, encoding="unicode"))


def parsed(text: str) -> Element | None:
    """The element of a serialized one; None if it is none."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        element = etree.fromstring(text.encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return None if element.getroottree().docinfo.doctype else element


def plain(tag: str, text: str) -> str:
    """An element with a text alone, as text."""
    return f"<{tag}>{_escaped(text)}</{tag}>" if text else f"<{tag}/>"


def attribute(text: str) -> str:
    """The value of an attribute, in quotes."""
    entities = {'"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
    return f'"{escape(text, entities)}"'


def indented(text: str, depth: int) -> str:
    """A serialized element over several lines, where it has only elements within; as it is otherwise."""
    element = parsed(text)
    if element is None or any((each.text if len(each) else None) or each.tail for each in element.iter()):
        return f"{INDENT * depth}{text}"
    etree.indent(element, INDENT, level=depth)
    return f"{INDENT * depth}{etree.tostring(element, encoding='unicode')}"


def value(tag: str, text: str) -> str:
    """What stands for a text in a Configuration: itself, unless it could be taken for an element."""
    return plain(tag, text) if text.startswith("<") else text


def text_of(value: str) -> str:
    """The text that a value of a Configuration stands for."""
    element = parsed(value) if value.startswith("<") else None
    return value if element is None else first_text(element)


def can_hold(text: str) -> bool:
    """Whether XML has all the characters of a text."""
    return all(c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c >= "\U00010000" for c in text)


def can_be_name(tag: str) -> bool:
    """Whether an element can be called so, without a namespace."""
    if ":" in tag:
        return False
    try:
        etree.QName(tag)
    except ValueError:
        return False
    return tag.isascii() or parsed(f"<{tag}/>") is not None


def _escaped(text: str) -> str:
    return escape(text, {"\r": "&#13;"})
