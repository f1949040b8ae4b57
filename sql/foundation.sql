-- Host tables for a new installation: what the clinic application would have, as far as metaads relies on it.
-- Kept in step with the patches: the attribution columns are part of it. Applied in one transaction, only to a
-- database without a patients table, and only for the embedded database or with `metaads migrate --init`.

CREATE TABLE IF NOT EXISTS public.tenants (
    id serial PRIMARY KEY,
    clinic_name text NOT NULL,
    bot_phone_number text NOT NULL UNIQUE,
    owner_email text,
    config jsonb DEFAULT '{}'::jsonb,
    timezone text DEFAULT 'America/Argentina/Buenos_Aires',
    country_code text DEFAULT 'AR',
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);

CREATE TABLE public.patients (
    id serial PRIMARY KEY,
    tenant_id integer NOT NULL REFERENCES public.tenants (id),
    phone_number varchar(20) NOT NULL,
    dni varchar(15),
    first_name varchar(100) NOT NULL,
    last_name varchar(100),
    email varchar(255),
    status varchar(20) DEFAULT 'active',
    urgency_level varchar(20),
    urgency_reason text,
    preferred_schedule text,
    medical_history jsonb DEFAULT '{}'::jsonb,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    acquisition_source varchar(50) NOT NULL DEFAULT 'ORGANIC',
    meta_campaign_id varchar(255),
    meta_ad_id varchar(255),
    meta_ad_headline text,
    meta_ad_body text,
    external_ids jsonb DEFAULT '{}'::jsonb,
    UNIQUE (tenant_id, phone_number),
    UNIQUE (tenant_id, dni)
);

CREATE INDEX idx_patients_acquisition_source ON public.patients (acquisition_source);
CREATE INDEX idx_patients_external_ids ON public.patients USING gin (external_ids);
CREATE INDEX idx_patients_meta_ads ON public.patients (meta_campaign_id) WHERE acquisition_source = 'META_ADS';

CREATE TABLE IF NOT EXISTS public.appointments (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id integer NOT NULL REFERENCES public.tenants (id),
    patient_id integer NOT NULL REFERENCES public.patients (id),
    appointment_datetime timestamptz NOT NULL,
    appointment_type varchar(50) NOT NULL,
    status varchar(20) DEFAULT 'scheduled',
    source varchar(20) DEFAULT 'ai',
    created_at timestamptz DEFAULT now()
);

CREATE INDEX IF NOT EXISTS idx_appointments_patient ON public.appointments (tenant_id, patient_id);

CREATE TABLE IF NOT EXISTS public.accounting_transactions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id integer NOT NULL REFERENCES public.tenants (id),
    patient_id integer REFERENCES public.patients (id),
    appointment_id uuid REFERENCES public.appointments (id),
    transaction_type varchar(50) NOT NULL,
    transaction_date date NOT NULL,
    amount numeric(12, 2) NOT NULL,
    currency varchar(3) DEFAULT 'ARS',
    status varchar(20) DEFAULT 'completed',
    created_at timestamptz DEFAULT now()
);

CREATE INDEX idx_accounting_transactions_patient ON public.accounting_transactions (tenant_id, patient_id);

CREATE TABLE IF NOT EXISTS public.chat_messages (
    id bigserial PRIMARY KEY,
    from_number text NOT NULL,
    role text NOT NULL,
    content text NOT NULL,
    tenant_id integer DEFAULT 1,
    conversation_id uuid,
    created_at timestamptz DEFAULT now(),
    patient_id integer
);

CREATE INDEX idx_chat_messages_patient
    ON public.chat_messages (tenant_id, patient_id, created_at) WHERE patient_id IS NOT NULL;

CREATE TABLE IF NOT EXISTS public.clips (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id integer NOT NULL REFERENCES public.tenants (id),
    title text,
    video_url text,
    meta_video_id text,
    thumbnail_url text,
    created_at timestamptz DEFAULT now()
);
