-- metaads: mode=tx lock_timeout_ms=100 statement_timeout_ms=900000 min_pg=14 destructive=no
-- What an account's ads did on each day, all together: a month of a large account is thirty rows instead of many
-- thousands. The sync keeps them, in the transaction that stores the insights that they are the sums of.
DO $$
DECLARE
    tenant record;
BEGIN
    IF to_regclass('metaads.daily_totals') IS NULL THEN
        CREATE TABLE metaads.daily_totals (
            tenant_id integer NOT NULL,
            account_id text NOT NULL,
            day date NOT NULL,
            currency text NOT NULL,
            insights bigint NOT NULL,
            spend numeric,
            impressions bigint,
            clicks bigint,
            conversations numeric,
            revenue numeric,
            PRIMARY KEY (tenant_id, account_id, day, currency)
        );
        ALTER TABLE metaads.daily_totals ENABLE ROW LEVEL SECURITY;
        ALTER TABLE metaads.daily_totals FORCE ROW LEVEL SECURITY;
        CREATE POLICY tenant_isolation ON metaads.daily_totals
            USING (tenant_id = nullif(current_setting('metaads.tenant_id', true), '')::integer);

        -- One tenant at a time: row level security shows no more, to nobody.
        IF to_regclass('public.tenants') IS NOT NULL THEN
            FOR tenant IN EXECUTE 'SELECT id FROM public.tenants ORDER BY id' LOOP
                PERFORM metaads.set_tenant(tenant.id);
                INSERT INTO metaads.daily_totals (tenant_id, account_id, day, currency, insights, spend, impressions,
                                                  clicks, conversations, revenue)
                SELECT known.tenant_id, known.account_id, known.day, known.currency, count(*), sum(known.spend),
                       sum(known.impressions), sum(known.clicks), sum(chats.started), sum(known.revenue)
                FROM metaads.insights AS known
                CROSS JOIN LATERAL (
                    SELECT sum((action ->> 'value')::numeric) AS started
                    FROM jsonb_array_elements(known.actions) AS action
                    WHERE action ->> 'action_type' = 'onsite_conversion.messaging_conversation_started_7d'
                ) AS chats
                WHERE known.tenant_id = tenant.id AND known.entity_type = 'ad'
                GROUP BY known.tenant_id, known.account_id, known.day, known.currency;
            END LOOP;
        END IF;
    END IF;
END
$$;
