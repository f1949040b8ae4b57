"""The tables as SQLAlchemy Core sees them: what metaads relies on of the host, and all of schema `metaads`."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Identity,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

host = MetaData(schema="public")
own = MetaData(schema="metaads")

_Kind = type[TypeEngine[Any]] | TypeEngine[Any]
EMPTY_OBJECT = text("'{}'::jsonb")


def _timestamp(name: str, *, required: bool = False) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=not required)


def _optional(kind: _Kind, *names: str) -> list[Column[Any]]:
    return [Column(name, kind) for name in names]


def _tenant() -> Column[Any]:
    return Column("tenant_id", Integer, primary_key=True, autoincrement=False)


def _key(name: str) -> Column[Any]:
    return Column(name, Text, primary_key=True)


def _required(name: str, kind: _Kind = Text) -> Column[Any]:
    return Column(name, kind, nullable=False)


tenants = Table(
    "tenants",
    host,
    Column("id", Integer, primary_key=True),
    _required("clinic_name"),
    _required("bot_phone_number"),
)

patients = Table(
    "patients",
    host,
    Column("id", Integer, primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("phone_number", String(20), nullable=False),
    Column("dni", String(15)),
    Column("first_name", String(100), nullable=False),
    Column("last_name", String),
    Column("email", String),
    Column("status", String(20), server_default="active"),
    _timestamp("created_at"),
    _timestamp("updated_at"),
    Column("acquisition_source", String(50), nullable=False, server_default="ORGANIC"),
    Column("meta_campaign_id", String(255), comment="the campaign's name, not its id"),
    Column("meta_ad_id", String(255)),
    Column("meta_ad_headline", Text),
    Column("meta_ad_body", Text),
    Column("external_ids", JSONB, server_default=EMPTY_OBJECT),
)

appointments = Table(
    "appointments",
    host,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("patient_id", Integer, nullable=False),
    _timestamp("appointment_datetime", required=True),
    Column("appointment_type", String(50), nullable=False),
    Column("status", String(20), server_default="scheduled"),
    Column("source", String(20)),
    _timestamp("created_at"),
)

leads = Table(
    "leads",
    host,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    *_optional(String, "first_name", "last_name"),
    _required("phone_number"),
    *_optional(String, "email", "status", "source"),
    _timestamp("created_at"),
    _timestamp("updated_at"),
    Column("acquisition_source", String(50), nullable=False, server_default="ORGANIC"),
    Column("meta_campaign_id", String(255), comment="the campaign's name, not its id"),
    Column("meta_ad_id", String(255)),
    Column("meta_ad_headline", Text),
    Column("meta_ad_body", Text),
)

patch_log = Table(
    "patch_log",
    own,
    Column("log_id", BigInteger, Identity(always=True), primary_key=True),
    _required("run_id", Uuid),
    _required("patch"),
    _required("checksum"),
    _required("action"),
    _timestamp("logged_at", required=True),
    *_optional(BigInteger, "duration_ms", "attempts", "lock_wait_ms"),
    Column("sqlstate", Text),
    Column("notices", ARRAY(Text)),
    Column("blockers", JSONB),
    _required("tool_version"),
    _required("server_version"),
    _required("role_name"),
)

accounts = Table(
    "accounts",
    own,
    _tenant(),
    _key("account_id"),
    *_optional(Text, "name", "currency", "timezone_name", "token_ref"),
    *(
        Column(name, ARRAY(Text), nullable=False)
        for name in ("page_ids", "instagram_ids", "phone_number_ids", "waba_ids")
    ),
    _timestamp("created_at", required=True),
    _timestamp("updated_at", required=True),
)

referral_events = Table(
    "referral_events",
    own,
    _tenant(),
    _key("channel"),
    _key("event_id"),
    _timestamp("occurred_at", required=True),
    Column("patient_id", Integer),
    Column("held_reason", Text),
    *_optional(Text, "contact_phone", "contact_user_id", "contact_name", "phone_number_id", "source_type"),
    Column("from_ad", Boolean, nullable=False),
    *_optional(Text, "ad_id", "source_id", "source_url", "headline", "body", "media_type", "media_url", "ctwa_clid"),
    Column("referral", JSONB, nullable=False),
    Column("contact_key", Text),
    Column("contact_ids", JSONB),
    *_optional(Text, "contact_email", "page_id", "instagram_id", "greeting", "ref", "form_id", "leadgen_id"),
    Column("lead_id", Uuid),
    *(
        Column(name, Boolean, nullable=False, server_default=text("false"))
        for name in ("matched_by_id", "created_contact")
    ),
)

identities = Table("identities", own, _tenant(), _key("kind"), _key("identifier"), _key("contact_key"))
touch_ids = Table("touch_ids", own, _tenant(), _key("kind"), _key("identifier"), _key("channel"), _key("event_id"))

attributions = Table(
    "attributions",
    own,
    _tenant(),
    Column("patient_id", Integer, primary_key=True, autoincrement=False),
    _required("channel"),
    _required("event_id"),
)

lead_attributions = Table(
    "lead_attributions",
    own,
    _tenant(),
    Column("lead_id", Uuid, primary_key=True),
    _required("channel"),
    _required("event_id"),
)

ingest_progress = Table(
    "ingest_progress",
    own,
    _key("job"),
    _key("source"),
    _required("fingerprint"),
    _required("read_to", BigInteger),
    _required("line", BigInteger),
    _required("is_finished", Boolean),
    _required("counts", JSONB),
    Column("rejects_file", Text),
    _timestamp("updated_at", required=True),
)

campaigns = Table(
    "campaigns",
    own,
    _tenant(),
    _key("campaign_id"),
    _required("account_id"),
    _required("name"),
    *_optional(Text, "objective", "buying_type"),
    Column("special_ad_categories", ARRAY(Text)),
    *_optional(Text, "status", "effective_status"),
    *_optional(Numeric, "daily_budget", "lifetime_budget"),
    *(_timestamp(name) for name in ("start_time", "stop_time", "created_time", "updated_time")),
    _timestamp("fetched_at", required=True),
)

adsets = Table(
    "adsets",
    own,
    _tenant(),
    _key("adset_id"),
    _required("account_id"),
    _required("campaign_id"),
    _required("name"),
    *_optional(Text, "status", "effective_status", "optimization_goal", "billing_event", "destination_type"),
    *_optional(Numeric, "daily_budget", "lifetime_budget"),
    Column("targeting", JSONB),
    *(_timestamp(name) for name in ("start_time", "end_time", "created_time", "updated_time")),
    _timestamp("fetched_at", required=True),
)

ads = Table(
    "ads",
    own,
    _tenant(),
    _key("ad_id"),
    _required("account_id"),
    _required("campaign_id"),
    _required("adset_id"),
    Column("creative_id", Text),
    _required("name"),
    *_optional(Text, "status", "effective_status"),
    *(_timestamp(name) for name in ("created_time", "updated_time")),
    _timestamp("fetched_at", required=True),
)

creatives = Table(
    "creatives",
    own,
    _tenant(),
    _key("creative_id"),
    _required("account_id"),
    *_optional(Text, "name", "title", "body", "call_to_action_type", "image_hash", "video_id", "thumbnail_url"),
    Column("object_story_spec", JSONB),
    _timestamp("fetched_at", required=True),
)

insights = Table(
    "insights",
    own,
    _tenant(),
    _key("account_id"),
    _key("entity_type"),
    _key("entity_id"),
    Column("day", Date, primary_key=True),
    _required("campaign_id"),
    *_optional(Text, "adset_id", "ad_id"),
    _required("currency"),
    Column("spend", Numeric),
    *_optional(BigInteger, "impressions", "clicks", "reach"),
    Column("frequency", Numeric),
    Column("unique_clicks", BigInteger),
    *_optional(Numeric, "ctr", "cpc", "conversions", "revenue", "roas", "cost_per_conversion"),
    Column("attribution_setting", Text),
    *_optional(JSONB, "actions", "action_values"),
    _timestamp("fetched_at", required=True),
    *_optional(Text, "conversion_action", "revenue_action"),
)

daily_totals = Table(
    "daily_totals",
    own,
    _tenant(),
    _key("account_id"),
    Column("day", Date, primary_key=True),
    _key("currency"),
    _required("insights", BigInteger),
    Column("spend", Numeric),
    *_optional(BigInteger, "impressions", "clicks"),
    *_optional(Numeric, "conversations", "revenue"),
)

sync_runs = Table(
    "sync_runs",
    own,
    _tenant(),
    Column("run_id", Uuid, primary_key=True),
    _key("account_id"),
    _required("sync_type"),
    _required("mode"),
    _required("since", Date),
    _required("until", Date),
    _timestamp("started_at", required=True),
    _timestamp("finished_at"),
    Column("success", Boolean),
    Column("report", JSONB),
    _timestamp("began_at"),
)

sync_accounts = Table(
    "sync_accounts",
    own,
    _tenant(),
    _key("account_id"),
    _required("data_source"),
    _timestamp("catalogue_read_at"),
    _timestamp("catalogue_complete_at"),
)

sync_days = Table(
    "sync_days",
    own,
    _tenant(),
    _key("account_id"),
    _key("entity_type"),
    Column("day", Date, primary_key=True),
    _timestamp("read_at", required=True),
    _required("row_count", BigInteger),
)

sync_shapes = Table(
    "sync_shapes",
    own,
    _tenant(),
    _key("account_id"),
    _key("entity_type"),
    _required("page_size", BigInteger),
    _required("days", BigInteger),
    _required("asynchronous", Boolean),
    Column("campaigns", BigInteger),
    _timestamp("learned_at", required=True),
)

orchestrations = Table(
    "orchestrations",
    own,
    _tenant(),
    _key("data_source"),
    _key("campaign_key"),
    _required("account_id"),
    _required("currency"),
    _required("run_state"),
    _required("run_id", Uuid),
    _required("source"),
    _timestamp("started_at", required=True),
    _timestamp("finished_at"),
)

orchestration_nodes = Table(
    "orchestration_nodes",
    own,
    _tenant(),
    _key("data_source"),
    _key("campaign_key"),
    _key("kind"),
    _key("node_key"),
    _required("marker"),
    Column("meta_id", Text),
    _required("status"),
    _required("applied", JSONB),
    _required("state"),
    _timestamp("updated_at", required=True),
)

orchestration_steps = Table(
    "orchestration_steps",
    own,
    _tenant(),
    Column("step_id", Uuid, primary_key=True),
    _required("data_source"),
    _required("campaign_key"),
    _required("run_id", Uuid),
    _required("kind"),
    _required("node_key"),
    _required("action"),
    _required("request", JSONB),
    _required("request_hash"),
    _required("state"),
    *_optional(Text, "meta_id", "error"),
    _timestamp("intended_at", required=True),
    _timestamp("finished_at"),
)

media = Table(
    "media",
    own,
    _tenant(),
    _key("data_source"),
    _key("account_id"),
    _key("media_kind"),
    _key("content_hash"),
    Column("meta_id", Text),
    _timestamp("intended_at", required=True),
    _timestamp("finished_at"),
)

unresolved_ads = Table(
    "unresolved_ads",
    own,
    _tenant(),
    _key("ad_id"),
    _required("reason"),
    _timestamp("asked_at", required=True),
    _timestamp("ask_again_at", required=True),
)

unresolved_leads = Table(
    "unresolved_leads",
    own,
    _tenant(),
    _key("leadgen_id"),
    _required("reason"),
    _timestamp("asked_at", required=True),
    _timestamp("ask_again_at", required=True),
)
