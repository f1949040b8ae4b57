"""Settings: option > environment > config file > default, each value with its origin.

A key `k` of section `[s]` is set by `METAADS_S__K`; some also by the names that the source documents and the host
application use (`DATABASE_URL`, `META_ACCESS_TOKEN`, …). Secrets are references: `env:NAME` or `file:PATH`.
"""

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from metaads_cli.errors import ConfigError
from metaads_cli.expectations import expectation
from metaads_cli.redact import redact, redact_url, remember_secret

ENV_PREFIX = "METAADS_"
Mode = Literal["stub", "live", "hybrid"]


def is_reference(text: str) -> bool:
    return text.startswith(("env:", "file:"))


def _require_reference(text: str) -> str:
    if not is_reference(text):
        raise ValueError("a secret is not written here; name where it is kept: env:NAME or file:PATH")
    return text


def _split_commas(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _require_version(text: str) -> str:
    if not re.fullmatch(r"v\d+\.\d+", text):
        raise ValueError("expected a version such as v26.0")
    return text


SecretRef = Annotated[str, AfterValidator(_require_reference)]
"""`env:NAME` or `file:PATH`; `read_secret` gives the value."""
CommaList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_commas)]


def read_secret(reference: str) -> str:
    """The value behind `env:NAME` or `file:PATH`, masked from then on in every message.

    Raises ConfigError when the variable or the file is missing or empty.
    """
    kind, _, place = reference.partition(":")
    if kind == "env":
        value = os.environ.get(place, "")
        missing = f"The environment variable {place} is not set"
    else:
        path = Path(place).expanduser()
        missing = f"The file {place} is missing, unreadable or empty"
        try:
            value = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            value = ""
    if not value:
        raise ConfigError(f"{missing}, but the settings refer to it as {reference}")
    remember_secret(value)
    return value


def _setting(default: Any, help_text: str, *synonyms: str, **constraints: Any) -> Any:
    """A key with its description and the other environment variables that set it."""
    return Field(default, description=help_text, json_schema_extra={"synonyms": list(synonyms)}, **constraints)


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DatabaseSettings(Section):
    url: str | None = _setting(
        None,
        "PostgreSQL URL, or env:NAME, or file:PATH. Without one, an embedded PostgreSQL is used.",
        "DATABASE_URL",
    )
    connect_timeout_seconds: int = _setting(10, "How long to wait for a connection.", ge=1, le=600)


class GraphSettings(Section):
    base_url: str = _setting("https://graph.facebook.com", "Where the Graph API is.")
    api_version: Annotated[str, AfterValidator(_require_version)] = _setting(
        "v26.0", "Version of the Graph API.", "META_GRAPH_API_VERSION"
    )
    access_token: SecretRef | None = _setting(None, "Where the access token is kept.", "META_ACCESS_TOKEN")
    app_id: str | None = _setting(None, "Id of the Meta app.", "META_APP_ID")
    app_secret: SecretRef | None = _setting(None, "Where the app secret is kept.", "META_APP_SECRET")
    max_retries: int = _setting(3, "Tries after a temporary failure.", "META_API_MAX_RETRIES", ge=0, le=20)
    rate_limit_retry_delay_seconds: int | None = _setting(
        None,
        "First wait after a rate limit without a hint from Meta; unset: the documented block of that error.",
        "META_API_RATE_LIMIT_RETRY_DELAY",
        ge=1,
    )


class IngestSettings(Section):
    batch_size: int = _setting(5000, "Referrals in one transaction.", ge=1, le=100_000)
    unknown_contact: Literal["create", "hold"] = _setting(
        "create", "A referral from an unknown contact creates a guest, or is held until the contact exists."
    )
    max_document_mb: int = _setting(
        16, "A document larger than this is rejected, packed or not: memory is bounded.", ge=1, le=1024
    )
    rejects_directory: Path | None = _setting(
        None, "Where rejected lines are kept without --rejects. Default: the user's state directory."
    )
    ycloud_secret: SecretRef | None = _setting(None, "Where the secret is kept that YCloud signs its webhooks with.")


class MigrateSettings(Section):
    wait_seconds: float = _setting(60.0, "How long to wait for another runner of patches.", ge=0)
    lock_attempts: int = _setting(40, "Tries to get a table's lock before giving up.", ge=1, le=1000)


class OrchestrateSettings(Section):
    mode: Mode = _setting(
        "stub", "stub: simulated API; live: Meta; hybrid: reads live, simulates writes.", "META_ADS_MODE"
    )
    max_retries: int = _setting(3, "Tries of a write whose answer was lost and that took no effect.", ge=0, le=20)
    retry_delay_seconds: float = _setting(2.0, "First wait before such a try; it doubles.", ge=0, le=600)
    max_daily_total: Decimal | None = _setting(
        None, "Largest daily spend of one campaign, in the account's currency: beyond it nothing is sent.", gt=0
    )
    confirm_daily_total: Decimal | None = _setting(
        None, "Daily spend of one campaign from which a confirmation is asked for, published or not.", gt=0
    )


class StatsSettings(Section):
    valid_appointment_statuses: CommaList = _setting(
        ("scheduled", "confirmed", "completed"), "Appointments with another status do not count.", min_length=1
    )
    timezone: str = _setting("UTC", "Time zone of a tenant that has none of its own.")
    attribution_window_days: int = _setting(
        7, "For so long after the last touch an appointment is its doing.", ge=1, le=365
    )


class SyncSettings(Section):
    mode: Mode = _setting("stub", "stub: simulated API; live: Meta; hybrid: both.", "META_INSIGHTS_MODE")
    enabled: bool = _setting(True, "Whether `--every` runs at all.", "INSIGHTS_SYNC_ENABLED")
    interval_minutes: int = _setting(30, "Rhythm of `--every`.", "INSIGHTS_SYNC_INTERVAL_MINUTES", ge=1)
    max_days_back: int = _setting(
        365, "How far back a sync may reach; Meta keeps 37 months.", "INSIGHTS_MAX_DAYS_BACK", ge=1, le=1126
    )
    batch_size: int = _setting(5, "Ad accounts synced side by side.", "INSIGHTS_DEFAULT_BATCH_SIZE", ge=1, le=64)
    restate_days: int = _setting(
        28, "Days whose figures still move: once read, they are read again daily. 0: never.", ge=0, le=90
    )
    fresh_minutes: int = _setting(15, "A day read less than so long ago is not read again; Meta renews every 15.", ge=0)
    page_size: int = _setting(1000, "Rows of one answer, as long as Meta does not find it too much.", ge=25, le=5000)
    conversion_actions: CommaList = _setting(
        (), "Action types of a conversion, whatever the objective: the first that there is. Unset: by objective."
    )
    messaging_actions: CommaList = _setting(
        ("onsite_conversion.messaging_conversation_started_7d",),
        "A conversion of a campaign that leads into a conversation: the first of these that there is.",
        min_length=1,
    )
    lead_actions: CommaList = _setting(
        ("lead", "onsite_conversion.lead_grouped", "offsite_conversion.fb_pixel_lead"),
        "A conversion of a campaign for leads: the first of these that there is.",
        min_length=1,
    )
    purchase_actions: CommaList = _setting(
        ("omni_purchase", "purchase", "onsite_web_purchase", "offsite_conversion.fb_pixel_purchase"),
        "A conversion of a campaign for sales, and what revenue is the value of: the first of these that there is.",
        min_length=1,
    )


class Settings(BaseSettings):
    """All settings. `load` builds them; nothing else reads the environment."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_nested_delimiter="__", env_ignore_empty=True, extra="forbid", frozen=True
    )

    database: DatabaseSettings = DatabaseSettings()
    graph: GraphSettings = GraphSettings()
    ingest: IngestSettings = IngestSettings()
    migrate: MigrateSettings = MigrateSettings()
    orchestrate: OrchestrateSettings = OrchestrateSettings()
    stats: StatsSettings = StatsSettings()
    sync: SyncSettings = SyncSettings()


Key = tuple[str, str]
"""(section, key)"""


def all_keys() -> Iterator[tuple[Key, FieldInfo]]:
    for section, section_field in Settings.model_fields.items():
        section_model = section_field.annotation
        if isinstance(section_model, type) and issubclass(section_model, Section):
            for key, field in section_model.model_fields.items():
                yield (section, key), field


def synonyms(field: FieldInfo) -> list[str]:
    extra = field.json_schema_extra
    names = extra.get("synonyms") if isinstance(extra, dict) else None
    return [str(name) for name in names] if isinstance(names, list) else []


def env_name(key: Key) -> str:
    return f"{ENV_PREFIX}{key[0]}__{key[1]}".upper()


class LoadedSettings(BaseModel):
    """The settings and, for every key that is not at its default, where its value came from."""

    model_config = ConfigDict(frozen=True)

    values: Settings
    origins: dict[Key, str]
    config_file: Path | None

    def origin(self, key: Key) -> str:
        return self.origins.get(key, "default")

    def shown(self, key: Key) -> str:
        """The value as `config show` prints it: a password is masked, a secret is its reference."""
        value = getattr(getattr(self.values, key[0]), key[1])
        if isinstance(value, tuple):
            return ", ".join(value)
        if isinstance(value, bool):
            return str(value).lower()
        if key == ("database", "url") and value is not None and not is_reference(value):
            return redact_url(value)
        return "" if value is None else redact(str(value))


class _Environment(EnvSettingsSource):
    """`METAADS_SECTION__KEY`. A secret that stands in its variable itself becomes a reference to it."""

    def __call__(self) -> dict[str, Any]:
        found = super().__call__()
        for section, key in _secret_keys():
            value = found.get(section, {}).get(key)
            if isinstance(value, str) and not is_reference(value):
                found[section][key] = f"env:{env_name((section, key))}"
        return found


class _Synonyms(PydanticBaseSettingsSource):
    """The environment variables that other programs know these settings by."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        raise NotImplementedError  # pydantic-settings asks for it; this source answers as a whole

    def __call__(self) -> dict[str, Any]:
        found: dict[str, dict[str, Any]] = {}
        secret = set(_secret_keys())
        for (section, key), field in all_keys():
            for name in synonyms(field):
                if value := os.environ.get(name):
                    found.setdefault(section, {})[key] = f"env:{name}" if (section, key) in secret else value
        return found


def _secret_keys() -> Iterator[Key]:
    return (key for key, field in all_keys() if any(m == AfterValidator(_require_reference) for m in _metadata(field)))


def _metadata(field: FieldInfo) -> Iterator[object]:
    """The validators of a field, also where it may be None (`SecretRef | None`)."""
    yield from field.metadata
    for part in getattr(field.annotation, "__args__", ()):
        yield from getattr(part, "__metadata__", ())


def find_config_file(chosen: Path | None) -> Path | None:
    """`--config`, `$METAADS_CONFIG`, `./metaads.toml`, `$XDG_CONFIG_HOME/metaads/config.toml`: the first there is.

    Raises ConfigError when the one that was asked for does not exist.
    """
    asked = chosen or (Path(path) if (path := os.environ.get("METAADS_CONFIG")) else None)
    if asked is not None:
        if not _is_file(asked):
            raise ConfigError(f"The config file {asked} does not exist", hint="config.example.toml shows one")
        return asked
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    places = (Path("metaads.toml"), home / "metaads" / "config.toml")
    return next((place for place in places if _is_file(place)), None)


def _is_file(path: Path) -> bool:
    """Raises ConfigError where the way to it is closed: whether it is there cannot be known."""
    try:
        return path.is_file()
    except OSError as error:
        raise ConfigError(f"The config file {path} cannot be looked for: {error.strerror}") from None


def load(
    options: Mapping[Key, object] | None = None,
    *,
    config_file: Path | None = None,
    option_names: Mapping[Key, str] | None = None,
) -> LoadedSettings:
    """Read all settings. `options` are values from the command line, keyed by (section, key).

    Raises ConfigError naming every wrong key, its value and where it was set.
    """
    path = find_config_file(config_file)
    _refuse_unknown_sections()
    origins: dict[Key, str] = {}

    class Bound(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            *_: PydanticBaseSettingsSource,
            **__: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            file_source = (TomlConfigSettingsSource(settings_cls, path),) if path else ()
            sources = (init_settings, _Environment(settings_cls), _Synonyms(settings_cls), *file_source)
            origins.update(_origins(sources, option_names or {}, path))
            return sources

    nested: dict[str, dict[str, object]] = {}
    for (section, key), value in (options or {}).items():
        nested.setdefault(section, {})[key] = value
    try:
        values = Bound(**nested)  # type: ignore[arg-type]
    except ValidationError as error:
        raise _explain(error, origins, path) from None
    except (ValueError, OSError) as error:  # malformed TOML, or a file that cannot be read
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"The settings cannot be read{f' from {path}' if path else ''}: {reason}") from None
    return LoadedSettings(values=values, origins=origins, config_file=path)


def _refuse_unknown_sections() -> None:
    """A misspelled section in the environment would be passed over in silence."""
    sections = [f"{ENV_PREFIX}{section}".upper() for section in Settings.model_fields]
    for name in os.environ:
        section, separator, _ = name.upper().partition("__")
        if section in sections and not separator:
            raise ConfigError(f"{name} is a section; its keys are set by {section}__KEY")
        if section.startswith(ENV_PREFIX) and separator and section not in sections:
            asked = section.removeprefix(ENV_PREFIX).lower()
            near = difflib.get_close_matches(asked, Settings.model_fields, n=1)
            meant = f"; did you mean {ENV_PREFIX}{near[0].upper()}__…?" if near else ""
            raise ConfigError(f"There is no setting {name} (environment){meant}")


def _origins(
    sources: tuple[PydanticBaseSettingsSource, ...], option_names: Mapping[Key, str], path: Path | None
) -> dict[Key, str]:
    """For each key the place that decides it: the first source that has it."""
    origins: dict[Key, str] = {}
    fields = dict(all_keys())
    for source in sources:
        for section, keys in source().items():
            for key in keys if isinstance(keys, dict) else ():
                place = (section, key)
                origins.setdefault(place, _origin_name(source, place, fields.get(place), option_names, path))
    return origins


def _origin_name(
    source: PydanticBaseSettingsSource,
    key: Key,
    field: FieldInfo | None,
    option_names: Mapping[Key, str],
    path: Path | None,
) -> str:
    if isinstance(source, TomlConfigSettingsSource):
        return f"file {path}"
    if isinstance(source, _Environment):
        return f"environment {env_name(key)}"
    if isinstance(source, _Synonyms) and field is not None:
        return f"environment {next(name for name in synonyms(field) if os.environ.get(name))}"
    return f"option {option_names.get(key, '')}".strip()


def _explain(error: ValidationError, origins: Mapping[Key, str], path: Path | None) -> ConfigError:
    problems = [_problem(details, origins, path) for details in error.errors(include_url=False)]
    return ConfigError("; ".join(problems), hint="metaads config show --origin shows where each value comes from")


def _problem(details: Any, origins: Mapping[Key, str], path: Path | None) -> str:
    """One wrong setting in words: its name, its value, where it was set, what was expected."""
    names = [str(part) for part in details["loc"]]
    dotted = ".".join(names[:2])
    origin = origins.get((names[0], names[1])) if len(names) > 1 else None
    where = f" ({origin or (f'file {path}' if path else 'options')})"
    if details["type"] == "extra_forbidden":
        siblings = [key for (section, key), _ in all_keys() if section == names[0]]
        near = difflib.get_close_matches(names[-1], siblings if len(names) > 1 else Settings.model_fields, n=1)
        meant = f"; did you mean {'.'.join([*names[:-1], near[0]])}?" if near else ""
        return f"There is no setting {dotted}{where}{meant}"
    if len(names) == 1:
        return f"{dotted}{where} is a section: expected keys under [{dotted}]"
    shown = "" if (names[0], names[1]) in set(_secret_keys()) else f" is {redact(str(details['input']))!r}"
    return f"{dotted}{shown}{where}: {expectation(details)}"
