"""Speed, measured against named baselines in the same run: ``python -m benchmarks.NAME`` prints a table, then a line of JSON."""
