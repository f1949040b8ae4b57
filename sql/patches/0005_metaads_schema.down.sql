-- metaads: mode=tx lock_timeout_ms=100 statement_timeout_ms=15000 destructive=yes
-- All that metaads knows. What it wrote into the host's tables stays there.
DO $$
BEGIN
    IF to_regclass('metaads.attributions') IS NOT NULL THEN
        DROP TABLE metaads.attributions;
    END IF;
    IF to_regclass('metaads.referral_events') IS NOT NULL THEN
        DROP TABLE metaads.referral_events;
    END IF;
    IF to_regclass('metaads.accounts') IS NOT NULL THEN
        DROP TABLE metaads.accounts;
    END IF;
    IF to_regclass('metaads.campaigns') IS NOT NULL THEN
        DROP TABLE metaads.campaigns;
    END IF;
    IF to_regclass('metaads.adsets') IS NOT NULL THEN
        DROP TABLE metaads.adsets;
    END IF;
    IF to_regclass('metaads.ads') IS NOT NULL THEN
        DROP TABLE metaads.ads;
    END IF;
    IF to_regclass('metaads.creatives') IS NOT NULL THEN
        DROP TABLE metaads.creatives;
    END IF;
    IF to_regclass('metaads.insights') IS NOT NULL THEN
        DROP TABLE metaads.insights;
    END IF;
    IF to_regclass('metaads.sync_runs') IS NOT NULL THEN
        DROP TABLE metaads.sync_runs;
    END IF;
    IF to_regprocedure('metaads.set_tenant(integer)') IS NOT NULL THEN
        DROP FUNCTION metaads.set_tenant(integer);
    END IF;
END
$$;
