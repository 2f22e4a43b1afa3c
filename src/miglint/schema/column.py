"""What Django makes of a field: whether it is a column, and what the rows that are there already get in it.

Answers are None where the field's options, or the class of a project's own field, leave it open. They hold
for Django 3.2 to 6.1 alike.
"""

from __future__ import annotations

from miglint.binding import build_field
from miglint.facts.fields import Field
from miglint.facts.target import Vendor
from miglint.facts.values import (
    Call,
    Digest,
    Literal,
    Mapping,
    Parameter,
    Reference,
    Sequence,
    Text,
    Unresolved,
    Value,
    text_of,
    truth_of,
)
from miglint.schema.field import attributes
from miglint.sql.statement import ColumnType

# Columns that number their rows by themselves.
AUTOMATIC = frozenset({"AutoField", "BigAutoField", "SmallAutoField"})

# Columns with a CHECK (column >= 0): data_type_check_constraints of Django's PostgreSQL backend.
POSITIVE = frozenset({"PositiveBigIntegerField", "PositiveIntegerField", "PositiveSmallIntegerField"})

FOREIGN_KEYS = frozenset({"ForeignKey", "OneToOneField"})

# Fields without a column of their own: a table between two models, several columns, or nothing at all.
_NO_COLUMN = frozenset({"CompositePrimaryKey", "Field", "ForeignObject", "ManyToManyField"})

# Field.empty_strings_allowed, for fields that have a column.
_EMPTY_STRINGS_ALLOWED = frozenset(
    {
        "BinaryField",
        "CICharField",
        "CIEmailField",
        "CITextField",
        "CharField",
        "CommaSeparatedIntegerField",
        "EmailField",
        "FileField",
        "FilePathField",
        "ImageField",
        "SearchQueryField",
        "SearchVectorField",
        "SlugField",
        "TextField",
        "URLField",
    }
)

# Fields that turn an empty string into NULL on its way to the database.
_EMPTY_IS_NULL = frozenset({"GenericIPAddressField"})

_DATES = frozenset({"DateField", "DateTimeField", "TimeField"})


def lacks_value(field: Field) -> bool | None:
    """Whether the field's column is NOT NULL and nothing says what existing rows hold in it."""
    if has_column(field) is False or field.kind in AUTOMATIC or field.kind == "GeneratedField":
        return False
    return _both(_not(takes_null(field)), _not(has_value(field)))


def has_column(field: Field) -> bool | None:
    if field.kind is None:
        return None
    return field.kind not in _NO_COLUMN


def column_name(field: Field, name: str) -> Text:
    """The column of a field that is called `name` in its model."""
    given = field.options.get("db_column")
    if isinstance(given, Unresolved):
        return given
    return text_of(given) or (f"{name}_id" if field.kind in FOREIGN_KEYS else name)


def is_checked(field: Field, vendor: Vendor) -> bool:
    """Whether Django writes a CHECK of its own for the column: data_type_check_constraints of its backends."""
    return field.kind in POSITIVE or (field.kind == "JSONField" and vendor in ("mariadb", "oracle", "sqlite"))


def takes_null(field: Field) -> bool | None:
    # Its constructor sets null=True whatever it is given.
    if field.kind == "NullBooleanField":
        return True
    return _truth(field, "null")


def accepts_empty_strings(field: Field) -> bool | None:
    """Django's `empty_strings_allowed`: a blank field that does has '' for its implicit default."""
    return field.kind in _EMPTY_STRINGS_ALLOWED if _is_djangos_own(field) else None


def has_value(field: Field) -> bool | None:
    """Whether existing rows get something else than NULL in the field's column."""
    match db_default(field):
        case None:
            return has_effective_default(field)
        # DEFAULT NULL, and it wins over `default`; a JSON column gets JSON's null, which is a value.
        case Literal(None):
            return field.kind == "JSONField"
        case Call(Reference(path), (only,)) if path.rpartition(".")[2] == "Value":
            return only.value != Literal(None)
        case Unresolved() | Parameter() | Digest():
            return True if has_effective_default(field) else None
        case Literal() | Reference() | Call() | Sequence() | Mapping():
            return True


def has_effective_default(field: Field) -> bool | None:
    """Whether Django's schema editor has a value to give to existing rows, which it drops from the column again.

    It is `BaseDatabaseSchemaEditor.effective_default(field) is not None`; a callable is taken to return something.
    """
    match option_of(field, "default"):
        case None:
            pass
        case Literal(None):
            return False
        case Literal(""):
            return field.kind not in _EMPTY_IS_NULL
        case Unresolved() | Parameter() | Digest():
            return None
        case Literal() | Reference() | Call() | Sequence() | Mapping():
            return True
    if _may_hide(field, "default"):
        return None
    if field.kind == "GeneratedField":
        return False
    blank = _both(_not(takes_null(field)), _both(_truth(field, "blank"), accepts_empty_strings(field)))
    dated = _either(_truth(field, "auto_now"), _truth(field, "auto_now_add")) if field.kind in _DATES else False
    return _either(blank, dated)


def db_default(field: Field) -> Value | None:
    """The database's own default: None where there is none, `Unresolved` where there may be one."""
    given = option_of(field, "db_default")
    if given is None and field.opaque:
        return Unresolved("the field's options are not all known", field.site.span)
    return given


def option_of(field: Field, name: str) -> Value | None:
    """An option as written; `NOT_PROVIDED` is Django's way of writing that it is not."""
    value = field.options.get(name)
    if isinstance(value, Reference) and value.path.rpartition(".")[2] == "NOT_PROVIDED":
        return None
    return value


def is_enforced(field: Field) -> bool | None:
    """Whether a foreign key is one to the database too."""
    return _truth(field, "db_constraint", default=True)


def column_type(field: Field, vendor: Vendor) -> ColumnType | Unresolved:
    """The type of a field's own column; a foreign key's is that of the column that it refers to, which others know.

    DatabaseWrapper.data_types of Django's backends; numbering (identity, AUTO_INCREMENT) and checks are left out.
    """
    unknown = Unresolved(f"the type of {field.path or 'this field'} is not known", field.site.span)
    kind = field.kind
    if kind == "GeneratedField":
        output = field.options.get("output_field")
        built = build_field(output) if isinstance(output, Call) else None
        return column_type(built, vendor) if built is not None else unknown
    if kind == "ArrayField":
        base = field.options.get("base_field")
        built = build_field(base) if isinstance(base, Call) else None
        of = column_type(built, vendor) if built is not None else unknown
        return of if isinstance(of, Unresolved) else ColumnType("array", (), of)
    if kind is None or vendor == "oracle":
        return unknown
    if kind in _LIMITED_TEXT:
        length = _length(field)
        if isinstance(length, Unresolved):
            return length
        return ColumnType("varchar", () if length is None else (length,))
    if kind == "DecimalField" and vendor != "sqlite":
        digits, places = _number(field.options.get("max_digits")), _number(field.options.get("decimal_places"))
        return unknown if digits is None or places is None else ColumnType("numeric", (digits, places))
    name = _TYPES[vendor].get(kind)
    return unknown if name is None else ColumnType(name)


_LIMITED_TEXT = frozenset(
    {
        *("CharField", "CommaSeparatedIntegerField", "EmailField", "FileField", "FilePathField", "ImageField"),
        *("SlugField", "URLField"),
    }
)

_INTEGERS = {
    "AutoField": "integer",
    "BigAutoField": "bigint",
    "BigIntegerField": "bigint",
    "IntegerField": "integer",
    "OrderWrt": "integer",
    "PositiveBigIntegerField": "bigint",
    "PositiveIntegerField": "integer",
    "PositiveSmallIntegerField": "smallint",
    "SmallAutoField": "smallint",
    "SmallIntegerField": "smallint",
}

_UNSIGNED = {kind: f"{name} unsigned" if kind in POSITIVE else name for kind, name in _INTEGERS.items()}

_TYPES: dict[Vendor, dict[str, str]] = {
    "postgresql": {
        **_INTEGERS,
        "BigIntegerRangeField": "int8range",
        "BinaryField": "bytea",
        "BooleanField": "boolean",
        "CICharField": "citext",
        "CIEmailField": "citext",
        "CITextField": "citext",
        "DateField": "date",
        "DateRangeField": "daterange",
        "DateTimeField": "timestamp with time zone",
        "DateTimeRangeField": "tstzrange",
        "DecimalRangeField": "numrange",
        "DurationField": "interval",
        "FloatField": "double precision",
        "FloatRangeField": "numrange",
        "GenericIPAddressField": "inet",
        "HStoreField": "hstore",
        "IPAddressField": "inet",
        "IntegerRangeField": "int4range",
        "JSONField": "jsonb",
        "NullBooleanField": "boolean",
        "SearchQueryField": "tsquery",
        "SearchVectorField": "tsvector",
        "TextField": "text",
        "TimeField": "time",
        "UUIDField": "uuid",
    },
    "mysql": {
        **_UNSIGNED,
        "BinaryField": "longblob",
        "BooleanField": "bool",
        "DateField": "date",
        "DateTimeField": "datetime(6)",
        "DurationField": "bigint",
        "FloatField": "double precision",
        "GenericIPAddressField": "char(39)",
        "IPAddressField": "char(15)",
        "JSONField": "json",
        "NullBooleanField": "bool",
        "TextField": "longtext",
        "TimeField": "time(6)",
        "UUIDField": "char(32)",
    },
    "sqlite": {
        **_UNSIGNED,
        # What numbers its rows there is an INTEGER, whatever its size.
        **dict.fromkeys(AUTOMATIC, "integer"),
        "BinaryField": "BLOB",
        "BooleanField": "bool",
        "DateField": "date",
        "DateTimeField": "datetime",
        "DecimalField": "decimal",
        "DurationField": "bigint",
        "FloatField": "real",
        "GenericIPAddressField": "char(39)",
        "IPAddressField": "char(15)",
        "JSONField": "text",
        "NullBooleanField": "bool",
        "TextField": "text",
        "TimeField": "time",
        "UUIDField": "char(32)",
    },
    "oracle": {},
}
_TYPES["mariadb"] = _TYPES["mysql"]


def _length(field: Field) -> int | Unresolved | None:
    known = attributes(field)
    if "max_length" in known.unknown:
        return Unresolved("its max_length is not known", field.site.span)
    return known.max_length


def _number(value: Value | None) -> int | None:
    return value.value if isinstance(value, Literal) and isinstance(value.value, int) else None


def _truth(field: Field, name: str, *, default: bool = False) -> bool | None:
    if name not in field.options and _may_hide(field, name):
        return None
    return truth_of(field.options.get(name), default)


def _may_hide(field: Field, name: str) -> bool:
    """Whether an option that is not listed may be set all the same."""
    return name not in field.options and (field.opaque or field.kind is None)


def _is_djangos_own(field: Field) -> bool:
    return field.kind is not None and field.path.startswith("django.")


def _not(answer: bool | None) -> bool | None:
    return None if answer is None else not answer


def _both(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _either(one: bool | None, other: bool | None) -> bool | None:
    return _not(_both(_not(one), _not(other)))
