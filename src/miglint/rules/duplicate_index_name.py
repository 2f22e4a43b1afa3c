"""MIG206: an index or constraint gets a name that the database has given away already."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.facts.operations import AddConstraint, AddIndex, CreateModel, RenameIndex
from miglint.facts.target import Vendor
from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule
from miglint.schema.model import has_table, table_of
from miglint.schema.names import schema_of
from miglint.schema.state import Origin
from miglint.schema.tables import ConstraintState, IndexState, TableState, comparable
from miglint.steps import Step


@dataclass(frozen=True)
class DuplicateIndexName(OperationRule):
    code = "MIG206"
    name = "duplicate-index-name"
    severity = Severity.ERROR
    operations = (AddConstraint, AddIndex, CreateModel, RenameIndex)

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        table = _table_after(step, project)
        if table is None or table.unknown is not None or table.app_label in project.unsettled_apps:
            return
        vendor = project.target.database.vendor
        before = step.database_before.table(table.name)
        old = () if before is None else before.held()
        given: list[IndexState | ConstraintState] = []
        for made in table.held():
            if made.name is None or made.by_field or any(made is one for one in old):
                continue
            taken = _taken(made, table, given, step, vendor)
            given.append(made)
            if taken is not None:
                what, where = taken
                yield self.finding(
                    step.location,
                    f"The name '{made.name}' is that of {what} already, since {where.migration}, line "
                    f"{where.location.span.line}: {_reach(made, vendor)}, so `migrate` fails.",
                    hint="Choose another name here and in the model; the table's name at its beginning keeps it apart.",
                    subject=f"{table.app_label}.{table.name}.{made.name}",
                    related=(Related(where.location, f"'{made.name}' is given here first"),),
                )


def _table_after(step: Step, project: Project) -> TableState | None:
    operation = step.operation
    if step.in_state_alone or not isinstance(operation, CreateModel | AddIndex | AddConstraint | RenameIndex):
        return None
    named = operation.name if isinstance(operation, CreateModel) else operation.model_name
    model = step.after.model(step.migration.key.app_label, named) if isinstance(named, str) else None
    if model is None or has_table(model, project.ground) is not True:
        return None
    name = table_of(model, project.ground)
    return step.database_after.table(name) if isinstance(name, str) else None


def _taken(
    made: IndexState | ConstraintState,
    table: TableState,
    given: list[IndexState | ConstraintState],
    step: Step,
    vendor: Vendor,
) -> tuple[str, Origin] | None:
    """What has the name already, and since when."""
    if made.name is None:
        return None
    wanted = comparable(made.name, vendor)
    for one in given:
        if one.name is not None and comparable(one.name, vendor) == wanted and _collide(made, one, vendor, same=True):
            return f"another on '{table.name}'", one.made
    for other, one in step.database_before.named(made.name):
        if other.unknown is None and schema_of(other.name) == schema_of(table.name):
            same = other.name == table.name
            if _collide(made, one, vendor, same=same):
                return f"{_called(one)} on '{other.name}'", one.made
    held = step.database_before.table(made.name) if vendor in ("postgresql", "sqlite") else None
    if held is not None and held.unknown is None and _is_relation(made, vendor):
        return "a table", held.made
    return None


def _collide(
    one: IndexState | ConstraintState, other: IndexState | ConstraintState, vendor: Vendor, *, same: bool
) -> bool:
    """Whether the database refuses two of one name, on the `same` table or on two of them."""
    if _is_relation(one, vendor) and _is_relation(other, vendor):
        return same or vendor not in ("mysql", "mariadb")
    if isinstance(one, IndexState) or isinstance(other, IndexState):
        return False
    match vendor:
        case "postgresql":
            return same
        case "mysql" | "mariadb":
            return one.kind == other.kind == "check" and (same or vendor == "mysql")
        case "oracle":
            return True
        case "sqlite":
            return False


def _is_relation(one: IndexState | ConstraintState, vendor: Vendor) -> bool:
    """Whether it is an index to the database, and so has a name among those of indexes."""
    # SQLite makes up the name of the index behind a constraint.
    return isinstance(one, IndexState) or (vendor != "sqlite" and one.kind in ("unique", "exclusion", "primary key"))


def _called(one: IndexState | ConstraintState) -> str:
    return "an index" if isinstance(one, IndexState) else f"a {one.kind} constraint"


def _reach(made: IndexState | ConstraintState, vendor: Vendor) -> str:
    if not _is_relation(made, vendor):
        return "no two constraints of a table may share a name" if vendor != "mysql" else "checks share one namespace"
    match vendor:
        case "postgresql":
            return "indexes and unique constraints of all tables of a schema share one namespace"
        case "sqlite" | "oracle":
            return "indexes of all tables share one namespace"
        case "mysql" | "mariadb":
            return "no two indexes of a table may share a name"
