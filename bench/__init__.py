"""Benchmarks of mailcrm against its peers: see bench/README.md."""
