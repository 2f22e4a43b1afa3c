"""MIG216: bytes where Django wants text, left over from Python 2."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.facts.fields import Field
from miglint.facts.operations import AddField, AlterField, CreateModel, NamedField
from miglint.facts.source import Location, Span
from miglint.facts.values import Literal, Sequence, Unresolved, Value
from miglint.findings import Finding, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule
from miglint.steps import Step

# Fields that turn whatever they are given into text with `str()`.
_TEXT = frozenset(
    {
        *("CharField", "TextField", "SlugField", "EmailField", "URLField", "CommaSeparatedIntegerField"),
        *("FilePathField", "FileField", "ImageField", "CICharField", "CIEmailField", "CITextField"),
    }
)

# Options whose value Django takes apart as text; it stops with a TypeError, or finds no such field.
_FIELD_OPTIONS = ("db_column", "related_name", "related_query_name", "to_field", "db_collation", "db_tablespace")
_MODEL_OPTIONS = ("db_table", "db_tablespace", "unique_together", "index_together", "order_with_respect_to")


@dataclass(frozen=True)
class ByteStringOption(OperationRule):
    code = "MIG216"
    name = "byte-string-option"
    severity = Severity.WARNING
    operations = (AddField, AlterField, CreateModel)

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        match step.operation:
            case CreateModel(name=str(model), fields=fields, options=options):
                for item in fields:
                    if isinstance(item, NamedField) and isinstance(item.name, str):
                        yield from self._field(step, model, item.name, item.field)
                if not isinstance(options, Unresolved):
                    for option in _MODEL_OPTIONS:
                        written = _bytes_in(options.get(option))
                        if written is not None:
                            span = step.operation.site.arguments.get("options", step.operation.site.span)
                            yield self._stops(step, span, model, option, written)
            case (
                AddField(model_name=str(model), name=str(name), field=field)
                | AlterField(model_name=str(model), name=str(name), field=field)
            ):
                yield from self._field(step, model, name, field)
            case _:
                return

    def _field(self, step: Step, model: str, name: str, field: Field) -> Iterator[Finding]:
        match field.options.get("default"):
            case Literal(bytes() as value) if field.kind in _TEXT:
                yield self.finding(
                    Location(step.migration.path, field.site.arguments.get("default", field.site.span)),
                    f"The default of '{name}' is bytes, and the column holds text: a row that gets it holds "
                    f'"{value!r}", with the b and the quotes.',
                    hint=f"Write default={value.decode('utf-8', 'replace')!r}.",
                    subject=f"{step.migration.key.app_label}.{model.lower()}.{name}:default",
                )
        for option in _FIELD_OPTIONS:
            written = _bytes_in(field.options[option]) if option in field.options else None
            if written is not None:
                yield self._stops(
                    step, field.site.arguments.get(option, field.site.span), f"{model}.{name}", option, written
                )

    def _stops(self, step: Step, span: Span, whose: str, option: str, value: bytes) -> Finding:
        return self.finding(
            Location(step.migration.path, span),
            f"The {option} of '{whose}' is bytes, and Django wants text: it stops with an error there, or finds no "
            f"field of that name.",
            hint=f"Write {value.decode('utf-8', 'replace')!r}, without the b.",
            subject=f"{step.migration.key.app_label}.{whose.lower()}:{option}",
        )


def _bytes_in(value: Value | None) -> bytes | None:
    """The first bytes in a value, at any depth of its lists."""
    match value:
        case Literal(bytes() as written):
            return written
        case Sequence(items=items):
            return next((found for item in items if (found := _bytes_in(item)) is not None), None)
        case _:
            return None
