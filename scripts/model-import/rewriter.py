"""A graph as a list of nodes and a table of constants that rules change. See rules.py and training/optimize.py."""

from collections.abc import Iterator

import numpy as np
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, helper, numpy_helper

MS = "com.microsoft"


def node(kind: str, inputs: list[str], name: str, domain: str = "", **attributes) -> NodeProto:
    return helper.make_node(kind, inputs, [name], name=name, domain=domain, **attributes)


def attributes(old: NodeProto) -> dict:
    return {each.name: helper.get_attribute_value(each) for each in old.attribute}


def inner_graphs(old: NodeProto) -> Iterator[GraphProto]:
    """The bodies of an If or a Loop."""
    for each in old.attribute:
        if each.type == AttributeProto.GRAPH:
            yield each.g
        elif each.type == AttributeProto.GRAPHS:
            yield from each.graphs


def names_used(old: NodeProto) -> Iterator[str]:
    """What a node reads, also from within its bodies."""
    yield from old.input
    for graph in inner_graphs(old):
        yield from (output.name for output in graph.output)
        for each in graph.node:
            yield from names_used(each)


class Rewriter:
    """The nodes of a graph in a list that rules change, and its constants by name."""

    def __init__(self, model: ModelProto) -> None:
        self.model = model
        self.nodes: list[NodeProto] = list(model.graph.node)
        self.constants = {constant.name: constant for constant in model.graph.initializer}

    def const(self, value: np.ndarray, name: str) -> str:
        self.constants.setdefault(name, numpy_helper.from_array(np.array(value, order="C"), name))
        return name

    def value(self, name: str) -> np.ndarray | None:
        return numpy_helper.to_array(self.constants[name]) if name in self.constants else None

    def shape(self, name: str) -> tuple[int, ...] | None:
        """Of a constant, without reading its values."""
        return tuple(self.constants[name].dims) if name in self.constants else None

    def maker(self, name: str) -> NodeProto:
        """The node that computes `name`; an empty node for an input or a constant."""
        return next((each for each in self.nodes if name in each.output), NodeProto())

    def chain(self, name: str) -> list[NodeProto]:
        """The node that computes `name`, the one that computes its first input, and so on."""
        found = []
        while (at := self.maker(name)).op_type:
            found.append(at)
            name = at.input[0]
        return found

    def users(self, name: str) -> list[NodeProto]:
        return [each for each in self.nodes if name in names_used(each)]

    def is_output(self, name: str) -> bool:
        return any(output.name == name for output in self.model.graph.output)

    def all_of(self, *kinds: str) -> list[NodeProto]:
        return [each for each in self.nodes if each.op_type in kinds]

    def replace(self, old: NodeProto, new: list[NodeProto]) -> None:
        at = next(i for i, each in enumerate(self.nodes) if each is old)
        self.nodes[at : at + 1] = new

    def rename_input(self, old: str, new: str) -> None:
        for each in self.nodes:
            for at, name in enumerate(each.input):
                if name == old:
                    each.input[at] = new

    def finish(self) -> ModelProto:
        """Drops what nothing uses any more."""
        outputs = {output.name for output in self.model.graph.output}
        while True:
            used = outputs | {name for each in self.nodes for name in names_used(each)}
            kept = [each for each in self.nodes if used.intersection(each.output)]
            if len(kept) == len(self.nodes):
                break
            self.nodes = kept
        graph = self.model.graph
        del graph.node[:], graph.initializer[:]
        graph.node.extend(self.nodes)
        graph.initializer.extend(constant for name, constant in self.constants.items() if name in used)
        if any(each.domain == MS for each in self.nodes):
            import_domain(self.model, MS)
        return self.model


def import_domain(model: ModelProto, domain: str) -> None:
    if all(each.domain != domain for each in model.opset_import):
        model.opset_import.append(helper.make_opsetid(domain, 1))
