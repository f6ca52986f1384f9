"""What is known about documents without any I/O: names, roles, fingerprints, lineage, answers, comparison."""
