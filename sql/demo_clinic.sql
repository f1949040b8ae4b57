-- The clinics of `metaads demo`: two tenants, their patients and appointments. Repeating it changes nothing.
-- Every phone number and every name is made up and says so. What is known is left out by a join: a conflict clause
-- alone would use up sequence values.

INSERT INTO public.tenants (clinic_name, bot_phone_number, timezone)
SELECT clinic.clinic_name, clinic.bot_phone_number, clinic.timezone
FROM (VALUES
    ('Clínica Demo Norte', '5491150000001', 'America/Argentina/Buenos_Aires'),
    ('Clínica Demo Sur', '56950000002', 'America/Santiago')
) AS clinic (clinic_name, bot_phone_number, timezone)
LEFT JOIN public.tenants AS known USING (bot_phone_number)
WHERE known.id IS NULL;

INSERT INTO public.patients (tenant_id, phone_number, first_name, status, created_at)
SELECT t.id, p.phone_number, p.first_name, p.status, p.created_at
FROM (VALUES
    ('5491150000001', '5491150001001', 'Paciente 1', 'active', '2026-08-11 15:00+00'::timestamptz),
    ('5491150000001', '5491150001002', 'Paciente 2', 'active', '2026-08-12 15:00+00'),
    ('5491150000001', '+5491150001003', 'Paciente 3', 'active', '2026-08-13 15:00+00'),
    ('5491150000001', '5491150001004', 'Paciente 4', 'active', '2026-08-14 15:00+00'),
    ('5491150000001', '5491150001005', 'Paciente 5', 'active', '2026-09-28 15:00+00'),
    ('5491150000001', '5491150001006', 'Paciente 6', 'active', '2026-08-16 15:00+00'),
    ('56950000002', '56950001001', 'Paciente 1', 'active', '2026-08-17 15:00+00'),
    ('56950000002', '56950001002', 'Paciente 2', 'deleted', '2026-08-18 15:00+00')
) AS p (bot_phone_number, phone_number, first_name, status, created_at)
JOIN public.tenants AS t USING (bot_phone_number)
LEFT JOIN public.patients AS known ON known.tenant_id = t.id AND known.phone_number = p.phone_number
WHERE known.id IS NULL;

-- One person whom the clinic's own application attributed, with the campaign's name.
UPDATE public.patients AS p
SET acquisition_source = 'META_ADS',
    meta_campaign_id = 'Ortodoncia 2026',
    meta_ad_id = '120210000000000003',
    meta_ad_headline = 'Ortodoncia invisible',
    meta_ad_body = 'Sonreí mientras te tratás.'
FROM public.tenants AS t
WHERE t.id = p.tenant_id
  AND t.bot_phone_number = '5491150000001'
  AND p.phone_number = '5491150001005'
  AND p.acquisition_source = 'ORGANIC';

INSERT INTO public.appointments
    (id, tenant_id, patient_id, appointment_datetime, appointment_type, status, source, created_at)
SELECT a.id::uuid, t.id, p.id, a.appointment_datetime, a.appointment_type, a.status, 'demo', a.created_at
FROM (VALUES
    ('00000000-0000-4000-8000-000000000001', '5491150000001', '5491150001001', '2026-10-09 13:00+00'::timestamptz,
     'consulta', 'scheduled', '2026-10-03 13:00+00'::timestamptz),
    -- Before the ad: an old patient who clicks did not convert by it.
    ('00000000-0000-4000-8000-000000000002', '5491150000001', '5491150001002', '2026-09-05 13:00+00',
     'consulta', 'completed', '2026-09-01 13:00+00'),
    ('00000000-0000-4000-8000-000000000003', '5491150000001', '+5491150001003', '2026-10-08 13:00+00',
     'limpieza', 'completed', '2026-10-05 13:00+00'),
    ('00000000-0000-4000-8000-000000000004', '5491150000001', '+5491150001003', '2026-10-22 13:00+00',
     'control', 'confirmed', '2026-10-08 14:00+00'),
    ('00000000-0000-4000-8000-000000000005', '5491150000001', '5491150001004', '2026-10-12 13:00+00',
     'blanqueamiento', 'cancelled', '2026-10-07 13:00+00'),
    ('00000000-0000-4000-8000-000000000006', '5491150000001', '5491150001004', '2026-10-19 13:00+00',
     'blanqueamiento', 'confirmed', '2026-10-11 13:00+00'),
    ('00000000-0000-4000-8000-000000000007', '5491150000001', '5491150001005', '2026-10-02 13:00+00',
     'ortodoncia', 'completed', '2026-09-29 13:00+00'),
    ('00000000-0000-4000-8000-000000000008', '5491150000001', '5491150001006', '2026-10-15 13:00+00',
     'consulta', 'scheduled', '2026-10-10 13:00+00'),
    ('00000000-0000-4000-8000-000000000009', '56950000002', '56950001001', '2026-10-20 13:00+00',
     'implante', 'completed', '2026-10-16 13:00+00')
) AS a (id, bot_phone_number, phone_number, appointment_datetime, appointment_type, status, created_at)
JOIN public.tenants AS t USING (bot_phone_number)
JOIN public.patients AS p ON p.tenant_id = t.id AND p.phone_number = a.phone_number
ON CONFLICT (id) DO NOTHING;
