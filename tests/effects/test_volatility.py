"""Which defaults PostgreSQL computes once, and which for each row: pg_proc.provolatile of PostgreSQL 18."""

import pytest
from written import SPAN, UNKNOWN, call, fact

from miglint.effects.volatility import Steady, Unsure, Volatile, volatility
from miglint.facts.values import Mapping, Reference, Sequence, Value
from miglint.schema.editor.expressions import compiled
from miglint.schema.model import Ground

GROUND = Ground(vendor="postgresql", auto_field="BigAutoField", swappable=lambda setting: None)

FUNC = "django.db.models.expressions.Func"
RAW = "django.db.models.expressions.RawSQL"


def judged(default: Value):
    return volatility(compiled(default, None, GROUND).expression)


@pytest.mark.parametrize(
    "default",
    [
        7,
        "draft",
        None,
        Sequence("list", (), SPAN),
        Mapping(((fact("a"), fact(1)),), SPAN),
        call("datetime.date", 2024, 1, 1),
        call("uuid.uuid4"),
        call("builtins.dict", a=1),
        call("django.db.models.Value", Reference("..models.DEFAULT")),
        call("django.db.models.functions.Now"),
        call("django.db.models.functions.datetime.Now"),
        call("django.contrib.postgres.functions.TransactionNow"),
        call("django.db.models.functions.Lower", call("django.db.models.Value", "X")),
        call("operator.add", call("django.db.models.functions.Now"), call("datetime.timedelta", days=1)),
        call(FUNC, function="CURRENT_DATE"),
        call(FUNC, function="now", template="%(function)s() + interval '1 day'"),
        call(RAW, "to_char(now(), 'YYYY random()')", Sequence("list", (), SPAN)),
        call(RAW, "'{}'::jsonb", Sequence("tuple", (), SPAN)),
        call(RAW, "E'it\\'s random()' || $$random()$$ /* random() */", Sequence("list", (), SPAN)),
        call(RAW, "coalesce(numeric(3) '1', cast('2' AS decimal(9, 2)))", Sequence("list", (), SPAN)),
    ],
)
def test_one_value_serves_all_rows(default):
    assert judged(fact(default)) == Steady()


@pytest.mark.parametrize(
    ("default", "sql"),
    [
        (call("django.db.models.functions.Random"), "random()"),
        (call("django.contrib.postgres.functions.RandomUUID"), "gen_random_uuid()"),
        (call("django.db.models.functions.uuid.UUID7"), "uuidv7()"),
        (call(FUNC, function="clock_timestamp"), "clock_timestamp()"),
        (call(FUNC, function="public.uuid_generate_v4"), "uuid_generate_v4()"),
        (call(FUNC, fact("shop_number"), function="NEXTVAL"), "nextval()"),
        (call(FUNC, template="timeofday()"), "timeofday()"),
        (call(RAW, "upper(md5(random()::text))", Sequence("list", (), SPAN)), "random()"),
        (call("django.db.models.functions.Round", call("django.db.models.functions.Random")), "random()"),
        (call("operator.mul", call("django.db.models.functions.math.Random"), 100), "random()"),
    ],
)
def test_each_row_gets_a_value_of_its_own(default, sql):
    assert judged(default) == Volatile(sql)


@pytest.mark.parametrize(
    "default",
    [
        UNKNOWN,
        Reference("..models.DEFAULT"),
        call("shop.functions.next_number"),
        # A name that the file does not bind, of a star import for one.
        call("builtins.Random"),
        call(FUNC, function="shop_code"),
        call(FUNC, function=UNKNOWN),
        call(FUNC),
        call(RAW, UNKNOWN),
        call("django.db.models.functions.Lower", UNKNOWN),
        call("django.db.models.functions.Lower", **{"**": UNKNOWN}),
    ],
)
def test_what_is_defined_elsewhere_may_be_either(default):
    assert isinstance(judged(default), Unsure)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("clock_timestamp currval gen_random_bytes gen_random_uuid gen_salt lastval nextval random", Volatile),
        ("random_normal setval timeofday uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4 uuidv4 uuidv7", Volatile),
        (
            "now statement_timestamp transaction_timestamp txid_current to_char date_trunc md5 lower concat format",
            Steady,
        ),
        ("current_setting version age timezone make_interval jsonb_build_object tstzrange", Steady),
        ("shop_code nextvalue", Unsure),
    ],
)
def test_functions_are_what_the_servers_catalogue_says(names, expected):
    assert {name: type(judged(call(FUNC, function=name))) for name in names.split()} == dict.fromkeys(
        names.split(), expected
    )
