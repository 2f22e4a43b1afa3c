"""The file of table sizes: what is read from it, what is said of a bad one, and what follows for the findings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgresql.servers import Servers, installations

from miglint.cli import main
from miglint.config import ConfigError
from miglint.facts.sizes import Counted
from miglint.table_statistics import QUERY, read_statistics

PAGE = Path(__file__).resolve().parents[1] / "rules" / "MIG301.md"

# As psql --csv and COPY … TO STDOUT (FORMAT csv, HEADER) printed it, byte for byte, on PostgreSQL 18.
PRINTED = b"""\
table_name,rows,bytes
other.shop_order,0,0
"public.Odd,""Name",1,8192
public.empty_one,0,0
public.parted,2000,131072
public.parted_1,1000,65536
public.shop_order,12345,778240
"""

INITIAL = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    operations = [migrations.CreateModel("Order", [("id", models.BigAutoField(primary_key=True))])]
"""

REWRITING = """\
from django.contrib.postgres.functions import RandomUUID
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.AddField("order", "token", models.UUIDField(db_default=RandomUUID()))]
"""


def read(text: str) -> dict[str, Counted]:
    return dict(read_statistics(text.encode(), "tables.csv"))


def problems(text: str | bytes) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        read_statistics(text.encode() if isinstance(text, str) else text, "tables.csv")
    return list(raised.value.problems)


def test_an_empty_file_knows_nothing() -> None:
    assert read("") == read("\n\n") == read("table_name,rows,bytes\n") == {}


def test_what_the_documented_query_prints_is_read() -> None:
    found = read_statistics(PRINTED, "tables.csv")
    assert found["public.shop_order"] == Counted(12_345, 778_240)
    assert found["public.odd,name"] == Counted(1, 8192)
    assert found["parted"] == Counted(2_000, 131_072)


def test_a_table_of_several_schemas_is_as_large_as_the_largest() -> None:
    assert read("a.shop_order,5,900\nb.shop_order,7,800\n")["shop_order"] == Counted(7, 900)


def test_a_name_without_a_schema_stays_what_it_is_said_to_be() -> None:
    assert read("shop_order,5\narchive.shop_order,700\n")["shop_order"] == Counted(5, None)


@pytest.mark.parametrize(
    "text",
    [
        "shop_order,5,900\n",
        "table_name,rows,bytes\nshop_order,5,900\n",
        "\ufeffTABLE, Rows ,Bytes\r\n Shop_Order , 5 , 900 \r\n",
        "bytes,rows,table\n900,5,shop_order\n",
        "relname,n_live_tup,size,comment\nshop_order,5,900,orders\n",
        '"table_name","rows","bytes"\n"shop_order","5","900"\n',
    ],
)
def test_the_header_is_optional_and_may_be_in_another_order(text: str) -> None:
    assert read(text) == {"shop_order": Counted(5, 900)}


def test_schemas_may_have_a_column_of_their_own() -> None:
    assert read("schemaname,relname,n_live_tup\npublic,shop_order,5\n")["public.shop_order"] == Counted(5, None)


def test_what_was_never_counted_is_not_known() -> None:
    assert read("shop_order,-1,\n") == read("shop_order,,\n") == {"shop_order": Counted(None, None)}


def test_a_float_is_a_number_too() -> None:
    assert read("shop_order,1.2e+07,1e999\n") == {"shop_order": Counted(12_000_000, None)}
    assert read(f"shop_order,5,{'9' * 5000}\n") == {"shop_order": Counted(5, None)}


def test_another_encoding_of_windows_is_read() -> None:
    assert read_statistics("shop_order,5,900\r\n".encode("utf-16"), "t.csv") == {"shop_order": Counted(5, 900)}


def test_every_problem_is_said_at_once_with_its_line() -> None:
    assert problems("table_name,rows,bytes\nshop_order,many,12 MB\n,5,900\nshop_line\na,1,1\nA,2,2\n") == [
        "tables.csv:2: 'many' is no number of rows.",
        "tables.csv:2: '12 MB' is no number of bytes.",
        "tables.csv:3: names no table.",
        "tables.csv:4: has 1 column: a table's name, its rows and its bytes.",
        "tables.csv:6: 'a' is listed a second time, after line 5.",
    ]


def test_a_file_of_something_else_is_said_to_be_that() -> None:
    assert problems("id,created_at\n1,2024-01-01\n")[0] == (
        "tables.csv:1: has neither a header with 'table_name' and 'rows' nor a table, its rows and its bytes."
    )
    assert problems('shop_order,"5\n') == ["tables.csv:1: is no CSV (unexpected end of data)."]
    assert problems(b"shop_order,5,900\n\xff\xfa,5,9\n") == ["tables.csv: line 2 is not UTF-8."]


def test_a_thousand_bad_lines_are_not_all_told() -> None:
    said = problems("table_name,rows\n" + "".join(f"t{number},x\n" for number in range(1000)))
    assert len(said) == 21
    assert said[-1] == "tables.csv: 980 more lines cannot be read."


def test_the_page_shows_the_query() -> None:
    shown = re.findall(r"^```sql\n(.*?)```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert QUERY in shown


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with Servers() as started:
        yield started


TABLES = """\
CREATE TABLE shop_order (id int PRIMARY KEY, note text);
INSERT INTO shop_order SELECT n, 'x' FROM generate_series(1, 12345) AS n;
CREATE TABLE "Odd,""Name" (id int);
INSERT INTO "Odd,""Name" VALUES (1);
CREATE SCHEMA archive;
CREATE TABLE archive.shop_order (id int);
CREATE TABLE event (id int, day int) PARTITION BY RANGE (day);
CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (id);
CREATE TABLE event_1_1 PARTITION OF event_1 FOR VALUES FROM (0) TO (100000);
CREATE TABLE event_2 PARTITION OF event FOR VALUES FROM (10) TO (20);
INSERT INTO event SELECT n, n % 20 FROM generate_series(1, 2000) AS n;
CREATE MATERIALIZED VIEW totals AS SELECT 1 AS n;
ANALYZE;
"""


@pytest.mark.parametrize("major", sorted(major for major in installations() if major >= 12))
def test_the_query_counts_what_a_server_holds(servers: Servers, major: int) -> None:
    with servers[major].connect() as connection:
        for statement in TABLES.split(";\n"):
            connection.execute(statement)
        # A crash does this to what n_live_tup counts.
        connection.execute("SELECT pg_stat_reset()")
        with connection.cursor().copy(f"COPY ({QUERY}) TO STDOUT (FORMAT csv, HEADER)") as copying:
            printed = b"".join(bytes(part) for part in copying)
    rows = {name: counted.rows for name, counted in read_statistics(printed, "tables.csv").items() if "." in name}
    assert rows == {
        "archive.shop_order": 0,
        "public.odd,name": 1,
        "public.event": 2000,
        "public.event_1": 1000,
        "public.event_1_1": 1000,
        "public.event_2": 1000,
        "public.shop_order": 12_345,
        "public.totals": 1,
    }


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    migrations = tmp_path / "site" / "shop" / "migrations"
    migrations.mkdir(parents=True)
    for folder in (migrations, migrations.parent):
        (folder / "__init__.py").touch()
    (tmp_path / "site" / "manage.py").touch()
    (tmp_path / "site" / "miglint.toml").write_text("")
    (migrations / "0001_initial.py").write_text(INITIAL)
    (migrations / "0002_order_token.py").write_text(REWRITING)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "site"


def severities(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    main(["check", "--no-cache", "--select", "MIG301", "--output-format", "json", *arguments])
    return [finding["severity"] for finding in json.loads(capsys.readouterr().out)["findings"]]


def test_the_file_is_found_from_the_folder_of_the_settings(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "miglint.toml").write_text('table-statistics = "tables.csv"\n')
    (shop / "tables.csv").write_text("shop_order,10,8192\n")
    assert severities(capsys) == ["info"]
    assert main(["check", "--no-cache", "--select", "MIG301"]) == 0
    capsys.readouterr()
    (shop / "miglint.toml").write_text(
        'table-statistics = "tables.csv"\nsmall-table-rows = 10\nlarge-table-rows = 10\n'
    )
    assert severities(capsys) == ["error"]


def test_the_command_line_wins_and_is_found_from_the_working_folder(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop / "miglint.toml").write_text('table-statistics = "gone.csv"\n')
    Path("here.csv").write_text("shop_order,10,8192\n")
    assert severities(capsys, "--table-statistics", "here.csv") == ["info"]
    assert severities(capsys, "--table-statistics", "here.csv", "--config", "site/miglint.toml") == ["info"]
    main(["check", "--table-statistics", "here.csv", "--show-settings"])
    assert "table-statistics = here.csv" in capsys.readouterr().out


def test_a_given_settings_file_has_the_statistics_beside_it(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("ci").mkdir()
    Path("ci/miglint.toml").write_text('table-statistics = "tables.csv"\n')
    Path("ci/tables.csv").write_text("shop_order,10,8192\n")
    assert severities(capsys, "--config", "ci/miglint.toml") == ["info"]


def test_a_severity_of_the_settings_wins_over_the_size(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = '[rules.rewriting-add-field]\nseverity = "{}"\n'
    Path("small.csv").write_text("shop_order,10,8192\n")
    Path("large.csv").write_text("shop_order,10000000,8192\n")
    for severity in ("error", "warning", "info"):
        (shop / "miglint.toml").write_text(table.format(severity))
        assert severities(capsys, "--table-statistics", "small.csv") == [severity]
        assert severities(capsys, "--table-statistics", "large.csv") == [severity]


def test_a_bad_file_exits_2_with_all_that_is_wrong(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "bad.csv").write_text("shop_order,5,12 MB\nshop_line,x\n")
    said = ["'12 MB' is no number of bytes", "site/bad.csv:2: 'x' is no number of rows"]
    assert main(["check", "--table-statistics", "site/bad.csv"]) == 2
    err = capsys.readouterr().err
    assert [text for text in said if text not in err] == []
    (shop / "miglint.toml").write_text('table-statistics = "bad.csv"\n')
    assert main(["check"]) == 2
    err = capsys.readouterr().err
    assert [text for text in said if text not in err] == []


def test_a_file_that_is_not_there_exits_2(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "miglint.toml").write_text('table-statistics = "gone.csv"\n')
    assert main(["check"]) == 2
    assert (
        "site/miglint.toml: 'table-statistics' 'site/gone.csv' cannot be read: No such file" in capsys.readouterr().err
    )
    assert main(["check", "--table-statistics", "gone.csv"]) == 2
    assert "--table-statistics: 'gone.csv' cannot be read: No such file" in capsys.readouterr().err


def test_thresholds_the_wrong_way_round_exit_2(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "miglint.toml").write_text('small-table-rows = 2000000\nlarge-table-rows = "1"\ntable-statistics = 3\n')
    assert main(["check"]) == 2
    err = capsys.readouterr().err
    assert "'large-table-rows' must be a whole number, 0 or more." in err
    assert "'small-table-rows' must not be more than 'large-table-rows'." in err
    assert "'table-statistics' must be a string." in err
