"""The tree of classes, as data: the parent of each class, and the surveys' labels that stand for it.

A tree is a YAML file, {class: {parent, labels, broker_id, title, colour}}. Only the parent is required, and one class,
the root, has none. `labels` are further names that surveys have for a class. A label may belong to an inner class: an
object may be known to be a supernova, but not of which type.

Two trees are shipped: `mallorn` has the classes of the MALLORN survey and of our simulation, and `elasticc` has
ELAsTiCC's 32 classes on the 19 leaves of ORACLE. Only the standard library and YAML are imported here.
"""

from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from mallorn.errors import ConfigError

__all__ = ["SHIPPED", "Node", "Taxonomy", "read_taxonomy"]

SHIPPED = ("mallorn", "elasticc")
"""Names of the trees that come with the package."""

_KEYS = {"parent": str, "labels": list, "broker_id": int, "title": str, "colour": str}
_COLOUR = "#888888"


class Node(NamedTuple):
    """A class of a tree. broker_id: its number in DESC's broker taxonomy, None if it has none. colour: of plots."""

    name: str
    parent: str | None
    labels: tuple
    broker_id: int | None
    title: str
    colour: str


class Taxonomy:
    """A tree of classes. `names`: all names, each parent before its children, branch by branch; `root`; `leaves`."""

    def __init__(self, given, where="taxonomy"):
        """Make the tree of `given`, {class: {"parent", "labels", "broker_id", "title", "colour"}}; see above.

        where: the name of the tree in messages. Raises ConfigError if a key or type is wrong, if a parent is unknown,
        if there is no root or more than one, if parents form a circle, or if a label belongs to two classes.
        """
        self._where = where
        if not isinstance(given, dict) or not given:
            raise ConfigError(f"{where}: expected classes, {{class: {{parent, labels, ...}}}}, found {given!r}")
        nodes = {str(name): self._node(str(name), block or {}) for name, block in given.items()}
        roots = [name for name, node in nodes.items() if node.parent is None]
        for name, node in nodes.items():
            if node.parent is not None and node.parent not in nodes:
                raise ConfigError(f"{where}: {name!r} has the parent {node.parent!r}, which is no class of the tree")
        if len(roots) != 1:
            found = ", ".join(map(repr, roots)) or "none"
            raise ConfigError(f"{where}: expected one class without a parent, the root, found {found}")
        self.root, self._children = roots[0], {name: [] for name in nodes}
        for name, node in nodes.items():
            if node.parent is not None:
                self._children[node.parent].append(name)
        order = self._below(self.root)
        if lost := [name for name in nodes if name not in order]:
            raise ConfigError(f"{where}: {lost[0]!r} is its own ancestor: parents go round in a circle")
        self._nodes = {name: nodes[name] for name in order}
        self.names = tuple(order)
        self._of_label = self._labels()

    def __len__(self):
        return len(self.names)

    def __contains__(self, name):
        return name in self._nodes

    def __getitem__(self, name):
        """Return the `Node` called `name`. Raises KeyError if there is none."""
        return self._nodes[name]

    def children(self, name):
        """Return the names of the classes directly below a class."""
        return tuple(self._children[name])

    @cached_property
    def leaves(self):
        """Names of the classes without classes below."""
        return tuple(name for name in self.names if not self._children[name])

    @cached_property
    def parents(self):
        """Names of the classes with classes below, from the root down."""
        return tuple(name for name in self.names if self._children[name])

    def path(self, name):
        """Return the names from the root down to a class, both included."""
        path = [name]
        while (parent := self._nodes[path[-1]].parent) is not None:
            path.append(parent)
        return tuple(reversed(path))

    def level(self, name):
        """Return how many steps a class is below the root."""
        return len(self.path(name)) - 1

    @property
    def depth(self):
        """The level of the lowest classes."""
        return max(map(self.level, self.names))

    def below(self, name):
        """Return the names of a class and of all classes below it."""
        return tuple(self._below(name))

    def frontier(self, level):
        """Return the names of the classes that divide all objects at a level: those of the level, and higher leaves."""
        leaves = set(self.leaves)
        return tuple(n for n in self.names if (k := self.level(n)) == level or (k < level and n in leaves))

    def common(self, names):
        """Return the name of the lowest class that contains all of the classes `names` (at least one)."""
        paths = [self.path(name) for name in names]
        shared = [step[0] for step in zip(*paths, strict=False) if len(set(step)) == 1]
        return shared[-1]

    def node_of(self, label):
        """Return the name of the class that a label stands for; None if the tree does not know the label."""
        return self._of_label.get(label)

    def kept(self, names):
        """Return the tree with only the classes `names` and those above them.

        Labels of the others move to the lowest remaining class above. A class with one remaining child says no more
        than the child, and is removed too, unless it is the root.
        """
        kept = {self.root}.union(*(self.path(name) for name in names))
        left = {name: [child for child in self._children[name] if child in kept] for name in kept}
        kept = [n for n in self.names if n in kept and (n == self.root or len(left[n]) != 1 or n in names)]

        def home(name):
            return next(above for above in reversed(self.path(name)) if above in kept)

        given = {name: {**self._as_given(name), "labels": []} for name in kept}
        for name in kept:
            parent = self._nodes[name].parent
            given[name] |= {} if parent is None else {"parent": home(parent)}
        for label, name in self._of_label.items():
            if label != home(name):
                given[home(name)]["labels"].append(label)
        return Taxonomy(given, self._where)

    def supported(self, events, fewest):
        """Return the tree with only the leaves, old and new, that have at least `fewest` events; see `kept`.

        A class that is too small falls back to the class above. events: {class: number of events with a label at the
        class or below}, 0 for classes left out.
        """
        large = [name for name in self.names if events.get(name, 0) >= fewest]
        return self.kept([name for name in large if not set(self.below(name)[1:]).intersection(large)])

    def as_given(self):
        """Return the tree as plain dicts, from which it can be made again."""
        return {name: self._as_given(name) for name in self.names}

    def _as_given(self, name):
        node = self._nodes[name]._asdict()
        given = {key: node[key] for key in _KEYS if node[key] is not None}
        return {**given, "labels": list(node["labels"])}

    def _node(self, name, block):
        where = f"{self._where}: {name!r}"
        if not isinstance(block, dict):
            raise ConfigError(f"{where}: expected {{parent, labels, ...}}, found {block!r}")
        for key, value in block.items():
            if key not in _KEYS:
                raise ConfigError(f"{where} has the unknown key {key!r}; expected {', '.join(_KEYS)}")
            if value is not None and (not isinstance(value, _KEYS[key]) or isinstance(value, bool)):
                raise ConfigError(f"{where}: {key} must be of the type {_KEYS[key].__name__}, found {value!r}")
        labels = block.get("labels") or []
        if wrong := [label for label in labels if not isinstance(label, str)]:
            raise ConfigError(f"{where}: labels must be text, found {wrong[0]!r}; put it in quotes")
        title, colour = block.get("title") or name, block.get("colour") or _COLOUR
        return Node(name, block.get("parent"), tuple(labels), block.get("broker_id"), title, colour)

    def _below(self, name):
        order, todo = [], [name]
        while todo:
            order.append(todo.pop())
            todo += reversed(self._children[order[-1]])
        return order

    def _labels(self):
        found = {}
        for name, node in self._nodes.items():
            for label in dict.fromkeys((name, *node.labels)):
                if label in found:
                    raise ConfigError(
                        f"{self._where}: the label {label!r} stands at both {found[label]!r} and {name!r}"
                    )
                found[label] = name
        return found


def read_taxonomy(name):
    """Return the `Taxonomy` of a shipped tree (`SHIPPED`), or of the YAML file at the path `name`.

    Raises ConfigError if there is no such file, if it is no YAML, or if it holds no tree: see `Taxonomy`.
    """
    import yaml

    shipped = name in SHIPPED
    path = Path(__file__).with_name(f"taxonomy_{name}.yaml") if shipped else Path(name)
    if not path.is_file():
        shipped = " or ".join(SHIPPED)
        raise ConfigError(f"taxonomy: expected {shipped}, or the path of a YAML file, found {str(name)!r}")
    try:
        given = _loader(yaml)(path.read_text(encoding="utf-8")).get_single_data()
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: expected YAML, found: {error}") from None
    return Taxonomy(given, str(path.name if shipped else path))


def _loader(yaml):
    """Return a loader that refuses a class that occurs twice in a file; YAML would take the last one."""

    class Loader(yaml.SafeLoader):
        def construct_mapping(self, node, deep=False):
            keys = [self.construct_object(key, deep=True) for key, _ in node.value]
            if again := [key for k, key in enumerate(keys) if key in keys[:k]]:
                raise yaml.YAMLError(f"{again[0]!r} stands there twice")
            return super().construct_mapping(node, deep)

    return Loader
