"""Settings: precedence, synonyms, where the file is found, secrets as references, and errors that say what to do."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from metaads_cli import redact, settings
from metaads_cli.errors import ConfigError
from metaads_cli.settings import Key, LoadedSettings, Settings, all_keys, env_name, read_secret, synonyms

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
TOKEN = "EAAGm0PX4ZCpsBAKZCsecretsecret"  # the form of a real one

# The contract's list: name, key, a value for it, what it becomes.
SYNONYMS = [
    ("DATABASE_URL", ("database", "url"), "postgresql+asyncpg://h/d", "postgresql+asyncpg://h/d"),
    ("META_ACCESS_TOKEN", ("graph", "access_token"), TOKEN, "env:META_ACCESS_TOKEN"),
    ("META_APP_ID", ("graph", "app_id"), "123", "123"),
    ("META_APP_SECRET", ("graph", "app_secret"), "0123456789abcdef", "env:META_APP_SECRET"),
    ("META_GRAPH_API_VERSION", ("graph", "api_version"), "v25.0", "v25.0"),
    ("META_ADS_MODE", ("orchestrate", "mode"), "live", "live"),
    ("META_INSIGHTS_MODE", ("sync", "mode"), "hybrid", "hybrid"),
    ("META_API_MAX_RETRIES", ("graph", "max_retries"), "7", 7),
    ("META_API_RATE_LIMIT_RETRY_DELAY", ("graph", "rate_limit_retry_delay_seconds"), "90", 90),
    ("INSIGHTS_SYNC_INTERVAL_MINUTES", ("sync", "interval_minutes"), "15", 15),
    ("INSIGHTS_SYNC_ENABLED", ("sync", "enabled"), "false", False),
    ("INSIGHTS_MAX_DAYS_BACK", ("sync", "max_days_back"), "90", 90),
    ("INSIGHTS_DEFAULT_BATCH_SIZE", ("sync", "batch_size"), "10", 10),
]
# A second value for each of their keys.
OTHERS: dict[Key, tuple[str, object]] = {
    ("database", "url"): ("postgresql://other/d", "postgresql://other/d"),
    ("graph", "access_token"): ("file:/run/token", "file:/run/token"),
    ("graph", "app_id"): ("456", "456"),
    ("graph", "app_secret"): ("env:ELSEWHERE", "env:ELSEWHERE"),
    ("graph", "api_version"): ("v27.0", "v27.0"),
    ("orchestrate", "mode"): ("hybrid", "hybrid"),
    ("sync", "mode"): ("live", "live"),
    ("graph", "max_retries"): ("9", 9),
    ("graph", "rate_limit_retry_delay_seconds"): ("5", 5),
    ("sync", "interval_minutes"): ("45", 45),
    ("sync", "enabled"): ("true", True),
    ("sync", "max_days_back"): ("30", 30),
    ("sync", "batch_size"): ("2", 2),
}
KEYS = [key for key, _ in all_keys()]
SECRETS = [("graph", "access_token"), ("graph", "app_secret")]


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of ours, an empty working directory and an empty home."""
    for name in [*map(env_name, KEYS), *(name for name, *_ in SYNONYMS), "METAADS_CONFIG"]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr(redact, "_known", set())


def value_of(loaded: LoadedSettings, key: Key) -> object:
    return getattr(getattr(loaded.values, key[0]), key[1])


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def error_of(text: str = "", options: Mapping[Key, object] | None = None, **names: str) -> str:
    """The message of a config file (or options) that cannot be used."""
    path = write(Path("bad.toml"), text)
    option_names = {("stats", "timezone"): "--timezone", ("graph", "access_token"): "--token"}
    with pytest.raises(ConfigError) as caught:
        settings.load(options, config_file=path, option_names=option_names)
    return caught.value.message


def test_without_any_configuration_every_key_has_its_default() -> None:
    loaded = settings.load()
    assert loaded.values.model_dump() == Settings.model_construct().model_dump()
    assert (loaded.config_file, {loaded.origin(key) for key in KEYS}) == (None, {"default"})


def test_an_option_goes_before_the_environment_before_the_file_before_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = ("sync", "batch_size")
    seen = [value_of(settings.load(), key)]
    write(Path("metaads.toml"), "[sync]\nbatch_size = 11\nmax_days_back = 100\n")
    seen.append(value_of(settings.load(), key))
    monkeypatch.setenv("INSIGHTS_DEFAULT_BATCH_SIZE", "12")
    seen.append(value_of(settings.load(), key))
    monkeypatch.setenv("METAADS_SYNC__BATCH_SIZE", "13")
    seen.append(value_of(settings.load(), key))
    loaded = settings.load({key: 14})
    assert [*seen, value_of(loaded, key)] == [5, 11, 12, 13, 14]
    assert value_of(loaded, ("sync", "max_days_back")) == 100  # the file still gives what nothing else does


def test_each_value_knows_where_it_came_from(monkeypatch: pytest.MonkeyPatch) -> None:
    write(Path("metaads.toml"), "[sync]\nbatch_size = 11\n[graph]\nmax_retries = 1\napi_version = 'v25.0'\n")
    monkeypatch.setenv("META_API_MAX_RETRIES", "2")
    monkeypatch.setenv("METAADS_STATS__TIMEZONE", "Europe/Berlin")
    loaded = settings.load({("sync", "mode"): "live"}, option_names={("sync", "mode"): "--mode"})
    assert {key: loaded.origin(key) for key in loaded.origins} == {
        ("sync", "mode"): "option --mode",
        ("stats", "timezone"): "environment METAADS_STATS__TIMEZONE",
        ("graph", "max_retries"): "environment META_API_MAX_RETRIES",
        ("graph", "api_version"): "file metaads.toml",
        ("sync", "batch_size"): "file metaads.toml",
    }
    assert loaded.origin(("graph", "base_url")) == "default"


@pytest.mark.parametrize(("name", "key", "text", "expected"), SYNONYMS, ids=[name for name, *_ in SYNONYMS])
def test_a_synonym_sets_its_key(
    monkeypatch: pytest.MonkeyPatch, name: str, key: Key, text: str, expected: object
) -> None:
    monkeypatch.setenv(name, text)
    loaded = settings.load()
    assert (value_of(loaded, key), loaded.origin(key)) == (expected, f"environment {name}")


@pytest.mark.parametrize(("name", "key", "text"), [row[:3] for row in SYNONYMS], ids=[name for name, *_ in SYNONYMS])
def test_the_full_name_wins_over_the_synonym(monkeypatch: pytest.MonkeyPatch, name: str, key: Key, text: str) -> None:
    other, expected = OTHERS[key]
    monkeypatch.setenv(name, text)
    monkeypatch.setenv(env_name(key), other)
    loaded = settings.load()
    assert (value_of(loaded, key), loaded.origin(key)) == (expected, f"environment {env_name(key)}")


def test_the_synonyms_are_those_of_the_contract() -> None:
    assert {(name, key) for key, field in all_keys() for name in synonyms(field)} == {row[:2] for row in SYNONYMS}


@pytest.mark.parametrize("name", ["METAADS_DATABASE__URL", "DATABASE_URL"])
def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "")
    write(Path("metaads.toml"), "[database]\nurl = 'postgresql://from-file/d'\n")
    assert settings.load().values.database.url == "postgresql://from-file/d"


def test_a_list_is_separated_by_commas_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METAADS_STATS__VALID_APPOINTMENT_STATUSES", "done, paid,,")
    loaded = settings.load()
    assert loaded.values.stats.valid_appointment_statuses == ("done", "paid")
    assert loaded.shown(("stats", "valid_appointment_statuses")) == "done, paid"


# --- the config file


def test_the_config_file_is_the_first_there_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def found() -> str:
        return settings.load(config_file=chosen).values.stats.timezone

    chosen: Path | None = None
    write(tmp_path / "xdg/metaads/config.toml", "[stats]\ntimezone = 'xdg'\n")
    seen = [found()]
    write(Path("metaads.toml"), "[stats]\ntimezone = 'here'\n")
    seen.append(found())
    monkeypatch.setenv("METAADS_CONFIG", str(write(tmp_path / "named.toml", "[stats]\ntimezone = 'named'\n")))
    seen.append(found())
    chosen = write(tmp_path / "chosen.toml", "[stats]\ntimezone = 'chosen'\n")
    seen.append(found())
    assert seen == ["xdg", "here", "named", "chosen"]


def test_without_xdg_config_home_the_file_is_looked_for_in_dot_config(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME")
    path = write(tmp_path / "home/.config/metaads/config.toml", "")
    assert settings.load().config_file == path


@pytest.mark.parametrize("by_option", [True, False])
def test_a_config_file_that_was_asked_for_must_exist(monkeypatch: pytest.MonkeyPatch, by_option: bool) -> None:
    write(Path("metaads.toml"), "")
    if not by_option:
        monkeypatch.setenv("METAADS_CONFIG", "missing.toml")
    with pytest.raises(ConfigError, match=r"^The config file missing\.toml does not exist$"):
        settings.load(config_file=Path("missing.toml") if by_option else None)


# --- secrets


@pytest.mark.parametrize("key", SECRETS)
@pytest.mark.parametrize("reference", ["env:SOME_NAME", "file:/run/secrets/x"])
def test_a_file_names_the_place_of_a_secret(key: Key, reference: str) -> None:
    write(Path("metaads.toml"), f"[{key[0]}]\n{key[1]} = '{reference}'\n")
    loaded = settings.load()
    assert (value_of(loaded, key), loaded.shown(key)) == (reference, reference)


@pytest.mark.parametrize("key", SECRETS)
@pytest.mark.parametrize(
    "written", [f"'{TOKEN}'", "'hunter2hunter2'", "1234567890", "['hunter2hunter2']", "{a = 'hunter2'}"]
)
def test_a_secret_itself_in_the_file_is_refused_and_not_repeated(key: Key, written: str) -> None:
    message = error_of(f"[{key[0]}]\n{key[1]} = {written}\n")
    assert message.startswith(f"{'.'.join(key)} (file bad.toml): ")
    assert not any(part in message for part in (TOKEN, "hunter2", "1234567890"))


@pytest.mark.parametrize("name", ["META_ACCESS_TOKEN", "METAADS_GRAPH__ACCESS_TOKEN"])
def test_a_token_in_the_environment_becomes_a_reference_and_is_never_shown(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "hunter2-no-known-form")
    loaded = settings.load()
    assert loaded.values.graph.access_token == f"env:{name}"
    assert not any("hunter2" in loaded.shown(key) + loaded.origin(key) for key in KEYS)
    assert "hunter2" not in repr(loaded)
    assert read_secret(f"env:{name}") == "hunter2-no-known-form"


def test_the_password_of_the_database_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://ana:hunter2@db.example:5432/clinic")
    assert settings.load().shown(("database", "url")) == "postgresql://ana:***@db.example:5432/clinic"


@pytest.mark.parametrize(("key", "shown"), [(("sync", "enabled"), "true"), (("database", "url"), "")])
def test_values_are_shown_as_a_file_would_spell_them(key: Key, shown: str) -> None:
    assert settings.load().shown(key) == shown


def test_a_secret_is_read_from_the_environment_and_masked_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_NAME", "hunter2-secret")
    assert read_secret("env:SOME_NAME") == "hunter2-secret"
    assert redact.redact("it was hunter2-secret!") == "it was ***!"


@pytest.mark.parametrize("where", ["absolute", "relative", "home"])
def test_a_secret_is_read_from_a_file_without_its_line_end(tmp_path: Path, where: str) -> None:
    folder = {"absolute": tmp_path, "relative": Path(), "home": tmp_path / "home"}[where]
    write(folder / "token", "hunter2-secret\n")
    prefix = {"absolute": f"{tmp_path}/", "relative": "", "home": "~/"}[where]
    assert read_secret(f"file:{prefix}token") == "hunter2-secret"
    assert redact.redact("hunter2-secret") == "***"


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe"])
def test_a_file_without_a_secret_is_named(content: bytes | None) -> None:
    if content is not None:
        Path("token").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read_secret("file:token")
    assert caught.value.message == (
        "The file token is missing, unreadable or empty, but the settings refer to it as file:token"
    )


@pytest.mark.parametrize("value", [None, ""])
def test_a_variable_without_a_secret_is_named(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    if value is not None:
        monkeypatch.setenv("SOME_NAME", value)
    with pytest.raises(ConfigError) as caught:
        read_secret("env:SOME_NAME")
    assert caught.value.message == (
        "The environment variable SOME_NAME is not set, but the settings refer to it as env:SOME_NAME"
    )


# --- errors

NO_INTEGER = "expected a whole number"
NO_REFERENCE = "a secret is not written here; name where it is kept: env:NAME or file:PATH"
UNREADABLE = "The settings cannot be read from bad.toml"
FILE_ERRORS = [
    ("[grap]\na = 1", "There is no setting grap (file bad.toml); did you mean graph?"),
    ("[weather]\na = 1", "There is no setting weather (file bad.toml)"),
    ("timezone = 'UTC'", "There is no setting timezone (file bad.toml)"),
    ("[graph]\nbase_ur = 'x'", "There is no setting graph.base_ur (file bad.toml); did you mean graph.base_url?"),
    ("[graph]\nweather = 'x'", "There is no setting graph.weather (file bad.toml)"),
    ("graph = 'hunter2'", "graph (file bad.toml) is a section: expected keys under [graph]"),
    ("[[graph]]\napp_secret = 'hunter2'", "graph (file bad.toml) is a section: expected keys under [graph]"),
    (
        "[graph]\nmax_retries = 'many'",
        f"graph.max_retries is 'many' (file bad.toml): {NO_INTEGER}",
    ),
    (
        "[sync]\nbatch_size = 65",
        "sync.batch_size is '65' (file bad.toml): expected a number of at most 64",
    ),
    (
        "[sync]\nmode = 'real'",
        "sync.mode is 'real' (file bad.toml): expected 'stub', 'live' or 'hybrid'",
    ),
    (
        "[database]\nurl = ['postgresql://ana:hunter2@h/d']",
        "database.url is \"['postgresql://ana:***@h/d']\" (file bad.toml): expected text",
    ),
    (
        "[graph]\napi_version = '26'",
        "graph.api_version is '26' (file bad.toml): expected a version such as v26.0",
    ),
    (
        "[stats]\nvalid_appointment_statuses = []",
        "stats.valid_appointment_statuses is '[]' (file bad.toml): expected at least one value",
    ),
    (
        "[graph]\naccess_token = 'hunter2'",
        f"graph.access_token (file bad.toml): {NO_REFERENCE}",
    ),
    (
        "[graph\n",
        f"{UNREADABLE}: Expected ']' at the end of a table declaration (at line 1, column 7)",
    ),
    (
        "[graph]\naccess_token = hunter2",
        f"{UNREADABLE}: Invalid value (at line 2, column 16)",
    ),
]


@pytest.mark.parametrize(("text", "message"), FILE_ERRORS, ids=[text for text, _ in FILE_ERRORS])
def test_a_mistake_in_the_file_is_one_clear_sentence(text: str, message: str) -> None:
    assert error_of(text) == message
    assert "hunter2" not in message
    assert "\n" not in message


NO_BOOLEAN = "expected true or false"
ENVIRONMENT_ERRORS = [
    (
        "METAADS_GRAPH__BASE_URLL",
        "There is no setting graph.base_urll (environment METAADS_GRAPH__BASE_URLL); did you mean graph.base_url?",
    ),
    (
        "METAADS_GRAPHH__BASE_URL",
        "There is no setting METAADS_GRAPHH__BASE_URL (environment); did you mean METAADS_GRAPH__…?",
    ),
    ("METAADS_WEATHER__URL", "There is no setting METAADS_WEATHER__URL (environment)"),
    ("METAADS_GRAPH", "METAADS_GRAPH is a section; its keys are set by METAADS_GRAPH__KEY"),
    ("METAADS_SYNC__ENABLED", f"sync.enabled is 'hunter2' (environment METAADS_SYNC__ENABLED): {NO_BOOLEAN}"),
    ("INSIGHTS_SYNC_ENABLED", f"sync.enabled is 'hunter2' (environment INSIGHTS_SYNC_ENABLED): {NO_BOOLEAN}"),
]


def test_a_list_of_nothing_is_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METAADS_STATS__VALID_APPOINTMENT_STATUSES", ",")
    with pytest.raises(ConfigError, match="expected at least one value"):
        settings.load()


def test_a_place_that_cannot_be_searched_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    place = "/" + "x" * 300
    monkeypatch.setenv("XDG_CONFIG_HOME", place)
    with pytest.raises(ConfigError) as caught:
        settings.load()
    assert caught.value.message == (
        f"The config file {place}/metaads/config.toml cannot be looked for: File name too long"
    )


@pytest.mark.parametrize(("name", "message"), ENVIRONMENT_ERRORS, ids=[name for name, _ in ENVIRONMENT_ERRORS])
def test_a_mistake_in_the_environment_is_one_clear_sentence(
    monkeypatch: pytest.MonkeyPatch, name: str, message: str
) -> None:
    monkeypatch.setenv(name, "hunter2")
    assert error_of() == message


@pytest.mark.parametrize("value", ["5", "{}", "[1]", '{"access_token": "hunter2"}'])
def test_a_section_as_a_whole_is_not_set_by_a_variable(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("METAADS_GRAPH", value)
    assert error_of() == "METAADS_GRAPH is a section; its keys are set by METAADS_GRAPH__KEY"


def test_a_variable_of_another_kind_is_none_of_our_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METAADS_TEST_DATABASE_URL", "postgresql://x")
    assert settings.load().origins == {}


def test_a_mistake_in_an_option_names_the_option() -> None:
    message = error_of(options={("stats", "timezone"): 5})
    assert message == "stats.timezone is '5' (option --timezone): expected text"


def test_a_secret_as_an_option_is_refused_and_not_repeated() -> None:
    message = error_of(options={("graph", "access_token"): "hunter2hunter2"})
    assert message.startswith("graph.access_token (option --token): a secret is not written here")
    assert "hunter2" not in message


def test_all_mistakes_are_told_at_once() -> None:
    message = error_of("[graph]\nmax_retries = -1\n[sync]\ninterval_minutes = 0\nweather = 1\n")
    assert [part.partition(" (")[0] for part in message.split("; ")] == [
        "graph.max_retries is '-1'",
        "sync.interval_minutes is '0'",
        "There is no setting sync.weather",
    ]


def test_a_file_that_is_not_utf8_is_named() -> None:
    Path("metaads.toml").write_bytes(b"[stats]\ntimezone = '\xff'\n")
    with pytest.raises(ConfigError, match=r"^The settings cannot be read from metaads\.toml: "):
        settings.load()


# --- config.example.toml


def uncommented() -> str:
    return re.sub(r"(?m)^# (?=\w+ = )", "", EXAMPLE.read_text())


def test_the_example_holds_every_key_and_no_other() -> None:
    sections = tomllib.loads(uncommented())
    assert [(section, key) for section, keys in sections.items() for key in keys] == KEYS


def test_the_example_changes_nothing_as_it_is() -> None:
    assert settings.load(config_file=EXAMPLE).values.model_dump() == Settings.model_construct().model_dump()


def test_the_uncommented_example_equals_the_defaults_where_there_are_any() -> None:
    loaded = settings.load(config_file=write(Path("example.toml"), uncommented()))
    written = tomllib.loads(uncommented())
    for key, field in all_keys():
        if field.default is None:
            assert value_of(loaded, key) is not None
        else:
            assert value_of(loaded, key) == field.default
            assert type(written[key[0]][key[1]]) is (list if isinstance(field.default, tuple) else type(field.default))


def test_the_example_names_every_synonym_beside_its_key() -> None:
    for key, field in all_keys():
        section = EXAMPLE.read_text().partition(f"[{key[0]}]\n")[2]
        comment = section.partition(f"# {key[1]} = ")[0].rpartition("\n\n")[2]
        assert re.findall(r"# Also: (\w+)", comment) == synonyms(field)
        assert len(comment.splitlines()) > len(synonyms(field))


def test_the_example_holds_no_secret_but_references() -> None:
    sections = tomllib.loads(uncommented())
    assert all(settings.is_reference(sections[section][key]) for section, key in SECRETS)
