"""Plans as they come, made by hand."""

from __future__ import annotations

from dataclasses import replace

from miglint.effects.effect import (
    BuildIndex,
    Effect,
    Fails,
    Lock,
    RewriteTable,
    Run,
    ScanTable,
    UnknownEffect,
    WriteRows,
    blocking,
)
from miglint.plans import MigrationPlan, OperationPlan, Plans, ProjectPlan
from miglint.sql.parse import parse

ALL = Lock.ACCESS_EXCLUSIVE
SHARE = Lock.SHARE
SRX = Lock.SHARE_ROW_EXCLUSIVE
ROW = Lock.ROW_EXCLUSIVE
ONLINE = Lock.SHARE_UPDATE_EXCLUSIVE


def run(sql: str, takes: dict[str, Lock] | None = None, *effects: Effect, held: dict[str, Lock] | None = None, **more):
    """What Django's schema editor runs."""
    own = takes or {}
    facts = {"transaction": 1, "deferred": False} | more
    statements = tuple(written.statement for written in parse(sql))
    return Run(
        statements=statements,
        takes=own,
        held=own if held is None else held,
        blocking=blocking(own if held is None else held),
        effects=effects,
        **facts,
    )


def written(sql: str, *arguments, **more) -> Run:
    """What somebody wrote into RunSQL."""
    return replace(run(sql, *arguments, **more), text=sql)


def operation(describe: str, *runs: Run, index: str = "0", **more) -> OperationPlan:
    effects = [effect for one in runs for effect in one.effects]
    why = tuple(effect.reason for effect in effects if isinstance(effect, UnknownEffect))
    fails = next((effect.why for effect in effects if isinstance(effect, Fails)), None)
    return OperationPlan(index, describe, 9, analysed=not why, fails=fails, why=why, runs=runs, **more)


def migration(name: str, *operations: OperationPlan, atomic: bool = True, app: str = "shop") -> MigrationPlan:
    return MigrationPlan(app, name, f"{app}/migrations/{name}.py", atomic, operations)


def plans(*migrations: MigrationPlan, root: str = ".") -> Plans:
    return Plans((project(*migrations, root=root),))


def project(*migrations: MigrationPlan, root: str = ".") -> ProjectPlan:
    oldest = "the oldest that Django 5.2 supports"
    return ProjectPlan(root, "postgresql:14", oldest, "5.2", "the default", migrations)


HARMLESS = migration(
    "0002_order_note",
    operation(
        "Add field note to order",
        run('ALTER TABLE "shop_order" ADD COLUMN "note" text NULL', {"shop_order": ALL}),
    ),
)

BLOCKING = migration(
    "0003_order_placed_idx",
    operation("Add field note to order", run('ALTER TABLE "shop_order" ADD COLUMN "note" text', {"shop_order": ALL})),
    operation(
        "Create index order_placed_idx on field(s) placed of model order",
        run(
            'CREATE INDEX "order_placed_idx" ON "shop_order" ("placed")',
            {"shop_order": SHARE},
            BuildIndex("shop_order", "order_placed_idx", "index"),
            held={"shop_order": ALL},
        ),
        index="1",
    ),
)

FOREIGN_KEY = migration(
    "0004_order_customer",
    operation(
        "Alter field customer on order",
        run(
            'SET CONSTRAINTS "shop_order_customer_id_5b3c12ab_fk_shop_customer_id" IMMEDIATE; '
            'ALTER TABLE "shop_order" DROP CONSTRAINT "shop_order_customer_id_5b3c12ab_fk_shop_customer_id"',
            {"shop_order": ALL, "shop_customer": ALL},
        ),
        run(
            'ALTER TABLE "shop_order" ALTER COLUMN "customer_id" SET NOT NULL',
            {"shop_order": ALL},
            ScanTable("shop_order", "not null", "SET NOT NULL on customer_id"),
            held={"shop_order": ALL, "shop_customer": ALL},
        ),
        run(
            'ALTER TABLE "shop_order" ADD CONSTRAINT "shop_order_customer_id_5b3c12ab_fk_shop_customer_id" '
            'FOREIGN KEY ("customer_id") REFERENCES "shop_customer" ("id") DEFERRABLE INITIALLY DEFERRED',
            {"shop_order": SRX, "shop_customer": SRX},
            ScanTable("shop_order", "foreign key", "FOREIGN KEY customer_id"),
            ScanTable("shop_customer", "foreign key", "FOREIGN KEY customer_id"),
            held={"shop_order": ALL, "shop_customer": ALL},
            deferred=True,
        ),
        breaks="tightens",
        breaks_why=("'shop_order.customer_id': it took NULL since shop.0001_initial",),
    ),
)

CONCURRENT = migration(
    "0005_order_total_idx",
    operation(
        "Concurrently create index order_total_idx on field(s) total of model order",
        run(
            'CREATE INDEX CONCURRENTLY "order_total_idx" ON "shop_order" ("total")',
            {"shop_order": ONLINE},
            BuildIndex("shop_order", "order_total_idx", "index", concurrently=True),
            transaction=0,
        ),
    ),
    operation(
        "Validate constraint order_total_positive on model order",
        run(
            'ALTER TABLE "shop_order" VALIDATE CONSTRAINT "order_total_positive"',
            {"shop_order": ONLINE},
            ScanTable("shop_order", "check", "VALIDATE CONSTRAINT order_total_positive"),
            transaction=0,
        ),
        index="1",
    ),
    atomic=False,
)

SQL = migration(
    "0006_totals",
    operation(
        "Raw SQL operation",
        written("SET LOCAL lock_timeout = '2s'"),
        written("ALTER TABLE shop_order ADD COLUMN cents bigint", {"shop_order": ALL}),
        written(
            "UPDATE shop_order\n   SET cents = (total * 100)::bigint -- rounded down\n WHERE cents IS NULL",
            {"shop_order": ROW},
            WriteRows("shop_order", "update", whole=True),
            ScanTable("shop_order", "rows", "UPDATE"),
            held={"shop_order": ALL},
        ),
    ),
)

UNKNOWN = migration(
    "0007_triggers",
    operation(
        "Remove field legacy from order",
        run('ALTER TABLE "shop_order" DROP COLUMN "legacy" CASCADE', {"shop_order": ALL}),
        breaks="reads",
        breaks_why=("'shop_order.legacy' is dropped",),
    ),
    operation(
        "Raw Python operation",
        run(
            "",
            {},
            UnknownEffect("what a function of RunPython does is not predicted"),
            held={"shop_order": ALL},
        ),
        index="1",
    ),
    operation(
        "AddTrigger",
        run("", {}, UnknownEffect("'pgtrigger.AddTrigger' is not one of Django's"), held={"shop_order": ALL}),
        index="2",
    ),
)

FAILING = migration(
    "0008_customer_mail",
    operation(
        "Add field mail to customer",
        run(
            'ALTER TABLE "shop_customer" ADD COLUMN "mail" varchar(254) NOT NULL',
            {"shop_customer": ALL},
            Fails(
                "no value for rows",
                "the rows that 'shop_customer' has get no value in 'mail', which is NOT NULL",
                "shop_customer",
                "mail",
            ),
        ),
        breaks="writes",
        breaks_why=("'shop_customer.mail' becomes required: the database has no default for it",),
    ),
)

LONG = migration(
    "0009_reconciliation_of_international_invoices_with_their_payments",
    operation(
        "Create constraint international_invoice_line_amount_matches_currency_and_country on model "
        "internationalinvoiceline",
        run(
            'ALTER TABLE "international_billing_internationalinvoiceline" ADD CONSTRAINT '
            '"international_invoice_line_amount_matches_currency_and_country" CHECK (("amount" >= 0 AND "currency" IN '
            "('EUR', 'USD', 'GBP', 'JPY') AND (\"country\" IS NOT NULL OR \"amount\" = 0)))",
            {"international_billing_internationalinvoiceline": ALL},
            ScanTable(
                "international_billing_internationalinvoiceline",
                "check",
                "CHECK (\"amount\" >= 0 AND \"currency\" IN ('EUR', 'USD', 'GBP', 'JPY'))",
            ),
        ),
    ),
    operation(
        "Create model ReconciliationRun",
        run('CREATE TABLE "international_billing_reconciliationrun" ("id" bigint NOT NULL PRIMARY KEY)'),
        index="1.database.0",
    ),
    operation("Remove field run from internationalinvoiceline", index="1.state.0"),
    app="international_billing",
)

MANY = migration(
    "0010_many",
    *(
        operation(
            f"Add field f{number} to order",
            run("ALTER TABLE shop_order ADD f int", {"shop_order": ALL}),
            index=str(number),
        )
        for number in range(22)
    ),
    operation(
        "Alter field id on order",
        *(
            run(
                f'ALTER TABLE "{table}" ALTER COLUMN "{column}" TYPE bigint USING "{column}"::bigint',
                {table: ALL},
                RewriteTable(table, "type", "integer to bigint"),
                held={"shop_order": ALL, "shop_line": ALL, "shop_refund": ALL, "shop_parcel": ALL},
            )
            for table, column in (
                ("shop_order", "id"),
                ("shop_line", "order_id"),
                ("shop_refund", "order_id"),
                ("shop_parcel", "order_id"),
            )
        ),
        index="22",
    ),
    operation(
        "Create index by_weight on field(s) weight of model parcel",
        run(
            'CREATE INDEX "by_weight" ON "shop_parcel" ("weight")',
            {"shop_parcel": SHARE},
            BuildIndex("shop_parcel", "by_weight", "index"),
            held={"shop_order": ALL, "shop_line": ALL, "shop_refund": ALL, "shop_parcel": ALL},
        ),
        index="23",
    ),
    operation("Change Meta options on order", index="24"),
)

EVERY = (HARMLESS, BLOCKING, FOREIGN_KEY, CONCURRENT, SQL, UNKNOWN, FAILING, LONG, MANY)
