"""The XML files inside documents: parsed without the network, other files, or entities that grow."""

from collections.abc import Container, Iterator
from typing import TYPE_CHECKING, Any

from workers.errors import DamagedMedia

if TYPE_CHECKING:
    from lxml.etree import _Element


def parse_xml(data: bytes, name: str) -> "_Element":
    """The root of the XML in `data`; `name` is for the error, `DamagedMedia`, of what is no XML or nested too deeply.

    Entities that the file declares are expanded only in attributes, and there within libxml2's limit on amplification.
    """
    from lxml import etree  # noqa: PLC0415 - costs 20 ms and 10 MB, and most decoding processes never see a document

    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        if "amplification" in error.msg or error.code == etree.ErrorTypes.ERR_ENTITY_LOOP:
            raise DamagedMedia(f"{name} declares XML entities that grow without end") from error
        if error.code == etree.ErrorTypes.ERR_RESOURCE_LIMIT or "limit exceeded" in error.msg:
            raise DamagedMedia(
                f"{name} has an attribute or text of more than 10 MB, or is nested too deeply"
            ) from error
        raise DamagedMedia(f"{name} is not well-formed XML: {error.msg}") from error
    except ValueError as error:
        raise DamagedMedia(f"{name} is not well-formed XML: {error}") from error


def local_name(element: "_Element") -> str:
    """The name of an element without its namespace; empty for what is none, such as an entity."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def outermost(root: Any, tags: Container[str], skipped: Container[str]) -> Iterator[Any]:
    """The elements below `root` with one of `tags`, in order, none inside another, and none inside a skipped one."""
    waiting = list(reversed(root))  # a stack, and no recursion: depth is the sender's choice
    while waiting:
        element = waiting.pop()
        if element.tag in tags:
            yield element
        elif element.tag not in skipped:
            waiting.extend(reversed(element))
