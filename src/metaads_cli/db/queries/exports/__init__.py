"""Rows for a data warehouse, as they are stored or as the statistics count them: composed with SQLAlchemy Core."""
