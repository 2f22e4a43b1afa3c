"""What miglint can do and what it takes, measured: `python -m benchmarks`."""
