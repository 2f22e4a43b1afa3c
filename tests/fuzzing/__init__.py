"""Migrations as nobody writes them, and whether miglint gets through each of them."""
