-- metaads: mode=concurrent when=public.patients requires=0001_meta_ads_columns min_pg=14 destructive=no
-- For large tables: the patients that came by an ad, by their campaign; those of no ad take no room in it.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_patients_meta_ads ON public.patients (meta_campaign_id) WHERE acquisition_source = 'META_ADS';
