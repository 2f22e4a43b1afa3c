from __future__ import annotations

import json
import re

from effort import effort
from report.plans import (
    BLOCKING,
    CONCURRENT,
    EVERY,
    FAILING,
    FOREIGN_KEY,
    HARMLESS,
    MANY,
    SQL,
    UNKNOWN,
    migration,
    operation,
    plans,
    project,
    run,
    written,
)

from miglint.effects.effect import BuildIndex, Fails, Lock, ScanTable, UnknownEffect, WriteRows
from miglint.plans import MigrationPlan, Plans
from miglint.report import Style
from miglint.report.brief_sql import brief
from miglint.report.plan import render_json, render_markdown, render_text

REVIEWED = """\
shop.0003_order_placed_idx  atomic, shop/migrations/0003_order_placed_idx.py
  Blocks traffic: reads and writes of shop_order wait while operation 1 reads
    every row of it.

  ✓ 0  Add field note to order
  ✗ 1  Create index order_placed_idx on field(s) placed of model order
       CREATE INDEX "order_placed_idx" ON "shop_order" ("placed")
         reads every row of shop_order to build index order_placed_idx
         while reads and writes of shop_order wait (locked since operation 0)

shop.0004_order_customer  atomic, shop/migrations/0004_order_customer.py
  Blocks traffic: reads and writes of shop_customer and shop_order wait while
    operation 0 reads every row of them.
  Refuses some writes of the running release: operation 0.

  ✗ 0  Alter field customer on order
       ALTER TABLE "shop_order" ALTER COLUMN "customer_id" SET NOT NULL
         reads every row of shop_order
       at the end: ALTER TABLE "shop_order" ADD CONSTRAINT
         "shop_order_cu…p_customer_id" FOREIGN KEY ("customer_id") REFERENCES
         "shop_customer" ("id")
         reads every row of shop_order and shop_customer
         while reads and writes of shop_customer and shop_order wait
       the running release can no longer write some values:
         'shop_order.customer_id': it took NULL since shop.0001_initial

shop.0007_triggers  atomic, shop/migrations/0007_triggers.py
  Breaks reads of the running release: operation 0.
  Not known in full: operations 1 and 2, while reads and writes of shop_order
    wait.

  ! 0  Remove field legacy from order
       ALTER TABLE "shop_order" DROP COLUMN "legacy" CASCADE
       the running release can no longer read: 'shop_order.legacy' is dropped
  ? 1  Raw Python operation
       not known, because what a function of RunPython does is not predicted
       while reads and writes of shop_order wait (locked since operation 0)
  ? 2  AddTrigger
       not known, because 'pgtrigger.AddTrigger' is not one of Django's
       while reads and writes of shop_order wait (locked since operation 0)

3 migrations, 6 operations: 2 block traffic, 2 break the running release, 1 is
  not known in full.
Assumed: Django 5.2 (the default), postgresql:14 (the oldest that Django 5.2
  supports).
"""

IN_MARKDOWN = """\
### ❌ `shop.0006_totals`

**Blocks traffic**: reads and writes of shop_order wait while operation 0 writes every row of it.

| | | Operation | What it does |
|---|---|---|---|
| ✗ | 0 | Raw SQL operation | updates every row of shop_order, all locked until the transaction ends<br>\
**while reads and writes of shop_order wait** |

<details><summary>3 statements</summary>

`shop/migrations/0006_totals.py`, atomic

```sql
-- 0: Raw SQL operation
SET LOCAL lock_timeout = '2s';
-- takes ACCESS EXCLUSIVE on shop_order
ALTER TABLE shop_order ADD COLUMN cents bigint;
-- takes ROW EXCLUSIVE on shop_order
UPDATE shop_order
   SET cents = (total * 100)::bigint -- rounded down
 WHERE cents IS NULL;
```

</details>

<sub>Assumed: Django 5.2 (the default), postgresql:14 (the oldest that Django 5.2 supports).</sub>
"""


def text(*migrations: MigrationPlan, **style) -> str:
    return render_text(plans(*migrations), Style(**{"width": 80} | style))


def body(one: MigrationPlan, **style) -> list[str]:
    """The lines of a migration's operations."""
    return text(one, **style).split("\n\n")[1].splitlines()


def verdict(one: MigrationPlan) -> list[str]:
    return text(one, width=200, quiet=True).splitlines()[1:]


def test_a_migration_that_does_no_harm_takes_a_line_for_each_operation():
    assert text(HARMLESS) == (
        "shop.0002_order_note  atomic, shop/migrations/0002_order_note.py\n"
        "  Safe under traffic: reads and writes of shop_order wait for an instant.\n"
        "\n"
        "  ✓ 0  Add field note to order\n"
        "\n"
        "Assumed: Django 5.2 (the default), postgresql:14 (the oldest that Django 5.2\n"
        "  supports).\n"
    )


def test_what_goes_on_beside_traffic_is_shown_and_safe():
    assert verdict(CONCURRENT) == ["  Safe under traffic: nobody waits."]
    assert "while reads and writes go on" in text(CONCURRENT)


def test_what_never_reaches_the_database_is_said_to_leave_it_alone():
    assert verdict(migration("0002", operation("Change Meta options on order"))) == [
        "  Safe under traffic: the database is left as it is."
    ]


def test_a_review_sees_what_waits_for_what_and_what_breaks():
    assert text(BLOCKING, FOREIGN_KEY, UNKNOWN) == REVIEWED


def test_a_failure_is_said_first_and_where_only_rows_make_it_one():
    assert verdict(FAILING)[0] == "  Fails where there are rows: operation 0."
    reason = "CREATE INDEX CONCURRENTLY cannot run inside a transaction"
    fails = written("CREATE INDEX CONCURRENTLY i ON t (a)", {}, Fails("concurrently in a transaction", reason))
    assert verdict(migration("0002", operation("Raw SQL operation", fails))) == ["  Fails: operation 0."]


def test_operations_in_a_row_are_named_as_a_row():
    reads = run("ANALYZE t", {"t": Lock.SHARE}, ScanTable("t", "check", ""))
    does = [reads, reads, reads, run("ANALYZE t"), reads, run("ANALYZE t"), reads]
    several = migration("0002", *(operation("…", one, index=str(number)) for number, one in enumerate(does)))
    assert verdict(several) == [
        "  Blocks traffic: writes of t wait while operations 0 to 2, 4 and 6 read every row of it."
    ]


def test_who_waits_for_several_statements_is_said_once():
    assert text(MANY).count("while reads and writes of shop_line, shop_order") == 2


def test_a_lock_of_an_earlier_transaction_is_no_lock_of_this_one():
    first = run("ALTER TABLE t ADD a int", {"t": Lock.ACCESS_EXCLUSIVE}, transaction=0)
    second = run("CREATE INDEX i ON t (a)", {"t": Lock.SHARE}, BuildIndex("t", "i", "index"), transaction=0)
    one = migration("0002", operation("…", first), operation("…", second, index="1"), atomic=False)
    assert "         reads every row of t to build index i while writes of t wait" in body(one)


def test_a_statement_says_where_it_runs_if_that_is_not_with_the_others():
    fill = written("UPDATE t SET a = 1", {"t": Lock.ROW_EXCLUSIVE}, WriteRows("t", "update", whole=True), transaction=1)
    commit = written("UPDATE t SET a = 1", {}, WriteRows("t", "update", whole=True), transaction=0)
    own = body(migration("0002", operation("Raw SQL operation", fill), atomic=False))
    assert own[1] == "       in a transaction of its own: UPDATE t SET a = 1"
    after = written("DROP TABLE u", {"u": Lock.ACCESS_EXCLUSIVE}, transaction=1)
    both = body(migration("0002", operation("Raw SQL operation", fill, after), atomic=False))
    assert both[1] == "       in one transaction: UPDATE t SET a = 1"
    assert "       in the same transaction: DROP TABLE u" in both
    outside = body(migration("0002", operation("Raw SQL operation", commit)))
    assert outside[1] == "       outside of the transaction: UPDATE t SET a = 1"


def test_one_reason_for_many_operations_is_given_once():
    unknown = run("", {}, UnknownEffect("nobody knows MySQL"))
    one = migration("0002", *(operation("Add field", unknown, index=str(number)) for number in range(3)))
    assert body(one) == [
        "  ? 0  Add field",
        "       not known, because nobody knows MySQL",
        "  ? 1  Add field",
        "  ? 2  Add field",
    ]


def test_who_writes_every_row_keeps_others_from_them():
    fill = written(
        "UPDATE t SET a = 1",
        {"t": Lock.ROW_EXCLUSIVE},
        ScanTable("t", "rows", "UPDATE"),
        WriteRows("t", "update", whole=True),
    )
    one = migration("0002", operation("Raw SQL operation", fill))
    assert verdict(one) == ["  Locks every row: writes of the rows of t wait while operation 0 writes them all."]
    assert body(one) == [
        "  ! 0  Raw SQL operation",
        "       UPDATE t SET a = 1",
        "         updates every row of t, all locked until the transaction ends",
        "         while reads go on",
    ]


def test_who_writes_some_rows_or_new_ones_does_not():
    some = written(
        "UPDATE t SET a = 1 WHERE b > 2",
        {"t": Lock.ROW_EXCLUSIVE},
        ScanTable("t", "rows", "UPDATE"),
        WriteRows("t", "update", whole=False),
    )
    new = written("INSERT INTO t SELECT * FROM u", {"t": Lock.ROW_EXCLUSIVE}, WriteRows("t", "insert", whole=True))
    one = migration("0002", operation("Raw SQL operation", some, new))
    assert verdict(one) == ["  Safe under traffic: nobody waits."]
    assert body(one) == [
        "  ✓ 0  Raw SQL operation",
        "       UPDATE t SET a = 1 WHERE b > 2",
        "         reads every row of t and updates some",
        "         while reads and other writes go on",
        "       INSERT INTO t SELECT * FROM u",
        "         inserts rows into t",
    ]


def test_what_somebody_wrote_is_shown_however_quick_it_is():
    assert body(migration("0002", operation("Raw SQL operation", written("SET lock_timeout = '2s'")))) == [
        "  ✓ 0  Raw SQL operation",
        "       SET lock_timeout = '2s'",
    ]


def test_a_statement_that_fails_does_nothing_else():
    fails = written(
        "CREATE INDEX CONCURRENTLY i ON t (a)",
        {"t": Lock.SHARE_UPDATE_EXCLUSIVE},
        BuildIndex("t", "i", "index", concurrently=True),
        Fails("concurrently in a transaction", "CREATE INDEX CONCURRENTLY cannot run inside a transaction"),
    )
    assert body(migration("0002", operation("Raw SQL operation", fails))) == [
        "  ✗ 0  Raw SQL operation",
        "       CREATE INDEX CONCURRENTLY i ON t (a)",
        "       fails: CREATE INDEX CONCURRENTLY cannot run inside a transaction",
    ]


def test_every_statement_and_lock_is_shown_where_more_is_asked_for():
    lines = body(SQL, verbose=1)
    assert lines[1:5] == [
        "       SET LOCAL lock_timeout = '2s'",
        "         holds no lock on a table that was there before",
        "       ALTER TABLE shop_order ADD COLUMN cents bigint",
        "         holds ACCESS EXCLUSIVE on shop_order",
    ]


def test_quiet_leaves_the_verdicts():
    assert text(HARMLESS, quiet=True).splitlines() == [
        "shop.0002_order_note  atomic, shop/migrations/0002_order_note.py",
        "  Safe under traffic: reads and writes of shop_order wait for an instant.",
    ]


def test_no_line_is_wider_than_the_screen_where_names_allow_it():
    short = [one for one in EVERY if one.app == "shop"]
    for width in (60, 80, 120):
        assert max(map(len, text(*short, width=width, verbose=1).splitlines())) <= width


def test_colours_change_nothing_but_colours():
    assert re.sub(r"\x1b\[[\d;]*m", "", text(*EVERY, colour=True)) == text(*EVERY)


def test_plain_signs_where_the_screen_has_no_others():
    assert text(*EVERY, unicode=False).isascii()


def test_a_terminal_is_told_nothing():
    evil = migration(
        "0002", operation("Add field \x1b[2J to order", written("SELECT '\x1b]0;x\x07'", {"\x1b[31m": Lock.SHARE}))
    )
    assert "\x1b" not in text(evil, verbose=1) + render_markdown(plans(evil)) + render_json(plans(evil))


def test_projects_are_told_apart():
    both = Plans((project(HARMLESS, root="a"), project(HARMLESS, root="b")))
    assert render_text(both, Style()).startswith("Project a\n\nshop.0002_order_note")
    assert "## Project `b`" in render_markdown(both)


def test_nothing_to_plan_is_said():
    assert text() == "No migrations to plan.\n"
    assert render_markdown(plans()) == "No migrations to plan.\n"
    assert json.loads(render_json(plans()))["projects"][0]["migrations"] == []


def test_json_is_as_the_contract_prints_it():
    document = json.loads(render_json(plans(BLOCKING)))
    assert document["version"] == 1
    [shop] = document["projects"]
    assert {name: shop[name] for name in ("root", "database", "django")} == {
        "root": ".",
        "database": "postgresql:14",
        "django": "5.2",
    }
    [made] = shop["migrations"]
    assert (made["app"], made["name"], made["atomic"], made["dangerous"], made["breaks"]) == (
        *("shop", "0003_order_placed_idx", True, True, "none"),
    )
    assert made["operations"][1] == {
        "index": "1",
        "describe": "Create index order_placed_idx on field(s) placed of model order",
        "line": 9,
        "analysed": True,
        "fails": None,
        "why": [],
        "statements": [
            {
                "sql": 'CREATE INDEX "order_placed_idx" ON "shop_order" ("placed")',
                "locks": {"shop_order": "ACCESS EXCLUSIVE"},
                "takes": {"shop_order": "SHARE"},
                "scans": ["shop_order"],
                "rewrites": [],
                "builds_index_on": ["shop_order"],
                "writes_rows": [],
                "kind": "scan",
                "deferred": False,
                "transaction": 1,
                "dangerous": True,
            }
        ],
        "strongest_locks": {"shop_order": "SHARE"},
        "dangerous": True,
        "breaks": "none",
        "breaks_why": [],
    }


def test_json_has_the_worst_of_the_operations_and_what_is_not_known():
    document = json.loads(render_json(plans(UNKNOWN, FAILING, SQL)))
    unknown, failing, sql = document["projects"][0]["migrations"]
    assert (unknown["breaks"], unknown["dangerous"]) == ("reads", False)
    assert unknown["operations"][1]["analysed"] is False
    assert unknown["operations"][1]["why"] == ["what a function of RunPython does is not predicted"]
    assert unknown["operations"][1]["statements"] == []
    assert "NOT NULL" in failing["operations"][0]["fails"]
    assert [one["kind"] for one in sql["operations"][0]["statements"]] == ["catalog", "catalog", "scan"]
    assert sql["operations"][0]["statements"][2]["writes_rows"] == ["shop_order"]


def test_markdown_has_the_table_open_and_the_statements_folded():
    assert render_markdown(plans(SQL)) == IN_MARKDOWN


def test_markdown_shows_names_as_they_are():
    odd = migration(
        "0002_`odd`",
        operation(
            "Add field *a* to <b>|_c_ @here #1",
            written("SELECT '```'", {"t|x": Lock.SHARE}, ScanTable("t|x", "check", "")),
        ),
        app="sh|op",
    )
    shown = render_markdown(plans(odd))
    assert r"| ✗ | 0 | Add field \*a\* to \<b>\|\_c\_ @<!-- -->here #<!-- -->1 | reads every row of t\|x<br>" in shown
    assert shown.startswith("### ❌ `` sh|op.0002_`odd` ``\n")
    assert "\n````sql\n" in shown
    assert "\n````\n" in shown


def test_a_comment_at_the_end_of_a_statement_does_not_swallow_the_semicolon():
    assert "SELECT 1 -- one\n;\n" in render_markdown(
        plans(migration("0002", operation("…", written("SELECT 1 -- one"))))
    )


def test_sql_that_is_too_long_loses_strings_and_names_before_brackets_and_brackets_before_its_end():
    sql = """INSERT INTO "t" (a, b) -- why not
        VALUES ('a long text; with ( and -- in it', 2), ('x', 3);"""
    assert brief(sql, 200) == """INSERT INTO "t" (a, b) VALUES ('a long text; with ( and -- in it', 2), ('x', 3)"""
    assert brief(sql, 60) == """INSERT INTO "t" (a, b) VALUES ('…', 2), ('x', 3)"""
    assert brief("CREATE TABLE t (a integer NOT NULL, b text, c numeric(9, 2)) WITH (fillfactor = 70)", 50) == (
        "CREATE TABLE t (…) WITH (fillfactor = 70)"
    )
    assert brief('UPDATE "t" SET "a" = 1, "b" = 2, "c" = 3 WHERE "d" IS NULL', 50) == (
        'UPDATE "t" SET "a" = 1, … WHERE "d" IS NULL'
    )
    assert brief("SELECT a FROM b WHERE c", 12) == "SELECT a FR…"
    assert brief("DO $$ BEGIN PERFORM (1); END $$", 10) == "DO '…'"


def test_a_script_of_a_megabyte_is_cut_as_fast_as_one_of_a_tenth():
    longer, long = (
        "INSERT INTO t (a, b) VALUES " + ", ".join(f"({number}, 'row {number}')" for number in range(rows))
        for rows in (60_000, 6_000)
    )
    assert brief(longer, 120).startswith("INSERT INTO t (a, b) VALUES (0, 'row 0'), (")
    assert effort(lambda: brief(longer, 120)) == effort(lambda: brief(long, 120))
