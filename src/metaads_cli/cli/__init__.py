"""The command line: arguments in, one task called, exit code out."""
