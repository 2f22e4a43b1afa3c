"""Facts that are kept from run to run, and what becomes of a cache that is damaged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from miglint import cache
from miglint.cache import FactsCache, decode, encode
from miglint.cli import main
from miglint.facts.migration import Module
from miglint.parse import parse
from miglint.pool import Pool, Work

SOURCE = """\
from django.db import migrations, models

LIMIT = 10 ** 3


def forwards(apps, schema_editor):
    apps.get_model("shop", "Order")


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial"), migrations.swappable_dependency("auth.User")]
    operations = [
        migrations.CreateModel("Order", [("id", models.BigAutoField(primary_key=True))], {"ordering": ["-id"]}),
        migrations.AddField("order", "note", models.CharField("wörd 😀", max_length=LIMIT, default=b"\\xff")),
        migrations.RunPython(forwards),  # miglint: ignore[MIG501] once
        migrations.RunSQL(sql=open("x.sql").read()),
        pgtrigger.AddTrigger(1.5, 2j, None, ...),
        *more(),
    ]
"""


def test_facts_come_back_as_they_were() -> None:
    facts = parse(SOURCE.encode())
    assert isinstance(facts, Module)
    assert facts.migration is not None
    assert decode(encode(facts)) == facts


def test_failures_and_half_a_surrogate_pair_come_back_too() -> None:
    for data in (b"class (", b"x = '\\ud800'\n"):
        facts = parse(data)
        assert decode(encode(facts)) == facts


def test_every_published_kind_of_fact_can_be_kept() -> None:
    for path in sorted((Path(__file__).parents[1] / "sample_migrations").rglob("*.py")):
        facts = parse(path.read_bytes())
        assert decode(encode(facts)) == facts


def test_what_was_put_is_found_by_content(tmp_path: Path) -> None:
    facts = parse(SOURCE.encode())
    first = FactsCache(tmp_path / "cache")
    assert first.get(SOURCE.encode()) is None
    first.put(SOURCE.encode(), encode(facts))
    first.save()
    second = FactsCache(tmp_path / "cache")
    assert second.get(SOURCE.encode()) == facts
    assert second.get(SOURCE.encode() + b"#") is None
    assert (tmp_path / "cache" / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: b"\xff\xfe" + data,
        lambda data: data[: len(data) // 2],
        lambda data: data.replace(b"0001_initial", b"0009_initial"),
        lambda data: data.replace(b"miglint facts ", b"miglint facts 0"),
        lambda data: data.replace(b"[", b"{"),
    ],
)
def test_a_damaged_or_foreign_cache_is_as_good_as_none(tmp_path: Path, damage) -> None:
    folder = tmp_path / "cache"
    written = FactsCache(folder)
    written.put(SOURCE.encode(), encode(parse(SOURCE.encode())))
    written.save()
    written.path.write_bytes(damage(written.path.read_bytes()))
    assert FactsCache(folder).get(SOURCE.encode()) is None


def test_an_empty_folder_is_made_a_cache_and_one_with_things_in_it_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes").touch()
    for name in ("empty", "full"):
        written = FactsCache(tmp_path / name)
        written.put(SOURCE.encode(), encode(parse(SOURCE.encode())))
        written.save()
    assert {one.name for one in (tmp_path / "empty").iterdir()} == {".gitignore", "CACHEDIR.TAG", "facts"}
    assert {one.name for one in (tmp_path / "full").iterdir()} == {"facts", "notes"}


def test_an_entry_that_claims_to_be_right_and_is_no_fact_is_not_believed(tmp_path: Path) -> None:
    written = FactsCache(tmp_path)
    written.put(b"x", "[0,1,2,3]")
    written.put(b"y", "[999,1,2,3]")
    written.put(b"z", "[" * 100_000)
    assert FactsCache(tmp_path).get(b"x") is None
    written.lines = written.used
    assert written.get(b"x") is None
    assert written.get(b"y") is None
    assert written.get(b"z") is None
    written.put(b"w", f"[-4,1{'0' * 400},0]")
    written.lines = written.used
    assert written.get(b"w") is None


def test_a_place_of_three_numbers_is_none() -> None:
    text = encode(parse(b"class ("))
    assert text.count("[1,7,1,8]") == 1
    with pytest.raises(ValueError, match="expected 4, got 3"):
        decode(text.replace("[1,7,1,8]", "[1,7,1]"))


def test_a_folder_that_cannot_be_written_is_no_cache(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    blocked = FactsCache(tmp_path / "file" / "cache")
    blocked.put(b"x", encode(parse(b"x = 1\n")))
    blocked.save()


def test_files_of_other_branches_are_kept_for_a_while(tmp_path: Path) -> None:
    first = FactsCache(tmp_path)
    for number in range(10):
        first.put(str(number).encode(), encode(parse(b"")))
    first.save()
    second = FactsCache(tmp_path)
    second.put(b"new", encode(parse(b"")))
    assert second.get(b"3") is not None
    second.save()
    assert len(FactsCache(tmp_path).lines) == 2 + 2 * cache._KEPT_BESIDE


def test_many_files_are_parsed_in_several_processes_with_the_same_outcome() -> None:
    files = {f"{number}.py": SOURCE.replace("0001", f"{number:04}").encode() for number in range(70)}
    files["broken.py"] = b"class ("
    files["empty.py"] = b""
    with Pool(3) as pool:
        apart = {path: (facts, text) for path, _, facts, text in pool.parse_all(files)}
        # What runs anyway gets few files too.
        [(_, _, _, alone)] = pool.parse_all({"one.py": b"x = 1"})
    assert alone is not None
    here = {path: parse(data) for path, data in files.items()}
    assert apart == {path: (facts, encode(facts)) for path, facts in here.items()}


def test_what_else_is_to_be_done_is_done_once_while_processes_are_at_it() -> None:
    files = {f"{number}.py": b"x = 1" for number in range(70)}
    calls: list[int] = []
    with Pool(2, lambda: calls.append(1)) as pool:
        answers = pool.parse_all(files)
        assert len(list(answers)) == len(list(pool.parse_all(files))) == 70
    assert calls == [1]


def test_few_files_start_no_process() -> None:
    with Pool(2, lambda: pytest.fail("nobody has to wait")) as pool:
        pool.expect(10)
        [(_, _, facts, text)] = pool.parse_all({"one.py": b"x = 1"})
    assert (facts, text) == (parse(b"x = 1"), None)


def test_large_files_are_parsed_first_and_the_last_pieces_are_small() -> None:
    files = {f"{size}.py": b" " * size for size in range(1_000, 100_000, 1_000)}
    pieces = [[len(files[path]) for path in piece] for piece in taken(Work(files))]
    assert [size for piece in pieces for size in piece] == sorted(map(len, files.values()), reverse=True)
    # Who asked may be killed, which nobody sees before the end of a piece.
    assert max(sum(piece[:-1]) for piece in pieces) <= 64_000
    assert sum(pieces[-1]) < 20_000


def test_what_is_asked_for_is_parsed_first_and_everything_once() -> None:
    work = Work({f"{number}.py": b" " * 10_000 for number in range(20)})
    [first] = [work.take(2)]
    work.prefer(["7.py", first[0], "3.py", "elsewhere.py", "7.py"])
    work.add("late.py", b"")
    rest = [path for piece in taken(work) for path in piece]
    assert rest[:3] == ["late.py", "7.py", "3.py"]
    assert sorted([*first, *rest]) == sorted(work.files)


def taken(work: Work) -> Iterator[list[str]]:
    while piece := work.take(2):
        yield piece


def test_processes_that_die_are_done_without() -> None:
    files = {f"{number}.py": SOURCE.replace("0001", f"{number:04}").encode() for number in range(70)}
    with Pool(2) as pool:
        pool.expect(len(files))
        assert pool._workers is not None
        for process in pool._workers._processes:
            process.kill()
        done = {path: facts for path, _, facts, _ in pool.parse_all(files)}
    assert done == {path: parse(data) for path, data in files.items()}


def test_processes_import_nothing_from_the_folder_that_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("open('imported', 'w')")
    (tmp_path / "libcst.py").write_text("open('imported', 'w')")
    monkeypatch.chdir(tmp_path)
    files = {f"{number}.py": SOURCE.replace("0001", f"{number:04}").encode() for number in range(70)}
    with Pool(2) as pool:
        assert all(text is not None for _, _, _, text in pool.parse_all(files))
    assert not (tmp_path / "imported").exists()


def test_a_run_says_the_same_with_and_without_its_cache_and_clean_removes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "shop" / "migrations"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "0001_initial.py").write_text(SOURCE)
    outputs = []
    for arguments in (["--no-cache"], [], []):
        main(["check", "--output-format", "json", *arguments])
        outputs.append(capsys.readouterr().out)
        assert (tmp_path / ".miglint_cache").exists() is (arguments == [])
    assert outputs[0] == outputs[1] == outputs[2] != ""
    assert main(["clean"]) == 0
    assert not (tmp_path / ".miglint_cache").exists()
    assert main(["clean"]) == 0
