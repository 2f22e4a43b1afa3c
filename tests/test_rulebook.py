from __future__ import annotations

import json

import pytest

from miglint import rulebook

PAGE = """\
# MIG302 blocking-index

Builds an index while
every write waits.

A second paragraph.

## Given

```python title="shop/migrations/0001_initial.py"
first = 1
```

## Bad

### One way

```python title="shop/migrations/0002_x.py"
second = 2  # MIG302
third = 3  # noqa: MIG302
```

### Another

```python title="shop/migrations/0001_initial.py" init="no"
# MIG302, MIG405
```

```gitignore title=".gitignore" flags="1,3"
*.pyc
.env
migrations/
```

## Good

```python title="shop/migrations/0002_x.py"
```

## Why

```python
untitled = "no file"
```

````markdown title="README.md"
```python title="nested.py"
```
````
"""


def test_the_heading_and_the_first_paragraph_are_told_apart():
    page = rulebook.parse(PAGE)
    assert (page.code, page.title) == ("MIG302", "blocking-index")
    assert page.summary == "Builds an index while every write waits."
    assert page.text == PAGE


def test_headings_of_the_third_level_set_projects_apart():
    page = rulebook.parse(PAGE)
    assert [[example.path for example in story] for story in page.bad] == [
        ["shop/migrations/0002_x.py"],
        ["shop/migrations/0001_initial.py", ".gitignore"],
    ]
    assert [[example.path for example in story] for story in page.good] == [["shop/migrations/0002_x.py"]]


def test_marks_are_comments_at_the_end_of_a_line_or_flags_of_the_fence():
    one, another = rulebook.parse(PAGE).bad
    assert one[0].marks == ((1, "MIG302"),)
    assert another[0].marks == ((1, "MIG302"), (1, "MIG405"))
    assert another[1].marks == ((1, "MIG302"), (3, "MIG302"))


def test_a_mark_stays_in_the_text():
    assert rulebook.parse(PAGE).bad[0][0].text == "second = 2  # MIG302\nthird = 3  # noqa: MIG302\n"


def test_a_folder_may_go_without_its_init():
    page = rulebook.parse(PAGE)
    assert page.bad[0][0].packaged
    assert not page.bad[1][0].packaged


def test_a_story_has_the_given_files_unless_it_brings_its_own():
    page = rulebook.parse(PAGE)
    assert [example.path for example in rulebook.project(page, page.bad[0])] == [
        "shop/migrations/0001_initial.py",
        "shop/migrations/0002_x.py",
    ]
    own = rulebook.project(page, page.bad[1])
    assert [(example.path, example.text) for example in own if example.path.endswith(".py")] == [
        ("shop/migrations/0001_initial.py", "# MIG302, MIG405\n")
    ]


@pytest.mark.parametrize("text", ["", "MIG302 blocking-index\n", "# blocking-index\n", "## MIG302 blocking-index\n"])
def test_a_page_without_its_heading_is_refused(text: str):
    with pytest.raises(ValueError, match="CODE name"):
        rulebook.parse(text)


def test_a_block_that_does_not_end_is_refused():
    with pytest.raises(ValueError, match="does not end"):
        rulebook.parse("# MIG302 blocking-index\n\n```python\nx = 1\n")


def test_a_rule_is_found_by_code_and_by_name():
    by_code = rulebook.explain("mig601")
    assert by_code is not None
    assert by_code.startswith("MIG601 gitignored-migrations · error · on by default\n\nA migrations folder")
    assert rulebook.explain("gitignored-migrations") == by_code


def test_an_unknown_rule_is_none():
    assert rulebook.explain("MIG999") is None
    assert rulebook.page("MIG999") is None


def test_a_page_is_there_as_json_too():
    text = rulebook.explain("MIG601", as_json=True)
    assert text is not None
    explained = json.loads(text)
    assert list(explained) == ["version", "code", "name", "severity", "default", "summary", "text"]
    assert (explained["code"], explained["severity"]) == ("MIG601", "error")


def test_the_list_has_a_line_for_each_rule_in_code_order():
    lines = rulebook.listing().splitlines()
    assert lines[0] == "MIG001  error    unreadable-migration"
    assert [line[:6] for line in lines] == sorted(line[:6] for line in lines)
    assert [rule["code"] for rule in json.loads(rulebook.listing(as_json=True))["rules"]] == [
        line[:6] for line in lines
    ]


def test_the_list_can_carry_every_page():
    assert rulebook.listing(pages=True).count(" by default\n") == len(rulebook.entries())


def test_a_file_of_the_main_branch_stands_beside_the_storys_own():
    page = rulebook.parse(
        "# MIG604 edited-migration\n\nOld and new.\n\n## Bad\n\n"
        '```python title="a.py" git="main"\nold\n```\n\n```python title="a.py"\nnew  # MIG604\n```\n\n'
        '```python title="b.py" git="untracked"\nmore\n```\n'
    )
    (story,) = page.bad
    assert [(one.path, one.git) for one in story] == [("a.py", "main"), ("a.py", ""), ("b.py", "untracked")]
    assert [(one.path, one.text) for one in rulebook.project(page, story)] == [
        ("a.py", "new  # MIG604\n"),
        ("b.py", "more\n"),
    ]


def test_a_file_is_on_main_or_untracked_or_neither():
    with pytest.raises(ValueError, match="neither main nor untracked"):
        rulebook.parse('# MIG604 edited-migration\n\nOld.\n\n## Bad\n\n```python title="a.py" git="mian"\nold\n```\n')
