-- metaads: mode=tx lock_timeout_ms=100 statement_timeout_ms=15000 destructive=no
-- What was filled in cannot be told from what was there, and stays. The columns that 0024 added go with its rollback;
-- this one makes it possible, and lets them be filled again.
DO $$
BEGIN
    NULL;
END
$$;
