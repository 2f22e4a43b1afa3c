"""Django's signatures as data: operations, fields, indexes, constraints; and well-known libraries' classes beside them.

One table serves Django 3.2 to 6.1: between them parameters were only added, at the end or by keyword.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal as OneOf
from typing import NamedTuple, TypeAlias

from miglint.facts.source import TOP
from miglint.facts.values import Literal, Reference, Unresolved, Value

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
