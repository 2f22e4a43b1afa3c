"""Operations together in one migration: what the first leaves behind, and holds, when the next one runs."""

from .scenario import Scenario, sql

BACKFILL = """
def forwards(apps, schema_editor):
    {body}
"""

TOGETHER = (
    Scenario("column then index", 'AddField("track", "fresh", models.IntegerField(null=True)),\nAddIndex("track", Index(fields=["fresh"], name="i"))'),
    Scenario("column then index without a transaction", 'AddField("track", "fresh", models.IntegerField(null=True)),\nAddIndexConcurrently("track", Index(fields=["fresh"], name="i"))', atomic=False),
    Scenario("column then backfill", 'AddField("track", "fresh", models.IntegerField(null=True)),\n' + sql("UPDATE shop_track SET fresh = seconds")),
    Scenario("column then backfill then required", 'AddField("track", "fresh", models.IntegerField(null=True)),\nRunPython(forwards, RunPython.noop),\nAlterField("track", "fresh", models.IntegerField())', code=BACKFILL.format(body='apps.get_model("shop", "track").objects.update(fresh=1)')),
    Scenario("column then change", 'AddField("track", "fresh", models.IntegerField(null=True)),\nAlterField("track", "fresh", models.BigIntegerField(null=True))'),
    Scenario("column then rename then remove", 'AddField("track", "fresh", models.IntegerField(null=True)),\nRenameField("track", "fresh", "stale"),\nRemoveField("track", "stale")'),
    Scenario("column then unique", 'AddField("track", "fresh", models.IntegerField(null=True)),\nAddConstraint("track", UniqueConstraint(fields=["fresh"], name="u"))'),
    Scenario("column then check", 'AddField("track", "fresh", models.IntegerField(default=1)),\nAddConstraint("track", CheckConstraint(condition=Q(fresh__gt=0), name="c"))'),
    Scenario("foreign key then backfill", 'AddField("track", "fresh", models.ForeignKey("shop.tag", null=True, on_delete=CASCADE)),\n' + sql("UPDATE shop_track SET fresh_id = 1")),
    Scenario("foreign key then backfill then required", 'AddField("track", "fresh", models.ForeignKey("shop.tag", null=True, on_delete=CASCADE)),\n' + sql("UPDATE shop_track SET fresh_id = 1") + ',\nAlterField("track", "fresh", models.ForeignKey("shop.tag", on_delete=CASCADE))'),
    Scenario("two foreign keys", 'AddField("chart", "a", models.ForeignKey("shop.artist", null=True, on_delete=CASCADE)),\nAddField("chart", "t", models.ForeignKey("shop.tag", null=True, on_delete=CASCADE))'),
    Scenario("backfill then change of the same table", sql("UPDATE shop_track SET parent_id = 3") + ',\nAlterField("track", "seconds", models.IntegerField(null=True))'),
    Scenario("backfill then change of another table", sql("UPDATE shop_track SET parent_id = 3") + ',\nAddField("chart", "fresh", models.IntegerField(null=True))'),
    Scenario("backfill of no key then change", sql("UPDATE shop_track SET seconds = 3") + ',\nAddField("track", "fresh", models.IntegerField(null=True))'),
    Scenario("backfill checked then change of the same table", sql("UPDATE shop_track SET parent_id = 3") + ",\n" + sql("SET CONSTRAINTS ALL IMMEDIATE") + ',\nAlterField("track", "seconds", models.IntegerField(null=True))'),
    Scenario("insert then index", sql("INSERT INTO shop_chart (week, place, country, sizes) VALUES ('2020-01-01', 1, 'de', '{}')") + ',\nAddIndex("chart", Index(fields=["votes"], name="i"))'),
    Scenario("delete then drop", sql("DELETE FROM shop_sleeve") + ',\nDeleteModel("Sleeve")'),
    Scenario("three catalog changes", 'AddField("artist", "a", models.IntegerField(null=True)),\nRemoveField("album", "notes"),\nRenameField("track", "seconds", "duration")'),
    Scenario("catalog change of one table, scan of another", 'AddField("artist", "a", models.IntegerField(null=True)),\nAddConstraint("track", CheckConstraint(condition=Q(seconds__gt=0), name="c"))'),
    Scenario("scan without a lock after a lock", sql("LOCK TABLE shop_chart IN SHARE MODE") + ",\n" + sql("SELECT sum(seconds) FROM shop_track")),
    Scenario("the same without a transaction", 'AddField("artist", "a", models.IntegerField(null=True)),\nAddConstraint("track", CheckConstraint(condition=Q(seconds__gt=0), name="c"))', atomic=False),
    Scenario("state only", 'SeparateDatabaseAndState(state_operations=[RemoveField("artist", "bio")])'),
    Scenario("database only", f'SeparateDatabaseAndState(database_operations=[{sql("CREATE INDEX i ON shop_track (seconds)")}])'),
    Scenario("both halves", f'SeparateDatabaseAndState(database_operations=[{sql("ALTER TABLE shop_track ADD COLUMN fresh int")}], state_operations=[AddField("track", "fresh", models.IntegerField(null=True))])'),
    Scenario("both halves then change", f'SeparateDatabaseAndState(database_operations=[{sql("ALTER TABLE shop_track ADD COLUMN fresh int")}], state_operations=[AddField("track", "fresh", models.IntegerField(null=True))]),\nAlterField("track", "fresh", models.IntegerField(null=True, db_index=True))'),
    Scenario("database operation of Django's", 'SeparateDatabaseAndState(database_operations=[AlterField("track", "seconds", models.BigIntegerField())])'),
    Scenario("state first, column later", 'RunSQL("ALTER TABLE shop_artist DROP COLUMN bio", RunSQL.noop)', history='SeparateDatabaseAndState(state_operations=[RemoveField("artist", "bio")])'),
    Scenario("many to many through a model of its own", 'SeparateDatabaseAndState(state_operations=[CreateModel("Tagging", [("id", models.BigAutoField(primary_key=True)), ("album", models.ForeignKey("shop.album", on_delete=CASCADE)), ("tag", models.ForeignKey("shop.tag", on_delete=CASCADE))], options={"db_table": "shop_album_tags"}), AlterField("album", "tags", models.ManyToManyField("shop.tag", through="shop.Tagging"))]),\nAddField("tagging", "since", models.DateField(null=True))'),
    Scenario("RunSQL with state operations", 'RunSQL("ALTER TABLE shop_track ADD COLUMN fresh int DEFAULT 0 NOT NULL", state_operations=[AddField("track", "fresh", models.IntegerField(db_default=0))])'),
    Scenario("RunSQL as a list", 'RunSQL(["CREATE INDEX i ON shop_track (seconds)", ("UPDATE shop_tag SET word = %s WHERE id = 1", ["x"])])'),
    Scenario("RunSQL noop", "RunSQL(RunSQL.noop)"),
    Scenario("unique index then constraint", sql("CREATE UNIQUE INDEX CONCURRENTLY i ON shop_track (seconds)") + ",\n" + sql("ALTER TABLE shop_track ADD CONSTRAINT u UNIQUE USING INDEX i"), atomic=False),
    Scenario("check not valid, validated, not null, without a transaction", sql("ALTER TABLE shop_album ADD CONSTRAINT n CHECK (notes IS NOT NULL) NOT VALID") + ",\n" + sql("ALTER TABLE shop_album VALIDATE CONSTRAINT n") + ',\nAlterField("album", "notes", models.TextField()),\n' + sql("ALTER TABLE shop_album DROP CONSTRAINT n"), atomic=False),
    Scenario("timeout then change", sql("SET LOCAL lock_timeout = '2s'") + ',\nAddField("track", "fresh", models.IntegerField(null=True))'),
    Scenario("view out of the way", sql("DROP VIEW v") + ',\nAlterField("track", "seconds", models.BigIntegerField()),\n' + sql("CREATE VIEW v AS SELECT seconds FROM shop_track"), sql="CREATE VIEW v AS SELECT seconds FROM shop_track"),
    Scenario("rename model then column then index", 'RenameModel("Chart", "Ranking"),\nRenameField("ranking", "votes", "points"),\nAddIndex("ranking", Index(fields=["points"], name="i"))'),
    Scenario("rename table by hand then change", 'SeparateDatabaseAndState(database_operations=[RunSQL("ALTER TABLE shop_chart RENAME TO ranking", RunSQL.noop)], state_operations=[AlterModelTable("chart", "ranking")]),\nAddField("chart", "fresh", models.IntegerField(null=True))'),
    Scenario("model and foreign key to it", 'CreateModel("Firm", [("id", models.BigAutoField(primary_key=True))]),\nAddField("album", "firm", models.ForeignKey("shop.firm", null=True, on_delete=CASCADE))'),
    Scenario("two indexes in one transaction", 'AddIndex("track", Index(fields=["seconds"], name="i")),\nAddIndex("album", Index(fields=["title"], name="j"))'),
    Scenario("drop index then type", 'AlterField("artist", "fans", models.IntegerField()),\nAlterField("artist", "fans", models.BigIntegerField())'),
    Scenario("index together long gone", 'RemoveIndex("chart", "chart_week_place"),\nRemoveField("chart", "week")', history='RemoveConstraint("chart", "chart_one")'),
    Scenario("python that reads", "RunPython(forwards, RunPython.noop)", code=BACKFILL.format(body='list(apps.get_model("shop", "chart").objects.all())'), breaks="none"),
    Scenario("python that writes", "RunPython(forwards, RunPython.noop)", code=BACKFILL.format(body='apps.get_model("shop", "chart").objects.filter(place__gt=4).update(votes=0)')),
    Scenario("python that creates", "RunPython(forwards, RunPython.noop)", code=BACKFILL.format(body='apps.get_model("shop", "tag").objects.create(word="new")')),
    Scenario("python that deletes", "RunPython(forwards, RunPython.noop)", code=BACKFILL.format(body='apps.get_model("shop", "sleeve").objects.all().delete()')),
    Scenario("python that does nothing", "RunPython(RunPython.noop)"),
    Scenario("python then change", 'RunPython(forwards, RunPython.noop),\nAddField("track", "fresh", models.IntegerField(null=True))', code=BACKFILL.format(body='apps.get_model("shop", "track").objects.update(album_id=7)')),
)  # fmt: skip
