"""Published packages as test input: fetched at pinned versions, kept in a cache outside the repository."""
