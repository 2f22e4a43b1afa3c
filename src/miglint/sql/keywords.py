"""Words of SQL that name no table, no column or no function.

https://www.postgresql.org/docs/current/sql-keywords-appendix.html
"""

from __future__ import annotations

# What no name can be unless it is quoted, and what a function may be called all the same (LEFT, RIGHT).
_RESERVED = """
    all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create
    current_catalog current_date current_role current_time current_timestamp current_user default deferrable desc
    distinct do else end except false fetch for foreign from grant group having in initially intersect into
    lateral leading limit localtime localtimestamp not null offset on only or order placing primary references
    returning select session_user some symmetric system_user table then to trailing true union unique user using
    variadic when where window with
"""
RESERVED = frozenset(_RESERVED.split())
_FUNCTION_KEYWORDS = """
    authorization binary collation concurrently cross current_schema freeze full ilike inner is isnull join left
    like natural notnull outer overlaps right similar tablesample verbose
"""
FUNCTION_KEYWORDS = frozenset(_FUNCTION_KEYWORDS.split())
# Called without parentheses.
_BARE_FUNCTIONS = """
    current_catalog current_date current_role current_schema current_time current_timestamp current_user localtime
    localtimestamp session_user system_user user
"""
BARE_FUNCTIONS = frozenset(_BARE_FUNCTIONS.split())
# Written as calls, without being functions.
_CALL_WORDS = """
    between by coalesce cube exists filter greatest grouping isnull least notnull nullif over rollup row setof sets
    values within
"""
# Types whose length stands in the parentheses; the functions of these names are called in quotes.
_TYPE_WORDS = """
    bigint bit boolean char character dec decimal float int integer interval nchar numeric precision real smallint time
    timestamp varchar varying
"""
NOT_CALLED = RESERVED | FUNCTION_KEYWORDS | frozenset((_CALL_WORDS + _TYPE_WORDS).split())
NOT_CALLED -= BARE_FUNCTIONS | {"left", "right", "overlaps"}
NOT_NAMED = (RESERVED | FUNCTION_KEYWORDS | {"between"}) - BARE_FUNCTIONS
