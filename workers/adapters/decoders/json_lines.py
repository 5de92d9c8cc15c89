"""JSON and JSON Lines as text: a line `path.to.field: value` for every value, so that both are found."""

import json
from collections.abc import Iterator
from typing import Any

from workers.adapters.decoders.lines import Lines
from workers.errors import DamagedMedia


def flatten_json(text: str, max_chars: int) -> str:
    """All values of one JSON document; also of several, one a line. Raises `DamagedMedia` where it is not JSON."""
    try:
        documents = [_parse(text)]
    except json.JSONDecodeError as error:
        if not error.msg.startswith("Extra data"):
            raise DamagedMedia(f"not valid JSON: line {error.lineno} column {error.colno}: {error.msg}") from error
        return flatten_json_lines(text, max_chars)
    return _write(documents, max_chars)


def flatten_json_lines(text: str, max_chars: int) -> str:
    """All values of one JSON document a line, a blank line between documents. Raises `DamagedMedia`."""
    documents = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            documents.append(_parse(line))
        except json.JSONDecodeError as error:
            raise DamagedMedia(f"not valid JSON: line {number} column {error.colno}: {error.msg}") from error
    return _write(documents, max_chars)


def _parse(text: str) -> Any:
    """The document, with numbers as they are written: nobody searches for 1.1000000000000001."""
    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except RecursionError as error:
        raise DamagedMedia("JSON that is nested too deeply") from error


def _write(documents: list[Any], max_chars: int) -> str:
    lines = Lines(max_chars)
    for document in documents:
        records = document if isinstance(document, list) and any(map(_is_nested, document)) else [document]
        for record in records:
            lines.separate()
            for path, value in _values(record):
                lines.add(f"{path}: {value}" if path else value)
    return lines.text()


def _values(document: Any) -> Iterator[tuple[str, str]]:
    """Pairs of path and value in the document's order, with a stack of our own: depth is the sender's choice."""
    waiting = [("", document)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, dict):
            waiting.extend((f"{path}.{key}" if path else key, child) for key, child in reversed(node.items()))
        elif isinstance(node, list) and any(map(_is_nested, node)):
            waiting.extend((f"{path}[{index}]", node[index]) for index in reversed(range(len(node))))
        elif isinstance(node, list):
            if node:
                yield path, ", ".join(map(_scalar, node))
        else:
            yield path, _scalar(node)


def _is_nested(node: Any) -> bool:
    return isinstance(node, dict | list)


def _scalar(value: object) -> str:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()  # an escape can name half a character
    return json.dumps(value)
