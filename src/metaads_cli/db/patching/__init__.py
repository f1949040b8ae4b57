"""The patch runner: files, history, and their application to a live database."""
