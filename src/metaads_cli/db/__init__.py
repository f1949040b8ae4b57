"""PostgreSQL: connections, tenants' sessions, tables, statements, bulk loading, patches, the embedded server."""
