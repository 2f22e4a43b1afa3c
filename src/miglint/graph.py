"""Migrations in the order and shape that Django's loader would give them on an empty database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from typing import Literal as OneOf

from miglint.contrib import USER_APP, contrib_migrations, lists_every_migration
from miglint.facts.layout import Layout, Settings
from miglint.facts.migration import (
    AnyDependency,
    Dependency,
    MalformedDependency,
    Migration,
    MigrationKey,
    SwappableDependency,
)
from miglint.facts.source import Location
from miglint.facts.target import Version
from miglint.facts.values import Mapping as MappingValue
from miglint.facts.values import Sequence, Unresolved, text_of
from miglint.process import uninterrupted
from miglint.records import dataclass

if TYPE_CHECKING:
    import networkx as nx

Attribute: TypeAlias = OneOf["dependencies", "run_before", "replaces"]


class Entry(NamedTuple):
    """An entry of a migration's `dependencies`, `run_before` or `replaces`."""

    migration: MigrationKey
    attribute: Attribute
    location: Location


# Why a name leads nowhere: the app has migrations but not this one; they are switched off in the settings;
# their folder has no `__init__.py`; there are none; the app goes by another label; `__latest__` of the app itself.
MissingCause: TypeAlias = OneOf["no-migration", "switched-off", "no-init", "no-migrations", "other-label", "own-latest"]


class Missing(NamedTuple):
    """An entry that names a migration which does not exist and which no squash replaces.

    `label` is the label by which Django knows the app, where that is another.
    """

    entry: Entry
    target: MigrationKey
    cause: MissingCause
    label: str


class Malformed(NamedTuple):
    """An entry that makes Django's loader fail whatever else there is."""

    entry: Entry
    dependency: MalformedDependency


class Symbolic(NamedTuple):
    """A `__first__` or `__latest__` of a first-party app: Django takes the smallest of the candidates."""

    entry: Entry
    target: MigrationKey
    candidates: tuple[MigrationKey, ...]

    @property
    def chosen(self) -> MigrationKey:
        return self.candidates[0]


SquashFault: TypeAlias = OneOf[
    "replaces-itself",
    "replaced-in-turn",
    "depends-on-replaced",
    "overlaps",
    "nested",
    "half-removed",
    "named-though-gone",
]


class SquashProblem(NamedTuple):
    """What is wrong with a squash; `others` are the migrations, `entries` the places that make it so."""

    squash: MigrationKey
    fault: SquashFault
    others: tuple[MigrationKey, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class MigrationGraph:
    """The graph that Django's `MigrationLoader(None)` builds, and why it would refuse to.

    `nodes`, `leaves` and `roots` are first-party migrations, usable squashes in place of what they replace. `edges`
    are (child, parent), parents in external apps included; an external name that cannot be known is
    kept as written (`taggit.__first__`). `plan` is the full forward plan of the first-party
    migrations. `conflicts` are apps whose leaves are several, whatever the unknown dependencies may be.
    `replaced` maps every migration that a squash stands for, there or not, to that squash. `unknown` are
    migrations whose dependencies are not all known: unreadable files, unresolved entries.
    """

    nodes: tuple[MigrationKey, ...]
    edges: tuple[tuple[MigrationKey, MigrationKey], ...]
    leaves: tuple[MigrationKey, ...]
    roots: tuple[MigrationKey, ...]
    plan: tuple[MigrationKey, ...]
    conflicts: Mapping[str, tuple[str, ...]]
    missing: tuple[Missing, ...]
    malformed: tuple[Malformed, ...]
    cycles: tuple[tuple[MigrationKey, ...], ...]
    external: tuple[str, ...]
    replaced: Mapping[MigrationKey, MigrationKey]
    squash_problems: tuple[SquashProblem, ...]
    symbolic: tuple[Symbolic, ...]
    unknown: frozenset[MigrationKey]
    # Parent to child, each edge with the entry that declared it; external migrations that are named are nodes too.
    linked: nx.DiGraph[MigrationKey] = field(repr=False, compare=False)

    def parents(self, key: MigrationKey) -> tuple[MigrationKey, ...]:
        """Direct parents, external ones included, in order."""
        return tuple(sorted(self.linked.predecessors(key))) if key in self.linked else ()

    def plan_to(self, key: MigrationKey) -> tuple[MigrationKey, ...]:
        """The first-party part of Django's `forwards_plan` for one migration, itself last."""
        known = frozenset(self.nodes)
        before = _post_order((key,), lambda child: sorted(self.linked.predecessors(child), reverse=True))
        return tuple(key for key in before if key in known)

    def ancestors(self, key: MigrationKey) -> frozenset[MigrationKey]:
        """All that Django applies before a migration because it, or something it needs, says so."""
        import networkx as nx

        return frozenset(nx.ancestors(self.linked, key)) if key in self.linked else frozenset()

    def path_between(self, child: MigrationKey, ancestor: MigrationKey) -> tuple[MigrationKey, ...]:
        """A shortest path of dependencies from child to ancestor, both included; empty where there is none."""
        import networkx as nx

        try:
            return tuple(reversed(nx.shortest_path(self.linked, ancestor, child)))
        except (nx.NetworkXNoPath, nx.NodeNotFound):
            return ()

    def declared(self, child: MigrationKey, parent: MigrationKey) -> Entry | None:
        """The entry that makes an edge: in a replaced migration, where a squash inherited it."""
        data = self.linked.get_edge_data(parent, child)
        return data["entry"] if data else None


def get_ready() -> None:
    """Import networkx, which takes 0.1 s, when there is time for it: otherwise the first graph does."""
    with uninterrupted():
        import networkx  # noqa: F401


def in_dependency_order(
    migrations: Iterable[Migration],
    *,
    layout: Layout,
    django: Version,
    unreadable: Iterable[MigrationKey] = (),
) -> MigrationGraph:
    """Link one project's migrations. What Django's loader would raise is recorded, and the rest linked all the same."""
    linking = _Linking(layout, migrations, unreadable, django)
    linking.add_dependencies()
    linking.note_squash_problems()
    linking.replace()
    return linking.finish()


class _Linking:
    """The graph while it is built, in the loader's own steps."""

    def __init__(
        self, layout: Layout, migrations: Iterable[Migration], unreadable: Iterable[MigrationKey], django: Version
    ) -> None:
        get_ready()
        import networkx as nx

        self.layout = layout
        self.django = django
        self.unmigrated: dict[str, MissingCause] = {app.label: "no-init" for app in layout.apps if not app.has_init}
        self.unmigrated |= dict.fromkeys(sorted(layout.unmigrated), "switched-off")
        self.migrations = {m.key: m for m in sorted(migrations, key=_key) if m.key.app_label not in self.unmigrated}
        unread = {key for key in unreadable if key.app_label not in self.unmigrated}
        self.on_disk = frozenset(self.migrations.keys() | unread)
        self.migrated = {app.label for app in layout.apps} | {key.app_label for key in self.on_disk}
        self.migrated -= self.unmigrated.keys()
        self.populated = {key.app_label for key in self.on_disk}
        self.contrib = self._contrib()

        self.graph: nx.DiGraph[MigrationKey] = nx.DiGraph()
        self.nesting: nx.DiGraph[MigrationKey] = nx.DiGraph()
        self.graph.add_nodes_from(sorted(self.on_disk))
        self.graph.add_nodes_from(key for app in self.contrib.values() for key in app)
        self.unknown = set(unread)
        # Apps in which an unknown file or an unknown `replaces` may be, or stand for, what seems to be missing.
        self.unsure = {key.app_label for key in unread}
        self.absent: dict[MigrationKey, tuple[MissingCause, str]] = {}
        self.named: dict[MigrationKey, list[Entry]] = {}
        self.external: set[str] = set()
        self.meant: dict[str, str | None] = {}
        self.malformed: list[Malformed] = []
        self.symbolic: list[Symbolic] = []
        self.squashes: dict[MigrationKey, dict[MigrationKey, Entry]] = {}
        self.problems: list[SquashProblem] = []
        self.replaced: dict[MigrationKey, MigrationKey] = {}

    def add_dependencies(self) -> None:
        """Link as declared: an app's own dependencies first, since `__first__` and `__latest__` look at these alone."""
        elsewhere: list[tuple[Entry, MigrationKey]] = []
        for migration in self.migrations.values():
            for attribute, written in _entries(migration):
                entry = Entry(migration.key, attribute, Location(migration.path, written.span))
                target = self._target(entry, written)
                if target is None:
                    continue
                own = target.app_label == migration.key.app_label
                match attribute:
                    case "replaces":
                        self.squashes.setdefault(migration.key, {}).setdefault(target, entry)
                    case "dependencies" if own:
                        # Django ignores `__first__` of the app itself, but not `__latest__`.
                        if target.name != "__first__":
                            self._link(migration.key, target, entry)
                    case "dependencies" | "run_before":
                        elsewhere.append((entry, target))
        self.nesting.add_nodes_from(self.squashes)
        self.nesting.add_edges_from(
            (key, target)
            for key in self.squashes
            for target in self.squashes[key]
            if target in self.squashes and target != key
        )
        self._link_apps(elsewhere, _Ends(self.graph, self.on_disk))

    def _link_apps(self, elsewhere: list[tuple[Entry, MigrationKey]], ends: _Ends) -> None:
        for app in self.contrib.values():
            for key, parents in app.items():
                for parent in parents:
                    user_app = self._label_of_model("AUTH_USER_MODEL") if parent == USER_APP else None
                    target = MigrationKey(user_app, "__first__") if user_app else parent
                    if target != USER_APP and (known := self._settle(target, key.app_label, ends, None)):
                        self._link(key, known, None)
        for entry, target in elsewhere:
            known = self._settle(target, entry.migration.app_label, ends, entry)
            if known and entry.attribute == "run_before":
                self._link(known, entry.migration, entry)
            elif known:
                self._link(entry.migration, known, entry)

    def note_squash_problems(self) -> None:
        """Look at every squash before any of them takes effect."""
        mutual = _components(self.nesting)
        for key, targets in self.squashes.items():
            if key in targets:
                self._problem(key, "replaces-itself", (key,), (targets[key],))
            inner = [target for target in sorted(self.nesting.successors(key)) if target not in mutual.get(key, ())]
            if inner and self.django[0] < 6:
                self._problem(key, "nested", inner, [targets[target] for target in inner])
            for target in targets:
                links = (self._entry_of(key, target), self._entry_of(target, key))
                if target != key and any(links):
                    self._problem(key, "depends-on-replaced", (target,), [entry for entry in links if entry])
            own = [target for target in targets if target.app_label in self.migrated and target != key]
            gone = [target for target in own if target not in self.on_disk]
            if gone and len(gone) < len(own):
                self._problem(key, "half-removed", gone, [targets[target] for target in gone])
            for target in gone:
                for entry in self.named.get(target, ()):
                    if entry.migration not in targets and entry.migration != key:
                        self._problem(key, "named-though-gone", (target,), (entry,))
        for rivals in sorted(set(mutual.values()), key=min):
            first, *others = sorted(rivals)
            entries = [
                self.squashes[key][target]
                for key in sorted(rivals)
                for target in sorted(rivals & self.squashes[key].keys() - {key})
            ]
            self._problem(first, "replaced-in-turn", others, entries)
        for (first, second), shared in self._overlaps().items():
            entries = [self.squashes[key][target] for key in (second, first) for target in shared]
            self._problem(second, "overlaps", (first, *shared), entries)

    def replace(self) -> None:
        """Put each squash in the place of what it replaces, inner squashes first, as Django 6.0 does."""
        mutual = _components(self.nesting)
        for key in _post_order(self.squashes, lambda key: sorted(self.nesting.successors(key))):
            # A squash that replaces itself, or one that replaces it, stays beside the other: Django picks neither.
            rivals = mutual.get(key, frozenset((key,)))
            self._replace_by(key, {target for target in self.squashes[key] if target not in rivals})

    def finish(self) -> MigrationGraph:
        """Read the answers off the graph."""
        nodes = tuple(key for key in sorted(self.on_disk) if key in self.graph)
        ends = _Ends(self.graph, frozenset(self.graph))
        leaves = tuple(key for key in nodes if ends.is_leaf(key))
        roots = tuple(key for key in nodes if ends.is_root(key))
        missing = self._missing()
        conflicts = self._conflicts(leaves)
        self.graph.remove_nodes_from(list(self.absent))
        contrib = [
            key for app in self.contrib.values() for key in app if ends.is_leaf(key) and self._in_use(key.app_label)
        ]
        plan = _post_order(
            (*sorted((*leaves, *contrib)), *nodes), lambda key: sorted(self.graph.predecessors(key), reverse=True)
        )
        return MigrationGraph(
            nodes=nodes,
            edges=tuple(sorted((child, parent) for parent, child in self.graph.edges if child in self.on_disk)),
            leaves=leaves,
            roots=roots,
            plan=tuple(key for key in plan if key in self.on_disk),
            conflicts=conflicts,
            missing=missing,
            malformed=tuple(self.malformed),
            cycles=_cycles(self.graph),
            external=tuple(sorted(self.external)),
            replaced=self.replaced,
            squash_problems=tuple(sorted(self.problems, key=_where)),
            symbolic=tuple(self.symbolic),
            unknown=frozenset(self.unknown),
            linked=self.graph,
        )

    # Names.

    def _target(self, entry: Entry, written: AnyDependency) -> MigrationKey | None:
        """The key that an entry spells; None where it spells none or cannot be known."""
        match written:
            case Dependency(key):
                return key
            case SwappableDependency(setting):
                label = self._label_of_model(setting)
                return MigrationKey(label, "__first__") if label else None
            case MalformedDependency():
                self.malformed.append(Malformed(entry, written))
                return None
            case Unresolved():
                self.unknown.add(entry.migration)
                if entry.attribute == "replaces":
                    self.unsure.add(entry.migration.app_label)
                return None

    def _label_of_model(self, setting: str) -> str | None:
        """The app of the model that a setting, or a literal `app.Model`, names; None where it cannot be known."""
        if "." in setting:
            return setting.partition(".")[0]
        value = self.layout.settings.values.get(setting)
        if value is None and setting == "AUTH_USER_MODEL":
            return "auth"
        model = text_of(value)
        return model.partition(".")[0] if model else None

    def _settle(self, target: MigrationKey, origin: str, ends: _Ends, entry: Entry | None) -> MigrationKey | None:
        """What a dependency on another app, or a run_before, comes to; None where Django drops it."""
        label = target.app_label
        if target.name not in ("__first__", "__latest__"):
            return target
        if label == origin or label in self.unmigrated:
            return None
        if label in self.contrib:
            known = tuple(self.contrib[label])
            return known[0] if target.name == "__first__" else known[-1]
        candidates = ends.of(label, target.name)
        if len(candidates) > 1 and label in {key.app_label for key in self.unknown}:
            return target
        if candidates and entry:
            self.symbolic.append(Symbolic(entry, target, candidates))
        return candidates[0] if candidates else target

    def _link(self, child: MigrationKey, parent: MigrationKey, entry: Entry | None) -> None:
        for key in (child, parent):
            if entry and key != entry.migration:
                self._look_up(key, entry)
        if not self.graph.has_edge(parent, child):
            self.graph.add_edge(parent, child, entry=entry)

    def _look_up(self, key: MigrationKey, entry: Entry) -> None:
        """Note a migration that is not the project's: external, or missing."""
        label = key.app_label
        if label not in self.migrated and label not in self.unmigrated and not self._label_meant(label):
            self.external.add(label)
        if key in self.graph and key not in self.absent:
            return
        if cause := self._cause_of_absence(key, entry.migration.app_label):
            self.absent[key] = cause
            self.named.setdefault(key, []).append(entry)

    def _cause_of_absence(self, key: MigrationKey, origin: str) -> tuple[MissingCause, str] | None:
        label = key.app_label
        if label in self.unmigrated:
            return self.unmigrated[label], label
        if label in self.migrated:
            if label not in self.populated:
                return "no-migrations", label
            if key.name in ("__first__", "__latest__"):
                return ("own-latest", label) if label == origin else None
            return "no-migration", label
        if label in self.contrib:
            return ("no-migration", label) if lists_every_migration(self.django) else None
        meant = self._label_meant(label)
        return ("other-label", meant) if meant else None

    def _label_meant(self, label: str) -> str | None:
        """The label of the project's own app that a wrong label means: another case, or the name of its package."""
        if label not in self.meant:
            self.meant[label] = next(iter(self._labels_meant(label)), None)
        return self.meant[label]

    def _labels_meant(self, label: str) -> Iterator[str]:
        installed = _installed_apps(self.layout.settings)
        # An app that is not in this tree may have the very label.
        entries = [entry for entry in installed if label in entry.split(".")]
        if label in self.contrib:
            return
        if not entries:
            yield from (known for known in sorted(self.migrated) if known.lower() == label.lower())
        for app in self.layout.apps if installed else ():
            dotted = f".{app.package.replace('/', '.')}"
            ours = all(_within(entry, label, dotted) for entry in entries)
            if ours and dotted.endswith(f".{label}") and app.label in self.migrated:
                yield app.label

    def _contrib(self) -> dict[str, Mapping[MigrationKey, tuple[MigrationKey, ...]]]:
        """Django's own apps, but for those whose migrations the project keeps elsewhere or switches off."""
        modules = self.layout.settings.values.get("MIGRATION_MODULES")
        moved = {text_of(key) for key, _ in modules.items} if isinstance(modules, MappingValue) else set()
        taken = self.migrated | self.unmigrated.keys() | moved
        return {label: app for label, app in contrib_migrations().items() if label not in taken}

    def _in_use(self, label: str) -> bool:
        installed = _installed_apps(self.layout.settings)
        return label in self.external or any(entry.startswith(f"django.contrib.{label}") for entry in installed)

    # Squashes.

    def _problem(
        self, squash: MigrationKey, fault: SquashFault, others: Iterable[MigrationKey], entries: Iterable[Entry]
    ) -> None:
        self.problems.append(SquashProblem(squash, fault, tuple(others), tuple(entries)))

    def _entry_of(self, child: MigrationKey, parent: MigrationKey) -> Entry | None:
        data = self.graph.get_edge_data(parent, child)
        return data["entry"] if data else None

    def _overlaps(self) -> dict[tuple[MigrationKey, MigrationKey], list[MigrationKey]]:
        """Pairs of squashes, neither inside the other, that both replace a migration which is there or is named."""
        import networkx as nx

        claims: dict[MigrationKey, list[MigrationKey]] = {}
        for key in self.squashes:
            for target in self.squashes[key]:
                if target in self.graph:
                    claims.setdefault(target, []).append(key)
        pairs: dict[tuple[MigrationKey, MigrationKey], list[MigrationKey]] = {}
        for target, claimants in sorted(claims.items()):
            for pair in pairwise(claimants):
                pairs.setdefault(pair, []).append(target)
        return {
            (first, second): shared
            for (first, second), shared in pairs.items()
            if not nx.has_path(self.nesting, first, second) and not nx.has_path(self.nesting, second, first)
        }

    def _replace_by(self, squash: MigrationKey, targets: set[MigrationKey]) -> None:
        for target in sorted(targets):
            self.replaced.setdefault(target, squash)
            if target not in self.graph:
                continue
            for child, data in list(self.graph.succ[target].items()):
                if child not in targets and not self.graph.has_edge(squash, child):
                    self.graph.add_edge(squash, child, **data)
            for parent, data in list(self.graph.pred[target].items()):
                if parent not in targets and not self.graph.has_edge(parent, squash):
                    self.graph.add_edge(parent, squash, **data)
            self.graph.remove_node(target)

    # What stays open.

    def _missing(self) -> tuple[Missing, ...]:
        return tuple(
            sorted(
                Missing(entry, target, cause, label)
                for target, (cause, label) in self.absent.items()
                if target in self.graph and not (cause == "no-migration" and label in self.unsure)
                for entry in self.named[target]
            )
        )

    def _conflicts(self, leaves: tuple[MigrationKey, ...]) -> dict[str, tuple[str, ...]]:
        """Apps with several leaves, but for those that a migration with an unknown parent may turn out to join."""
        import networkx as nx

        by_app: dict[str, list[MigrationKey]] = {}
        for leaf in leaves:
            by_app.setdefault(leaf.app_label, []).append(leaf)
        unknown: dict[str, set[MigrationKey]] = {}
        for key in self.unknown:
            unknown.setdefault(key.app_label, set()).add(self.replaced.get(key, key))
        for target in self.absent:
            # Whose parent in the app is missing may follow any of the leaves.
            for child in self.graph.successors(target) if target in self.graph else ():
                if child.app_label == target.app_label:
                    unknown.setdefault(child.app_label, set()).add(child)
        conflicts: dict[str, tuple[str, ...]] = {}
        for label, own in by_app.items():
            if label in unknown:
                # Only what a migration already comes after can't be after the migration.
                own = [leaf for leaf in own if unknown[label] <= {leaf, *nx.ancestors(self.graph, leaf)}]
            if len(own) > 1:
                conflicts[label] = tuple(leaf.name for leaf in own)
        return conflicts


class _Ends:
    """First and last migrations of each app: those without a direct parent, or child, in the app."""

    def __init__(self, graph: nx.DiGraph[MigrationKey], keys: frozenset[MigrationKey]) -> None:
        ordered = sorted(keys)
        self._roots = {k: None for k in ordered if all(p.app_label != k.app_label for p in graph.predecessors(k))}
        self._leaves = {k: None for k in ordered if all(c.app_label != k.app_label for c in graph.successors(k))}
        self._by_name: dict[tuple[str, str], list[MigrationKey]] = {}
        for name, ends in (("__first__", self._roots), ("__latest__", self._leaves)):
            for key in ends:
                self._by_name.setdefault((key.app_label, name), []).append(key)

    def of(self, label: str, name: str) -> tuple[MigrationKey, ...]:
        """What `__first__` or `__latest__` of an app may be, the smallest first."""
        return tuple(self._by_name.get((label, name), ()))

    def is_root(self, key: MigrationKey) -> bool:
        return key in self._roots

    def is_leaf(self, key: MigrationKey) -> bool:
        return key in self._leaves


def _post_order(
    starts: Iterable[MigrationKey], before: Callable[[MigrationKey], Iterable[MigrationKey]]
) -> list[MigrationKey]:
    """Depth first, each key after all that comes `before` it; a cycle is cut where it closes."""
    done: list[MigrationKey] = []
    opened: set[MigrationKey] = set()
    for start in starts:
        stack = [(start, False)]
        while stack:
            key, processed = stack.pop()
            if processed:
                done.append(key)
            elif key not in opened:
                opened.add(key)
                stack.append((key, True))
                stack += [(earlier, False) for earlier in reversed(list(before(key)))]
    return done


def _components(graph: nx.DiGraph[MigrationKey]) -> dict[MigrationKey, frozenset[MigrationKey]]:
    """Each key that lies on a cycle of several, with all those that it shares cycles with."""
    import networkx as nx

    found = [frozenset(component) for component in nx.strongly_connected_components(graph) if len(component) > 1]
    return {key: component for component in found for key in component}


# Above this many migrations in one knot the cycle shown is the shortest through its smallest, not the shortest of all.
_LARGEST_KNOT_SEARCHED = 300


def _cycles(graph: nx.DiGraph[MigrationKey]) -> tuple[tuple[MigrationKey, ...], ...]:
    """One shortest cycle of each knot, from a migration to what it depends on, the smallest first."""
    cycles: list[tuple[MigrationKey, ...]] = [(key,) for key in graph if graph.has_edge(key, key)]
    for knot in sorted(set(_components(graph).values()), key=min):
        starts = sorted(knot) if len(knot) <= _LARGEST_KNOT_SEARCHED else [min(knot)]
        found = [_shortest_cycle(graph, knot, start) for start in starts]
        cycles.append(min(found, key=lambda cycle: (len(cycle), cycle)))
    return tuple(sorted(cycles))


def _shortest_cycle(
    graph: nx.DiGraph[MigrationKey], knot: frozenset[MigrationKey], start: MigrationKey
) -> tuple[MigrationKey, ...]:
    came_from: dict[MigrationKey, MigrationKey] = {}
    queue = [start]
    for key in queue:
        for parent in sorted(graph.predecessors(key)):
            if parent == start and key != start:
                cycle = [key]
                while cycle[-1] != start:
                    cycle.append(came_from[cycle[-1]])
                cycle.reverse()
                turn = cycle.index(min(cycle))
                return (*cycle[turn:], *cycle[:turn])
            if parent in knot and parent not in came_from and parent != start:
                came_from[parent] = key
                queue.append(parent)
    raise AssertionError(f"{start} is on no cycle")


def _entries(migration: Migration) -> Iterator[tuple[Attribute, AnyDependency]]:
    for dependency in migration.dependencies:
        yield "dependencies", dependency
    for child in migration.run_before:
        yield "run_before", child
    for target in migration.replaces:
        yield "replaces", target


def _installed_apps(settings: Settings) -> tuple[str, ...]:
    """INSTALLED_APPS where every entry is known, else nothing."""
    value = settings.values.get("INSTALLED_APPS")
    entries = [text_of(item) for item in value.items] if isinstance(value, Sequence) else []
    return tuple(entry for entry in entries if entry) if all(entries) else ()


def _within(entry: str, label: str, dotted: str) -> bool:
    """Whether an entry of INSTALLED_APPS names the package that ends in `label`, or something in it."""
    parts = entry.split(".")
    return dotted.endswith("." + ".".join(parts[: parts.index(label) + 1]))


def _key(migration: Migration) -> MigrationKey:
    return migration.key


def _where(problem: SquashProblem) -> tuple[MigrationKey, str, tuple[MigrationKey, ...], tuple[Entry, ...]]:
    return problem.squash, problem.fault, problem.others, problem.entries
