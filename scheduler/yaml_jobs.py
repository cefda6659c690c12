"""YAML jobs: one job, a list of jobs, or several documents of either."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from scheduler.errors import DocumentError, shorten

DEEPEST = 20


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """A safe loader that leaves instants as text, so that they pass the same rule as everywhere else."""


_Loader.yaml_implicit_resolvers = {
    letter: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for letter, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_documents(content: bytes, file: str) -> Iterator[tuple[object, int]]:
    """Yield each job's document and the line it begins on.

    Raises:
        DocumentError: not YAML, nested too deep, a key given twice, or an alias (a few aliases of aliases can
            stand for gigabytes).
    """
    try:
        _check_shape(content, file)
        loader = _Loader(content)
        while loader.check_node():
            root = loader.get_node()
            items = root.value if isinstance(root, yaml.SequenceNode) else [root]
            for item in items:
                yield _value(item, loader, file), item.start_mark.line + 1
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise DocumentError(
            rule=f"not valid YAML ({error.problem or error.context})", file=file, line=line
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DocumentError(rule=f"not valid YAML ({shorten(str(error))})", file=file) from None


def _check_shape(content: bytes, file: str) -> None:
    """Look at the events before anything is built: libyaml's composer overflows the stack on deep nesting."""
    depth = 0
    for event in yaml.parse(content, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        line = event.start_mark.line + 1 if event.start_mark else None
        if isinstance(event, yaml.AliasEvent):
            raise DocumentError(rule="aliases are refused; write the value out", file=file, line=line)
        if depth > DEEPEST:
            raise DocumentError(rule=f"nested more than {DEEPEST} levels deep", file=file, line=line)


def _value(node: Any, loader: Any, file: str) -> object:
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, loader, file) for item in node.value]
    if not isinstance(node, yaml.MappingNode):
        return loader.construct_object(node)
    document: dict[str, object] = {}
    for key_node, value_node in node.value:
        key, line = str(key_node.value), key_node.start_mark.line + 1
        if key in document:
            raise DocumentError(rule="is given twice", file=file, line=line, field=" ".join(key.split()))
        document[key] = _value(value_node, loader, file)
    return document
