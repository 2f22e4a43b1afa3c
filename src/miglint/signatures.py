"""Django's signatures as data, and calls bound by them: operations, fields, indexes, constraints.

One table serves Django 3.2 to 6.1: between them parameters were only added, at the end or by keyword.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Literal as OneOf
from typing import NamedTuple, TypeAlias

from miglint.facts import values
from miglint.facts.fields import CallSite, Constraint, Field, Index
from miglint.facts.migration import Class, Function
from miglint.facts.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterConstraint,
    AlterField,
    AlterModelManagers,
    AlterModelOptions,
    AlterModelTable,
    AlterModelTableComment,
    AlterOrderWithRespectTo,
    AlterTogether,
    Behaviour,
    CreateCollation,
    CreateExtension,
    CreateModel,
    DeleteModel,
    NamedField,
    Operation,
    RemoveCollation,
    RemoveConstraint,
    RemoveField,
    RemoveIndex,
    RenameField,
    RenameIndex,
    RenameModel,
    RunPython,
    RunSQL,
    SeparateDatabaseAndState,
    Subclass,
    UnknownOperation,
    ValidateConstraint,
)
from miglint.facts.source import TOP, Span
from miglint.facts.values import (
    Argument,
    Call,
    Digest,
    Literal,
    Parameter,
    Reference,
    Sequence,
    Text,
    Unresolved,
    Value,
    truth_of,
)
from miglint.folding import substitute

# What `migrations.RunPython.noop` and `migrations.RunSQL.noop` are called in facts, however they were imported.
RUN_PYTHON_NOOP = "django.db.migrations.operations.special.RunPython.noop"
RUN_SQL_NOOP = "django.db.migrations.operations.special.RunSQL.noop"


class Signature(NamedTuple):
    """`positional` parameters in order, those that take a keyword alone, and what collects `*args`.

    `required` have no default. `open` signatures take any keyword: a library's class may know more of them.
    """

    positional: tuple[str, ...]
    keywords: tuple[str, ...] = ()
    star: str | None = None
    required: tuple[str, ...] = ()
    open: bool = False


class Implied(NamedTuple):
    """A library's field: Django's class that it inherits from, and options that it has without being told."""

    kind: str
    options: Mapping[str, Value] = {}


class Ancestry(NamedTuple):
    """How a class comes from one that is known: `path` is the known one's.

    `state` and `database` say what the methods in between make of it, `inits` are their own `__init__`s,
    outermost first. `told` are the strings in their `deconstruct`s: options that a migration may not be told of.
    """

    path: str
    state: Behaviour
    database: Behaviour
    inits: tuple[Function, ...]
    told: frozenset[str] = frozenset()


# What is known of a class that is not Django's: called with a `Reference`'s path; None where nothing is known.
Ancestors: TypeAlias = Callable[[str], Ancestry | None]

Kind: TypeAlias = OneOf["operation", "field", "index", "constraint"]


class Known(NamedTuple):
    """A class that Django or a well-known library has, and what it counts as."""

    kind: Kind
    name: str
    options: Mapping[str, Value]


def _operation(*required: str, optional: tuple[str, ...] = (), keywords: tuple[str, ...] = ()) -> Signature:
    return Signature((*required, *optional), keywords, None, required)


# https://docs.djangoproject.com/en/stable/ref/migration-operations/
# https://docs.djangoproject.com/en/stable/ref/contrib/postgres/operations/
OPERATIONS: dict[str, Signature] = {
    "CreateModel": _operation("name", "fields", optional=("options", "bases", "managers")),
    "DeleteModel": _operation("name"),
    "RenameModel": _operation("old_name", "new_name"),
    "AlterModelTable": _operation("name", "table"),
    "AlterModelTableComment": _operation("name", "table_comment"),
    "AlterUniqueTogether": _operation("name", "unique_together"),
    "AlterIndexTogether": _operation("name", "index_together"),
    "AlterOrderWithRespectTo": _operation("name", "order_with_respect_to"),
    "AlterModelOptions": _operation("name", "options"),
    "AlterModelManagers": _operation("name", "managers"),
    "AddField": _operation("model_name", "name", "field", optional=("preserve_default",)),
    "RemoveField": _operation("model_name", "name", optional=("field",)),
    "AlterField": _operation("model_name", "name", "field", optional=("preserve_default",)),
    "RenameField": _operation("model_name", "old_name", "new_name"),
    "AddIndex": _operation("model_name", "index"),
    "RemoveIndex": _operation("model_name", "name"),
    "RenameIndex": _operation("model_name", "new_name", optional=("old_name", "old_fields")),
    "AddConstraint": _operation("model_name", "constraint"),
    "RemoveConstraint": _operation("model_name", "name"),
    "AlterConstraint": _operation("model_name", "name", "constraint"),
    "RunPython": _operation("code", optional=("reverse_code", "atomic", "hints", "elidable")),
    "RunSQL": _operation("sql", optional=("reverse_sql", "state_operations", "hints", "elidable")),
    "SeparateDatabaseAndState": _operation(optional=("database_operations", "state_operations")),
    "AddIndexConcurrently": _operation("model_name", "index"),
    "RemoveIndexConcurrently": _operation("model_name", "name"),
    "AddConstraintNotValid": _operation("model_name", "constraint"),
    "ValidateConstraint": _operation("model_name", "name"),
    # `hints` came with Django 6.0.
    "CreateExtension": _operation("name", optional=("hints",)),
    "BloomExtension": _operation(optional=("hints",)),
    "BtreeGinExtension": _operation(optional=("hints",)),
    "BtreeGistExtension": _operation(optional=("hints",)),
    "CITextExtension": _operation(optional=("hints",)),
    "CryptoExtension": _operation(optional=("hints",)),
    "HStoreExtension": _operation(optional=("hints",)),
    "TrigramExtension": _operation(optional=("hints",)),
    "UnaccentExtension": _operation(optional=("hints",)),
    "CreateCollation": _operation("name", "locale", keywords=("provider", "deterministic")),
    "RemoveCollation": _operation("name", "locale", keywords=("provider", "deterministic")),
}

# What the named extensions create, in PostgreSQL's words.
EXTENSIONS: dict[str, str] = {
    "BloomExtension": "bloom",
    "BtreeGinExtension": "btree_gin",
    "BtreeGistExtension": "btree_gist",
    "CITextExtension": "citext",
    "CryptoExtension": "pgcrypto",
    "HStoreExtension": "hstore",
    "TrigramExtension": "pg_trgm",
    "UnaccentExtension": "unaccent",
}

_FIELD = (
    *("verbose_name", "name", "primary_key", "max_length", "unique", "blank", "null", "db_index", "rel", "default"),
    *("editable", "serialize", "unique_for_date", "unique_for_month", "unique_for_year", "choices", "help_text"),
    *("db_column", "db_tablespace", "auto_created", "validators", "error_messages", "db_comment", "db_default"),
)


def _field(*positional: str, keywords: tuple[str, ...] = (), required: tuple[str, ...] = ()) -> Signature:
    rest = tuple(name for name in _FIELD if name not in positional)
    return Signature(positional, (*keywords, *rest), None, required)


def _plain(*keywords: str) -> Signature:
    return Signature(_FIELD, keywords)


_RELATION = ("related_name", "related_query_name", "limit_choices_to")
_SPATIAL = Signature(
    ("verbose_name", "dim", "geography"),
    ("srid", "spatial_index", "extent", "tolerance", "max_geom_collections", *_FIELD[1:]),
)

# https://docs.djangoproject.com/en/stable/ref/models/fields/ and the fields of contrib.postgres and contrib.gis.
FIELDS: dict[str, Signature] = {
    **{
        name: _plain()
        for name in (
            *("AutoField", "BigAutoField", "SmallAutoField", "BigIntegerField", "BinaryField", "BooleanField"),
            *("DurationField", "Field", "FloatField", "IPAddressField", "IntegerField", "NullBooleanField", "OrderWrt"),
            *("PositiveBigIntegerField", "PositiveIntegerField", "PositiveSmallIntegerField", "SmallIntegerField"),
            *("EmailField", "SearchVectorField", "SearchQueryField", "HStoreField"),
            *("RangeField", "IntegerRangeField", "BigIntegerRangeField", "DateRangeField"),
        )
    },
    **{name: _plain("db_collation") for name in ("CharField", "CommaSeparatedIntegerField", "TextField", "EmailField")},
    **{name: _plain("db_collation") for name in ("CICharField", "CIEmailField", "CITextField")},
    **{
        name: _plain("default_bounds")
        for name in ("ContinuousRangeField", "DecimalRangeField", "DateTimeRangeField", "FloatRangeField")
    },
    "SlugField": _plain("db_collation", "allow_unicode"),
    "CompositePrimaryKey": Signature((), _FIELD, "field_names"),
    "GeneratedField": Signature((), ("expression", "output_field", "db_persist", *_FIELD), None, ("expression",)),
    "DateField": _field("verbose_name", "name", "auto_now", "auto_now_add"),
    "DateTimeField": _field("verbose_name", "name", "auto_now", "auto_now_add"),
    "TimeField": _field("verbose_name", "name", "auto_now", "auto_now_add"),
    "DecimalField": _field("verbose_name", "name", "max_digits", "decimal_places"),
    "FileField": _field("verbose_name", "name", "upload_to", "storage"),
    "ImageField": _field("verbose_name", "name", "width_field", "height_field", keywords=("upload_to", "storage")),
    "FilePathField": _field("verbose_name", "name", "path", "match", "recursive", "allow_files", "allow_folders"),
    # What follows `unpack_ipv4` by position goes to Field from its start; nobody writes that.
    "GenericIPAddressField": _field("verbose_name", "name", "protocol", "unpack_ipv4"),
    "JSONField": _field("verbose_name", "name", "encoder", "decoder"),
    "URLField": _field("verbose_name", "name", keywords=("db_collation",)),
    "UUIDField": _field("verbose_name"),
    "ForeignKey": _field(
        *("to", "on_delete", *_RELATION, "parent_link", "to_field", "db_constraint"),
        keywords=("swappable",),
        required=("to", "on_delete"),
    ),
    "OneToOneField": _field(
        *("to", "on_delete", "to_field"),
        keywords=(*_RELATION, "parent_link", "db_constraint", "swappable"),
        required=("to", "on_delete"),
    ),
    "ForeignObject": _field(
        *("to", "on_delete", "from_fields", "to_fields", "rel", *_RELATION, "parent_link", "swappable"),
        required=("to", "on_delete", "from_fields", "to_fields"),
    ),
    "ManyToManyField": _field(
        *("to", *_RELATION, "symmetrical", "through", "through_fields", "db_constraint", "db_table", "swappable"),
        required=("to",),
    ),
    "ArrayField": _field("base_field", "size", required=("base_field",)),
    **dict.fromkeys(
        (
            *("GeometryField", "PointField", "LineStringField", "PolygonField", "MultiPointField"),
            *("MultiLineStringField", "MultiPolygonField", "GeometryCollectionField"),
        ),
        _SPATIAL,
    ),
    "RasterField": Signature(("verbose_name", "srid", "spatial_index"), _FIELD[1:]),
}

_INDEX = ("fields", "name", "db_tablespace", "opclasses", "condition", "include")


def _index(*keywords: str) -> Signature:
    return Signature((), (*_INDEX, *keywords), "expressions")


INDEXES: dict[str, Signature] = {
    "Index": _index(),
    "PostgresIndex": _index(),
    "BloomIndex": _index("length", "columns"),
    "BrinIndex": _index("autosummarize", "pages_per_range"),
    "BTreeIndex": _index("fillfactor", "deduplicate_items"),
    "GinIndex": _index("fastupdate", "gin_pending_list_limit"),
    "GistIndex": _index("buffering", "fillfactor"),
    "HashIndex": _index("fillfactor"),
    "SpGistIndex": _index("fillfactor"),
}

_VIOLATION = ("violation_error_code", "violation_error_message")

CONSTRAINTS: dict[str, Signature] = {
    # `check` became `condition` in Django 5.1; both spellings stand in real migrations.
    "CheckConstraint": Signature((), ("name", "condition", "check", *_VIOLATION)),
    "UniqueConstraint": Signature(
        (),
        ("fields", "name", "condition", "deferrable", "include", "opclasses", "nulls_distinct", *_VIOLATION),
        "expressions",
    ),
    "ExclusionConstraint": Signature(
        (), ("name", "expressions", "index_type", "condition", "deferrable", "include", "opclasses", *_VIOLATION)
    ),
}

_NOW = Reference("django.utils.timezone.now")

# Libraries' fields that are one of Django's underneath, where their `deconstruct` writes every other option out.
LIBRARIES: dict[str, Implied] = {
    "mptt.fields.TreeForeignKey": Implied("ForeignKey"),
    "mptt.fields.TreeOneToOneField": Implied("OneToOneField"),
    "mptt.fields.TreeManyToManyField": Implied("ManyToManyField"),
    "mptt.models.TreeForeignKey": Implied("ForeignKey"),
    "mptt.models.TreeManyToManyField": Implied("ManyToManyField"),
    "modelcluster.fields.ParentalKey": Implied("ForeignKey"),
    "modelcluster.fields.ParentalManyToManyField": Implied("ManyToManyField"),
    "modelcluster.contrib.taggit.ClusterTaggableManager": Implied("ManyToManyField", {"null": Literal(True)}),
    "taggit.managers.TaggableManager": Implied("ManyToManyField", {"null": Literal(True)}),
    "sortedm2m.fields.SortedManyToManyField": Implied("ManyToManyField"),
    "wagtail.fields.RichTextField": Implied("TextField"),
    "wagtail.core.fields.RichTextField": Implied("TextField"),
    "wagtail.wagtailcore.fields.RichTextField": Implied("TextField"),
    "wagtail.fields.StreamField": Implied("TextField"),
    "wagtail.core.fields.StreamField": Implied("TextField"),
    "wagtail.wagtailcore.fields.StreamField": Implied("TextField"),
    "django_extensions.db.fields.AutoSlugField": Implied("SlugField"),
    "django_extensions.db.fields.CreationDateTimeField": Implied("DateTimeField", {"auto_now_add": Literal(True)}),
    "django_extensions.db.fields.ModificationDateTimeField": Implied("DateTimeField", {"auto_now": Literal(True)}),
    "django_extensions.db.fields.RandomCharField": Implied("CharField"),
    "django_extensions.db.fields.ShortUUIDField": Implied("CharField"),
    "model_utils.fields.AutoCreatedField": Implied("DateTimeField", {"default": _NOW}),
    "model_utils.fields.AutoLastModifiedField": Implied("DateTimeField", {"default": _NOW}),
    "model_utils.fields.MonitorField": Implied("DateTimeField"),
    "model_utils.fields.StatusField": Implied("CharField", {"max_length": Literal(100)}),
    "model_utils.fields.SplitField": Implied("TextField"),
    "model_utils.fields.UUIDField": Implied("UUIDField"),
    "phonenumber_field.modelfields.PhoneNumberField": Implied("CharField", {"max_length": Literal(128)}),
    "django_countries.fields.CountryField": Implied("CharField", {"max_length": Literal(2)}),
    "timezone_field.fields.TimeZoneField": Implied("CharField", {"max_length": Literal(63)}),
    "colorfield.fields.ColorField": Implied("CharField"),
    "djmoney.models.fields.MoneyField": Implied(
        "DecimalField", {"default": Unresolved("a MoneyField may have a default of its own", TOP)}
    ),
    "morango.models.UUIDField": Implied("UUIDField"),
    "morango.models.fields.uuids.UUIDField": Implied("UUIDField"),
    "djmoney.models.fields.CurrencyField": Implied(
        "CharField", {"max_length": Literal(3), "default": Reference("djmoney.settings.DEFAULT_CURRENCY")}
    ),
    "ckeditor.fields.RichTextField": Implied("TextField"),
    "ckeditor_uploader.fields.RichTextUploadingField": Implied("TextField"),
    "django_ckeditor_5.fields.CKEditor5Field": Implied("TextField"),
    "tinymce.models.HTMLField": Implied("TextField"),
    "tinymce.HTMLField": Implied("TextField"),
    "djangocms_text_ckeditor.fields.HTMLField": Implied("TextField"),
    "djangocms_text.fields.HTMLField": Implied("TextField"),
    "markdownx.models.MarkdownxField": Implied("TextField"),
    "mdeditor.fields.MDTextField": Implied("TextField"),
    "autoslug.fields.AutoSlugField": Implied("SlugField"),
    "autoslug.AutoSlugField": Implied("SlugField"),
    "versatileimagefield.fields.VersatileImageField": Implied("ImageField"),
    "sorl.thumbnail.fields.ImageField": Implied("ImageField"),
    "sorl.thumbnail.ImageField": Implied("ImageField"),
    "easy_thumbnails.fields.ThumbnailerField": Implied("FileField"),
    "easy_thumbnails.fields.ThumbnailerImageField": Implied("ImageField"),
    "imagekit.models.fields.ProcessedImageField": Implied("ImageField"),
    "image_cropping.fields.ImageRatioField": Implied("CharField"),
    "jsonfield.fields.JSONField": Implied("TextField"),
    "jsonfield.JSONField": Implied("TextField"),
    "encrypted_model_fields.fields.EncryptedCharField": Implied("CharField"),
    "encrypted_model_fields.fields.EncryptedTextField": Implied("TextField"),
    "multiselectfield.db.fields.MultiSelectField": Implied("CharField"),
    "localflavor.us.models.USStateField": Implied("CharField", {"max_length": Literal(2)}),
    "localflavor.us.models.USZipCodeField": Implied("CharField", {"max_length": Literal(10)}),
    "localflavor.generic.models.IBANField": Implied("CharField", {"max_length": Literal(34)}),
    "localflavor.generic.models.BICField": Implied("CharField", {"max_length": Literal(11)}),
    "i18nfield.fields.I18nCharField": Implied("TextField"),
    "i18nfield.fields.I18nTextField": Implied("TextField"),
    "tagulous.models.SingleTagField": Implied("ForeignKey", {"null": Literal(True)}),
    "tagulous.models.fields.SingleTagField": Implied("ForeignKey", {"null": Literal(True)}),
    "tagulous.models.TagField": Implied("ManyToManyField"),
    "tagulous.models.fields.TagField": Implied("ManyToManyField"),
    "filer.fields.file.FilerFileField": Implied("ForeignKey"),
    "filer.fields.image.FilerImageField": Implied("ForeignKey"),
    "filer.fields.folder.FilerFolderField": Implied("ForeignKey"),
    "cms.models.fields.PlaceholderField": Implied("ForeignKey", {"null": Literal(True)}),
    "cms.models.fields.PageField": Implied("ForeignKey"),
    "oauth2_provider.models.ClientSecretField": Implied("CharField"),
    "private_storage.fields.PrivateFileField": Implied("FileField"),
    "private_storage.fields.PrivateImageField": Implied("ImageField"),
    "annoying.fields.AutoOneToOneField": Implied("OneToOneField"),
    "annoying.fields.JSONField": Implied("TextField"),
}

# Libraries' operations that leave models, their fields, indexes and constraints alone, as far as Django's state goes.
STATELESS = frozenset(
    {
        "django_add_default_value.AddDefaultValue",
        "django_db_views.operations.ViewRunPython",
        "django_migration_linter.IgnoreMigration",
        "django_migration_linter.operations.IgnoreMigration",
        "hierarkey.utils.CleanHierarkeyDuplicates",
        "migrate_sql.operations.AlterSQL",
        "migrate_sql.operations.CreateSQL",
        "migrate_sql.operations.DeleteSQL",
        "migrate_sql.operations.ReverseAlterSQL",
        "pgtrigger.migrations.AddTrigger",
        "pgtrigger.migrations.RemoveTrigger",
        "pgvector.django.HalfVectorExtension",
        "pgvector.django.VectorExtension",
        "wagtail.blocks.migrations.migrate_operation.MigrateStreamData",
        "wagtail.core.models.BootstrapTranslatableModel",
        "wagtail.models.BootstrapTranslatableModel",
    }
)

_OPERATION_MODULES = ("django.db.migrations.", "django.contrib.postgres.operations.")
_MODEL_MODULES = ("django.db.models.", "django.contrib.postgres.", "django.contrib.gis.db.models.")
_NOTHING: Mapping[str, Value] = {}

# Options of which only equality matters: they are kept as a digest, unread.
DIGESTED = frozenset(
    {
        *("choices", "help_text", "verbose_name", "verbose_name_plural", "validators", "error_messages"),
        "violation_error_message",
    }
)

_UNPACKED = "a '*' or '**' argument holds what is not written here"


@lru_cache(maxsize=4096)
def known_class(path: str) -> Known | None:
    """What Django or a well-known library has under a dotted path, through whichever module it is imported."""
    name = path[path.rfind(".") + 1 :]
    if path.startswith(_OPERATION_MODULES):
        return Known("operation", name, _NOTHING) if name in OPERATIONS or name == "Operation" else None
    if path.startswith(_MODEL_MODULES):
        if name in FIELDS:
            return Known("field", name, _NOTHING)
        if name in INDEXES:
            return Known("index", name, _NOTHING)
        return Known("constraint", name, _NOTHING) if name in CONSTRAINTS else None
    if path in LIBRARIES:
        return Known("field", *LIBRARIES[path])
    return None


@lru_cache(maxsize=4096)
def takes_verbose_name_first(path: str) -> bool:
    """Whether the first positional argument of a class is its verbose name."""
    known = known_class(path)
    return known is not None and known.kind == "field" and FIELDS[known.name].positional[:1] == ("verbose_name",)


def no_ancestors(path: str) -> None:
    """Nothing is known of classes that are not Django's."""
    return


def ancestry(path: str, find: Callable[[str], tuple[Class, Iterable[str]] | None]) -> Ancestry | None:
    """Where a class comes from. `find` gives a class of the project and its bases' paths, None for any other."""
    return _ancestry(path, find, frozenset())


def build_operation(call: Call, path: str, ancestors: Ancestors = no_ancestors) -> Operation:
    """A call as the operation that its class is. `path` is the class called, Django's or one with known ancestors."""
    known = known_class(path)
    if known is not None:
        if known.kind != "operation" or known.name not in OPERATIONS:
            return unknown_operation(call, f"'{path}' is no operation")
        return _built(known.name, call, call, None, ancestors)
    origin = ancestors(path)
    if origin is None:
        foreign = unknown_operation(call, _where(path))
        return replace(foreign, state="nothing") if path in STATELESS else foreign
    known = known_class(origin.path)
    if known is None or known.name not in OPERATIONS:
        reason = f"'{path.lstrip('#')}' inherits from no operation of Django's that is known"
        return replace(unknown_operation(call, reason), state="nothing" if origin.state == "nothing" else "unknown")
    adapted = _through(call, origin.inits)
    if adapted is None:
        reason = f"'{path.lstrip('#')}' has an '__init__' of its own"
        if known.name == "RunPython" and origin.state != "unknown":
            # Whatever it runs, Django's state is not what it changes.
            unknown = Unresolved(reason, call.span)
            site = CallSite(call.span, call.function_span, {})
            subclass = Subclass(path, origin.state, "unknown")
            return RunPython(site=site, subclass=subclass, code=unknown, reverse_code=unknown, atomic=unknown)
        return unknown_operation(call, reason)
    return _built(known.name, adapted, call, Subclass(path, origin.state, origin.database), ancestors)


def build_operations(value: Value, span: Span, ancestors: Ancestors = no_ancestors) -> tuple[Operation, ...]:
    """A list of operations. `span` is where it stands, for parts that have no place of their own."""
    return tuple(_operations(value, span, ancestors))


def operation_of(value: Value, span: Span, ancestors: Ancestors = no_ancestors) -> Operation:
    """An item of a list of operations."""
    match value:
        case Call(function=Reference(path)):
            return build_operation(value, path, ancestors)
        case Call():
            return unknown_operation(value, "what is called is worked out by other code")
        case Unresolved(reason, place):
            return _unknown(value, place, reason, several=True)
        case Reference(path):
            return _unknown(value, span, f"'{_plain_name(path)}' is not known from this file alone", several=False)
        case Literal() | Sequence() | values.Mapping() | Digest() | Parameter():
            return _unknown(value, getattr(value, "span", span), "it is no operation", several=False)


def unknown_operation(call: Call, reason: str) -> UnknownOperation:
    return UnknownOperation(
        site=CallSite(call.span, call.function_span, {}),
        function=call.function,
        arguments=call.arguments,
        several=False,
        reason=reason,
        value=call,
    )


def build_field(call: Call, ancestors: Ancestors = no_ancestors) -> Field:
    """A call as a field; `kind` is None where the class is not known, and `arguments` are kept for later."""
    match call.function:
        case Reference(path):
            return _built_field(call, path, ancestors)
        case _:
            return Field("", None, _named(call.arguments), True, _site(call), call.arguments)


def build_index(call: Call, ancestors: Ancestors = no_ancestors) -> Index | None:
    """A call as an index, whatever class it is of; None where what is called has no name."""
    match call.function:
        case Reference(path):
            kind, options, opaque, site, arguments = _bound(call, path, "index", INDEXES, ancestors)
            return Index(path, kind, options, opaque, site, arguments)
        case _:
            return None


def build_constraint(call: Call, ancestors: Ancestors = no_ancestors) -> Constraint | None:
    """A call as a constraint, whatever class it is of; None where what is called has no name."""
    match call.function:
        case Reference(path):
            kind, options, opaque, site, arguments = _bound(call, path, "constraint", CONSTRAINTS, ancestors)
            return Constraint(path, kind, options, opaque, site, arguments)
        case _:
            return None


def _ancestry(
    path: str, find: Callable[[str], tuple[Class, Iterable[str]] | None], seen: frozenset[str]
) -> Ancestry | None:
    if known_class(path) is not None:
        return Ancestry(path, "same", "same", ())
    found = find(path)
    if found is None or path in seen:
        return None
    own, bases = found
    origin: Ancestry | None = None
    # What the bases before the known one do comes first, as in Python's method resolution order.
    state, database, inits = _behaviours(own)
    told = _strings_told(own)
    unknown = False
    for base in bases:
        inherited = _ancestry(base, find, seen | {path})
        if inherited is not None:
            origin = inherited
            break
        mixin = find(base)
        if mixin is None:
            unknown = unknown or base != "builtins.object"
        else:
            mixed_state, mixed_database, mixed_inits = _behaviours(mixin[0])
            state, database = _first(state, mixed_state), _first(database, mixed_database)
            inits = (*inits, *mixed_inits)
            told |= _strings_told(mixin[0])
    if origin is None:
        return None
    doubt: Behaviour = "unknown" if unknown else "same"
    return Ancestry(
        origin.path,
        _first(state, _first(doubt, origin.state)),
        _first(database, _first(doubt, origin.database)),
        (*inits, *origin.inits),
        told | origin.told,
    )


def _strings_told(own: Class) -> frozenset[str]:
    method = own.methods.get("deconstruct")
    return frozenset(method.strings) if method is not None else frozenset()


def _behaviours(own: Class) -> tuple[Behaviour, Behaviour, tuple[Function, ...]]:
    init = own.methods.get("__init__")
    inits = (init,) if init is not None else ()
    return _behaviour(own, "state_forwards"), _behaviour(own, "database_forwards"), inits


def _behaviour(own: Class, method: str) -> Behaviour:
    function = own.methods.get(method)
    if function is None:
        return "unknown" if method in own.attributes else "same"
    if function.does_nothing:
        return "nothing"
    return "same" if function.forwards is not None else "unknown"


def _first(nearer: Behaviour, farther: Behaviour) -> Behaviour:
    return farther if nearer == "same" else nearer


def _through(call: Call, inits: tuple[Function, ...]) -> Call | None:
    """The call as the known base class gets it, after every `__init__` in between; None where one does more."""
    for init in inits:
        forwarded = _forwarded(call, init)
        if forwarded is None:
            return None
        call = replace(call, arguments=forwarded)
    return call


def _forwarded(call: Call, init: Function) -> tuple[Argument, ...] | None:
    if init.forwards is None or not init.parameters:
        return None
    given = _given(init, call)
    if given is None:
        return None
    arguments: list[Argument] = []
    for argument in init.forwards:
        match argument:
            case Argument("*" | "**" as stars, Parameter(name)) if f"{stars}{name}" in given.rests:
                arguments += given.rests[f"{stars}{name}"]
            case Argument(name, Parameter(parameter)) if parameter in given.known:
                known = given.known[parameter]
                arguments.append(Argument(name, known.value, known.span))
            case Argument(name, value, span):
                filled = {parameter: known.value for parameter, known in given.known.items()}
                arguments.append(Argument(name, substitute(value, filled), span))
    return tuple(arguments)


class _Given(NamedTuple):
    known: dict[str, Argument]
    rests: dict[str, tuple[Argument, ...]]


def _given(init: Function, call: Call) -> _Given | None:
    """A call's arguments by the parameters of a method; None where they do not fit."""
    named = [name for name in init.parameters if not name.startswith("*")][1:]
    starred = {stars: name for name in init.parameters for stars in _stars(name)}
    keyword_only = set(init.parameters[_star_at(init.parameters) :])
    slots = [name for name in named if name not in keyword_only]
    given = _Given({}, dict.fromkeys(starred.values(), ()))
    for argument in call.arguments:
        match argument.name:
            case "*" | "**":
                return None
            case None:
                if slots:
                    given.known[slots.pop(0)] = argument
                elif "*" in starred:
                    given.rests[starred["*"]] += (argument,)
                else:
                    return None
            case name if name in named:
                given.known[name] = argument
                slots = [slot for slot in slots if slot != name]
            case _:
                if "**" not in starred:
                    return None
                given.rests[starred["**"]] += (argument,)
    for name in named:
        if name not in given.known:
            if name not in init.defaults:
                return None
            given.known[name] = Argument(None, init.defaults[name], call.span)
    return given


def _stars(name: str) -> tuple[str, ...]:
    return ("**",) if name.startswith("**") else ("*",) if name.startswith("*") else ()


def _star_at(parameters: tuple[str, ...]) -> int:
    return next((number for number, name in enumerate(parameters) if _stars(name)[:1] == ("*",)), len(parameters))


class _Bound(NamedTuple):
    """A call's arguments by parameter. `opaque` where some are not written out, `error` where they do not fit."""

    values: dict[str, Value]
    spans: dict[str, Span]
    opaque: bool
    error: str | None


def _bind(signature: Signature, arguments: tuple[Argument, ...], what: str) -> _Bound:
    given: dict[str, Value] = {}
    spans: dict[str, Span] = {}
    rest: list[Value] = []
    positional = iter(signature.positional)
    opaque = False
    lost = False
    error: str | None = None
    for argument in _spread(arguments):
        name = argument.name
        if name is None:
            slot = None if lost else next(positional, None)
            if slot is not None:
                given[slot] = argument.value
                spans[slot] = argument.span
            elif signature.star is not None:
                rest.append(argument.value)
                spans.setdefault(signature.star, argument.span)
            elif not lost:
                opaque = True
                error = error or f"{what} takes {len(signature.positional)} positional arguments"
        elif name in ("*", "**"):
            opaque = True
            # What follows an unpacked list may be at any position.
            lost = lost or name == "*"
        else:
            if not signature.open and name not in signature.positional and name not in signature.keywords:
                error = error or f"{what} takes no argument '{name}'"
            given[name] = argument.value
            spans[name] = argument.span
    if rest and signature.star is not None:
        given[signature.star] = Sequence("tuple", tuple(rest), spans[signature.star])
    if not opaque and error is None:
        missing = next((name for name in signature.required if name not in given), None)
        error = None if missing is None else f"{what} lacks its argument '{missing}'"
    return _Bound(given, spans, opaque, error)


def _spread(arguments: tuple[Argument, ...]) -> Iterator[Argument]:
    """The arguments, with unpacked lists and mappings that are known taken apart."""
    for argument in arguments:
        match argument:
            case Argument("*", Sequence(items=items), span):
                for item in items:
                    unknown = isinstance(item, Unresolved)
                    yield Argument("*" if unknown else None, item, span)
            case Argument("**", values.Mapping(items=pairs), span):
                for key, item in pairs:
                    match key:
                        case Literal(str(name)):
                            yield Argument(name, item, span)
                        case _:
                            yield Argument("**", item, span)
            case _:
                yield argument


def _bound(
    call: Call, path: str, kind: Kind, table: Mapping[str, Signature], ancestors: Ancestors
) -> tuple[str | None, Mapping[str, Value], bool, CallSite, tuple[Argument, ...]]:
    """What the dataclasses of facts/fields.py hold, after `path`."""
    known = known_class(path)
    adapted: Call | None = call
    told: frozenset[str] = frozenset()
    forced: dict[str, Value] = {}
    if known is None:
        origin = ancestors(path)
        if origin is not None:
            known = known_class(origin.path)
            adapted = _through(call, origin.inits)
            told = origin.told
            # The innermost has the last word.
            for init in origin.inits:
                forced |= init.sets
    if known is None or known.kind != kind:
        opaque = any(argument.name in ("*", "**") for argument in _spread(call.arguments))
        return None, _named(call.arguments), opaque, _site(call), call.arguments
    bound = _bind(table[known.name], (adapted or call).arguments, path)
    # A library's class, or a project's own, may take arguments that Django's does not.
    own = known_class(path) is None or path in LIBRARIES
    strange = bound.error is not None and not own and "lacks" not in bound.error
    given = {**known.options, **bound.values} if known.options else bound.values
    opaque = bound.opaque
    if adapted is None or strange:
        if kind == "field":
            # What its __init__ sets, `deconstruct` tells the migration, but for what it takes out again.
            why = f"'{path.lstrip('#')}' may set it by itself"
            hidden = {name: Unresolved(why, call.span) for name in sorted(told - given.keys()) if name in _OPTIONS}
            given = {**given, **hidden, **{name: value for name, value in forced.items() if name in _OPTIONS}}
        else:
            opaque = True
    return (
        known.name,
        given,
        opaque,
        CallSite(call.span, call.function_span, bound.spans),
        (),
    )


# Options on which a column hangs.
_OPTIONS = frozenset(
    {
        *("null", "unique", "db_index", "primary_key", "max_length", "default", "db_default", "db_column", "to"),
        *("db_constraint", "max_digits", "decimal_places", "base_field", "through", "to_field", "auto_now"),
        *("auto_now_add", "blank", "db_collation", "expression", "output_field", "db_persist"),
    }
)


def _built_field(call: Call, path: str, ancestors: Ancestors) -> Field:
    kind, options, opaque, site, arguments = _bound(call, path, "field", FIELDS, ancestors)
    return Field(path, kind, options, opaque, site, arguments)


def _named(arguments: tuple[Argument, ...]) -> dict[str, Value]:
    return {
        argument.name: argument.value
        for argument in _spread(arguments)
        if argument.name not in (None, "*", "**") and argument.name is not None
    }


def _site(call: Call) -> CallSite:
    spans = {
        argument.name: argument.span
        for argument in call.arguments
        if argument.name not in (None, "*", "**") and argument.name is not None
    }
    return CallSite(call.span, call.function_span, spans)


def _operations(value: Value, span: Span, ancestors: Ancestors) -> Iterator[Operation]:
    match value:
        case Sequence("list" | "tuple", items, place):
            for item in items:
                yield operation_of(item, place, ancestors)
        case Call(Reference("operator.add"), (Argument(None, left), Argument(None, right)), place):
            yield from _operations(left, place, ancestors)
            yield from _operations(right, place, ancestors)
        case Literal(None):
            return
        case Call(Reference(path), _, place):
            yield _unknown(value, place, f"what '{_plain_name(path)}' returns is not known from this file alone", True)
        case Call(span=place):
            yield _unknown(value, place, "the list is worked out by other code", True)
        case Reference(path):
            yield _unknown(value, span, f"'{_plain_name(path)}' is not known from this file alone", True)
        case Unresolved(reason, place):
            yield _unknown(value, place, reason, True)
        case Literal() | Sequence() | values.Mapping() | Digest() | Parameter():
            yield _unknown(value, span, "it is no list of operations", True)


def _unknown(value: Value, span: Span, reason: str, several: bool) -> UnknownOperation:
    function, arguments = (value.function, value.arguments) if isinstance(value, Call) else (None, ())
    callee = value.function_span if isinstance(value, Call) else span
    return UnknownOperation(
        site=CallSite(span, callee, {}),
        function=function,
        arguments=arguments,
        several=several,
        reason=reason,
        value=value,
    )


def _where(path: str) -> str:
    name = _plain_name(path)
    if path.startswith("#"):
        return f"'{name}' inherits from no operation of Django's that is known"
    return f"'{name}' is not known from this file alone"


def _plain_name(path: str) -> str:
    return path.removeprefix("builtins.").lstrip("#")


class _Reader:
    """The arguments of one operation; `unknown` once one that has to be known is not."""

    def __init__(self, bound: _Bound, call: Call) -> None:
        self.bound = bound
        self.call = call
        self.unknown = False

    def given(self, name: str) -> Value | None:
        value = self.bound.values.get(name)
        if value is None and self.bound.opaque:
            self.unknown = True
            return Unresolved(_UNPACKED, self.call.span)
        return value

    def where(self, name: str) -> Span:
        return self.bound.spans.get(name, self.call.span)

    def text(self, name: str) -> Text:
        value = self.given(name)
        match value:
            case Literal(str(text)):
                return text
            case Unresolved():
                self.unknown = True
                return value
            case None:
                return Unresolved(f"the argument '{name}' is missing", self.call.span)
            case _:
                self.unknown = True
                return Unresolved(_reason(value, "a text"), self.where(name))

    def text_or_none(self, name: str) -> Text | None:
        return None if self.bound.values.get(name) in (None, Literal(None)) else self.text(name)

    def flag(self, name: str, default: bool) -> bool | Unresolved:
        value = self.given(name)
        if isinstance(value, Unresolved):
            return value
        truth = truth_of(value, default)
        if truth is not None:
            return truth
        self.unknown = True
        return Unresolved(_reason(value, "a truth value"), self.where(name))

    def value(self, name: str) -> Value:
        value = self.given(name)
        return Unresolved(f"the argument '{name}' is missing", self.call.span) if value is None else value

    def value_or_none(self, name: str) -> Value | None:
        value = self.given(name)
        return None if value == Literal(None) else value

    def mapping(self, name: str) -> Mapping[str, Value] | Unresolved:
        value = self.given(name)
        match value:
            case None | Literal(None):
                return {}
            case values.Mapping(items=pairs) if all(
                isinstance(key, Literal) and isinstance(key.value, str) for key, _ in pairs
            ):
                return {
                    key.value: item for key, item in pairs if isinstance(key, Literal) and isinstance(key.value, str)
                }
            case Unresolved():
                self.unknown = True
                return value
            case _:
                self.unknown = True
                return Unresolved(_reason(value, "a mapping with known keys"), self.where(name))

    def field(self, name: str, ancestors: Ancestors) -> Field:
        return self.field_of(self.value(name), self.where(name), ancestors)

    def field_of(self, value: Value, span: Span, ancestors: Ancestors) -> Field:
        if isinstance(value, Call):
            built = build_field(value, ancestors)
            # A field of an unknown class keeps its own arguments.
            self.unknown = self.unknown or not built.path
            return built
        self.unknown = True
        return Field("", None, {}, True, CallSite(span, span, {}))

    def fields(self, ancestors: Ancestors) -> tuple[NamedField | Unresolved, ...]:
        return tuple(self._fields(self.value("fields"), self.where("fields"), ancestors))

    def _fields(self, value: Value, span: Span, ancestors: Ancestors) -> Iterator[NamedField | Unresolved]:
        match value:
            case Sequence("list" | "tuple", items, place):
                for item in items:
                    yield self._field_item(item, place, ancestors)
            case Call(Reference("operator.add"), (Argument(None, left), Argument(None, right))):
                yield from self._fields(left, span, ancestors)
                yield from self._fields(right, span, ancestors)
            case Unresolved():
                self.unknown = True
                yield value
            case _:
                self.unknown = True
                yield Unresolved(_reason(value, "a list of fields"), span)

    def _field_item(self, item: Value, span: Span, ancestors: Ancestors) -> NamedField | Unresolved:
        match item:
            case Sequence("tuple" | "list", (Literal(str(name)), field), place):
                return NamedField(name, self.field_of(field, place, ancestors))
            case Sequence("tuple" | "list", (name_value, field), place):
                self.unknown = True
                return NamedField(
                    Unresolved(_reason(name_value, "a text"), place), self.field_of(field, place, ancestors)
                )
            case Unresolved():
                self.unknown = True
                return item
            case _:
                self.unknown = True
                return Unresolved(_reason(item, "a pair of a name and a field"), span)

    def index(self, ancestors: Ancestors) -> Index:
        value = self.value("index")
        built = build_index(value, ancestors) if isinstance(value, Call) else None
        self.unknown = self.unknown or built is None
        span = self.where("index")
        return built or Index("", None, {}, True, CallSite(span, span, {}))

    def constraint(self, ancestors: Ancestors) -> Constraint:
        value = self.value("constraint")
        built = build_constraint(value, ancestors) if isinstance(value, Call) else None
        self.unknown = self.unknown or built is None
        span = self.where("constraint")
        return built or Constraint("", None, {}, True, CallSite(span, span, {}))

    def operations(self, name: str, ancestors: Ancestors) -> tuple[Operation, ...]:
        value = self.given(name)
        return () if value is None else build_operations(value, self.where(name), ancestors)


def _reason(value: Value | None, wanted: str) -> str:
    match value:
        case Reference(path):
            return f"the value of '{_plain_name(path)}' is not known"
        case Call(function=Reference(path)) if not path.startswith(("operator.", "builtins.getattr")):
            return f"what '{_plain_name(path)}' returns is not known"
        case Call() | Parameter() | None:
            return "it is worked out by other code"
        case Unresolved(reason):
            return reason
        case _:
            return f"it is not {wanted}"


def _canonical(value: Value | None) -> Value | None:
    """`noop` under the one name that it has in facts."""
    match value:
        case Reference(path) if path.endswith(".noop") and path.startswith("django.db.migrations."):
            return Reference(RUN_SQL_NOOP if path.endswith(".RunSQL.noop") else RUN_PYTHON_NOOP)
        case _:
            return value


def _built(name: str, call: Call, written: Call, subclass: Subclass | None, ancestors: Ancestors) -> Operation:
    """`call` as the class `name` of Django's gets it; `written` as it stands in the file."""
    bound = _bind(OPERATIONS[name], call.arguments, name)
    if bound.error is not None:
        return unknown_operation(written, bound.error)
    reader = _Reader(bound, written)
    site = CallSite(written.span, written.function_span, bound.spans)
    operation = _of_class(name, reader, site, subclass, ancestors)
    return replace(operation, call=written) if reader.unknown else operation


def _of_class(name: str, given: _Reader, site: CallSite, subclass: Subclass | None, ancestors: Ancestors) -> Operation:
    match name:
        case "AddField" | "AlterField":
            return (AddField if name == "AddField" else AlterField)(
                site=site,
                subclass=subclass,
                model_name=given.text("model_name"),
                name=given.text("name"),
                field=given.field("field", ancestors),
                preserve_default=given.flag("preserve_default", True),
            )
        case "CreateModel":
            return CreateModel(
                site=site,
                subclass=subclass,
                name=given.text("name"),
                fields=given.fields(ancestors),
                options=given.mapping("options"),
                bases=given.value_or_none("bases"),
                managers=given.value_or_none("managers"),
            )
        case "RunPython":
            return RunPython(
                site=site,
                subclass=subclass,
                code=_canonical(given.value("code")) or given.value("code"),
                reverse_code=_canonical(given.value_or_none("reverse_code")),
                atomic=given.value_or_none("atomic"),
            )
        case "RunSQL":
            return RunSQL(
                site=site,
                subclass=subclass,
                sql=_canonical(given.value("sql")) or given.value("sql"),
                reverse_sql=_canonical(given.value_or_none("reverse_sql")),
                state_operations=given.operations("state_operations", ancestors),
            )
        case "SeparateDatabaseAndState":
            return SeparateDatabaseAndState(
                site=site,
                subclass=subclass,
                database_operations=given.operations("database_operations", ancestors),
                state_operations=given.operations("state_operations", ancestors),
            )
        case "RemoveField":
            return RemoveField(
                site=site, subclass=subclass, model_name=given.text("model_name"), name=given.text("name")
            )
        case "RenameField":
            return RenameField(
                site=site,
                subclass=subclass,
                model_name=given.text("model_name"),
                old_name=given.text("old_name"),
                new_name=given.text("new_name"),
            )
        case "AddIndex" | "AddIndexConcurrently":
            return AddIndex(
                site=site,
                subclass=subclass,
                model_name=given.text("model_name"),
                index=given.index(ancestors),
                concurrently=name == "AddIndexConcurrently",
            )
        case "RemoveIndex" | "RemoveIndexConcurrently":
            return RemoveIndex(
                site=site,
                subclass=subclass,
                model_name=given.text("model_name"),
                name=given.text("name"),
                concurrently=name == "RemoveIndexConcurrently",
            )
        case "RenameIndex":
            return RenameIndex(
                site=site,
                subclass=subclass,
                model_name=given.text("model_name"),
                new_name=given.text("new_name"),
                old_name=given.text_or_none("old_name"),
                old_fields=given.value_or_none("old_fields"),
            )
        case "AddConstraint" | "AddConstraintNotValid":
            return AddConstraint(
                site=site,
                subclass=subclass,
                model_name=given.text("model_name"),
                constraint=given.constraint(ancestors),
                not_valid=name == "AddConstraintNotValid",
            )
        case "RemoveConstraint":
            return RemoveConstraint(
                site=site, subclass=subclass, model_name=given.text("model_name"), name=given.text("name")
            )
        case "AlterConstraint":
            return AlterConstraint(
                site=site,
                subclass=subclass,
                model_name=given.text("model_name"),
                name=given.text("name"),
                constraint=given.constraint(ancestors),
            )
        case "ValidateConstraint":
            return ValidateConstraint(
                site=site, subclass=subclass, model_name=given.text("model_name"), name=given.text("name")
            )
        case "DeleteModel":
            return DeleteModel(site=site, subclass=subclass, name=given.text("name"))
        case "RenameModel":
            return RenameModel(
                site=site, subclass=subclass, old_name=given.text("old_name"), new_name=given.text("new_name")
            )
        case "AlterModelTable":
            return AlterModelTable(
                site=site, subclass=subclass, name=given.text("name"), table=given.text_or_none("table")
            )
        case "AlterModelTableComment":
            return AlterModelTableComment(
                site=site, subclass=subclass, name=given.text("name"), table_comment=given.value("table_comment")
            )
        case "AlterModelOptions":
            return AlterModelOptions(
                site=site, subclass=subclass, name=given.text("name"), options=given.mapping("options")
            )
        case "AlterModelManagers":
            return AlterModelManagers(
                site=site, subclass=subclass, name=given.text("name"), managers=given.value("managers")
            )
        case "AlterUniqueTogether":
            return AlterTogether(
                site=site,
                subclass=subclass,
                name=given.text("name"),
                option="unique_together",
                value=given.value("unique_together"),
            )
        case "AlterIndexTogether":
            return AlterTogether(
                site=site,
                subclass=subclass,
                name=given.text("name"),
                option="index_together",
                value=given.value("index_together"),
            )
        case "AlterOrderWithRespectTo":
            return AlterOrderWithRespectTo(
                site=site,
                subclass=subclass,
                name=given.text("name"),
                order_with_respect_to=given.text_or_none("order_with_respect_to"),
            )
        case "CreateCollation":
            return CreateCollation(site=site, subclass=subclass, name=given.text("name"))
        case "RemoveCollation":
            return RemoveCollation(site=site, subclass=subclass, name=given.text("name"))
        case "CreateExtension":
            return CreateExtension(site=site, subclass=subclass, name=given.text("name"))
        case _:
            return CreateExtension(site=site, subclass=subclass, name=EXTENSIONS[name])
