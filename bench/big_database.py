"""A database as large as a network of clinics has: a thousand tenants, a million people, ten million insights.

    python bench/big_database.py DATABASE_URL [TENANTS]

The URL is that of a role that passes row level security. Each tenant has 5 campaigns of 2 ad sets of 4 ads with
figures on 180 days, and 1,000 people, most of them from an ad. Days are inserted one after another over all tenants,
as a daily sync does, so that a tenant's rows lie apart from each other.
"""

import sys

import psycopg

ACTIONS = """[
  {"action_type": "link_click", "value": "17"}, {"action_type": "post_engagement", "value": "31"},
  {"action_type": "onsite_conversion.messaging_first_reply", "value": "2"},
  {"action_type": "onsite_conversion.messaging_conversation_started_7d", "value": "3"},
  {"action_type": "lead", "value": "1"}, {"action_type": "omni_purchase", "value": "1"}]"""
VALUES = '[{"action_type": "omni_purchase", "value": "150.25"}]'

STATEMENTS = (
    """
    INSERT INTO tenants (id, clinic_name, bot_phone_number)
    SELECT n, 'Clinic ' || n, '1555' || lpad(n::text, 7, '0') FROM generate_series(1, %(tenants)s) AS n
    """,
    """
    INSERT INTO metaads.accounts (tenant_id, account_id, currency, timezone_name)
    SELECT n, 'act_' || n, 'ARS', 'America/Argentina/Buenos_Aires' FROM generate_series(1, %(tenants)s) AS n
    """,
    """
    INSERT INTO metaads.campaigns (tenant_id, campaign_id, account_id, name, fetched_at)
    SELECT t, 't' || t || 'c' || c, 'act_' || t, 'Campaign ' || c, now()
    FROM generate_series(1, %(tenants)s) AS t, generate_series(0, 4) AS c
    """,
    """
    INSERT INTO metaads.adsets (tenant_id, adset_id, account_id, campaign_id, name, fetched_at)
    SELECT t, 't' || t || 's' || s, 'act_' || t, 't' || t || 'c' || s / 2, 'Ad set ' || s, now()
    FROM generate_series(1, %(tenants)s) AS t, generate_series(0, 9) AS s
    """,
    """
    INSERT INTO metaads.ads (tenant_id, ad_id, account_id, campaign_id, adset_id, name, fetched_at)
    SELECT t, 't' || t || 'a' || a, 'act_' || t, 't' || t || 'c' || a / 8, 't' || t || 's' || a / 4, 'Ad ' || a, now()
    FROM generate_series(1, %(tenants)s) AS t, generate_series(0, 39) AS a
    """,
    """
    INSERT INTO patients (tenant_id, phone_number, first_name, created_at, acquisition_source, meta_ad_id,
                          meta_ad_headline)
    SELECT t, '549' || lpad(p::text, 8, '0'), 'P', timestamptz '2026-05-25' + (p %% 180) * interval '1 day',
           CASE WHEN p %% 5 > 0 THEN 'META_ADS' ELSE 'ORGANIC' END,
           CASE WHEN p %% 5 > 0 THEN 't' || t || 'a' || p %% 40 END, CASE WHEN p %% 5 > 0 THEN 'Headline' END
    FROM generate_series(1, %(people)s) AS p, generate_series(1, %(tenants)s) AS t
    """,
    """
    INSERT INTO metaads.referral_events (tenant_id, channel, event_id, occurred_at, patient_id, from_ad, ad_id,
                                         headline, referral)
    SELECT tenant_id, 'whatsapp', 'wamid.' || id, created_at, id, true, meta_ad_id, meta_ad_headline, '{}'
    FROM patients WHERE meta_ad_id IS NOT NULL
    """,
    """
    INSERT INTO appointments (tenant_id, patient_id, appointment_datetime, appointment_type, status, created_at)
    SELECT tenant_id, id, created_at + interval '5 days', 'visit',
           CASE WHEN id %% 4 > 0 THEN 'completed' ELSE 'cancelled' END, created_at + interval '2 days'
    FROM patients WHERE id %% 2 = 0
    """,
    """
    INSERT INTO accounting_transactions (tenant_id, patient_id, transaction_type, transaction_date, amount, currency)
    SELECT tenant_id, id, 'payment', (created_at + interval '6 days')::date, 100 + id %% 900, 'ARS'
    FROM patients WHERE id %% 3 = 0
    """,
)
A_DAY = """
    INSERT INTO metaads.insights (tenant_id, account_id, entity_type, entity_id, day, campaign_id, adset_id, ad_id,
                                  currency, spend, impressions, clicks, reach, frequency, ctr, cpc, conversions,
                                  revenue, actions, action_values, fetched_at)
    SELECT t, 'act_' || t, kind, 't' || t || prefix || n, date '2026-05-25' + %(day)s, 't' || t || 'c' || n / per,
           CASE WHEN kind <> 'campaign' THEN 't' || t || 's' || n / (per / 2) END,
           CASE WHEN kind = 'ad' THEN 't' || t || 'a' || n END,
           'ARS', 100 + (n * 37 + %(day)s) %% 900 + 0.25, 1000 + n, 17, 900, 1.11, 1.7, 6.2, 1, 150.25,
           %(actions)s, %(values)s, now()
    FROM generate_series(1, %(tenants)s) AS t,
         (VALUES ('campaign', 'c', 5, 1), ('adset', 's', 10, 2), ('ad', 'a', 40, 8)) AS level (kind, prefix, size, per),
         generate_series(0, size - 1) AS n
"""


DAILY_TOTALS = """
    INSERT INTO metaads.daily_totals (tenant_id, account_id, day, currency, insights, spend, impressions, clicks,
                                      conversations, revenue)
    SELECT tenant_id, account_id, day, currency, count(*), sum(spend), sum(impressions), sum(clicks), 3 * count(*),
           sum(revenue)
    FROM metaads.insights WHERE entity_type = 'ad' GROUP BY tenant_id, account_id, day, currency
"""


def fill(url: str, tenants: int, people: int = 1_000, days: int = 180) -> None:
    """Fill a migrated database that has no rows yet."""
    values = {"tenants": tenants, "people": people, "actions": ACTIONS, "values": VALUES}
    with psycopg.connect(url, autocommit=True) as connection:
        for text in STATEMENTS:
            connection.execute(text, values)
        for day in range(days):
            connection.execute(A_DAY, values | {"day": day})
        connection.execute(DAILY_TOTALS)
        connection.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    fill(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1_000)
