"""The environment, read once."""

from pathlib import Path

import pytest

from serinus.domain.release.assignment import CanaryKey, Share
from serinus.infrastructure.settings import Settings, SettingsError, described

KEY = "k" * 32
DEPLOYED = {
    "DATABASE_URL": "postgresql://u:hunter2@db/serinus",
    "REDIS_URL": "redis://:hunter3@r",
    "SERINUS_SECRET_KEY": KEY,
}


def complaint(env: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(env)
    return str(caught.value)


def test_an_empty_environment_is_a_laptop() -> None:
    settings = Settings.from_env({})

    assert settings.database_url is None
    assert settings.serinus_data_dir == Path(".serinus")
    assert settings.serinus_canary_key is CanaryKey.CONSUMER


def test_text_from_the_environment_becomes_typed() -> None:
    settings = Settings.from_env(
        DEPLOYED
        | {
            "SERINUS_PORT": "9000",
            "API_V2_TRAFFIC_PERCENTAGE": "12.5",
            "USE_LEGACY_API_V1": "False",
            "SERINUS_CANARY_KEY": "request",
            "SERINUS_TRUSTED_PROXIES": "10.0.0.0/8, ::1",
            "SERINUS_CORS_ORIGINS": "https://a.example, https://b.example/",
            "SERINUS_V1_SUNSET_AT": "2027-06-30T00:00:00Z",
        }
    )

    assert settings.serinus_port == 9000
    assert settings.api_v2_traffic_percentage == Share(1250)
    assert settings.use_legacy_api_v1 is False
    assert settings.serinus_canary_key is CanaryKey.REQUEST
    assert len(settings.serinus_trusted_proxies) == 2
    assert settings.serinus_cors_origins == ("https://a.example", "https://b.example")
    assert settings.serinus_v1_sunset_at is not None


def test_no_engine_does_wrong_unless_it_is_asked_to() -> None:
    assert Settings.from_env({}).serinus_fault == ()
    assert "unset it where no engine shall do wrong" in complaint({"SERINUS_FAULT": "all:5%"})


def test_an_empty_value_is_as_if_unset() -> None:
    assert Settings.from_env({"SERINUS_PORT": " "}).serinus_port == 8000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_V2_TRAFFIC_PERCENTAGE", "abc"),
        ("API_V2_TRAFFIC_PERCENTAGE", "-1"),
        ("API_V2_TRAFFIC_PERCENTAGE", "101"),
        ("API_V2_ENABLED", "maybe"),
        ("SERINUS_PORT", "65536"),
        ("SERINUS_WORKERS", "0"),
        ("SERINUS_CANARY_KEY", "cookie"),
        ("SERINUS_TRUSTED_PROXIES", "everyone"),
        ("SERINUS_CORS_ORIGINS", "example.org"),
        ("SERINUS_V1_DEPRECATED_AT", "soon"),
        ("SERINUS_V1_DEPRECATED_AT", "2027-01-01T00:00:00"),
        ("SERINUS_LOG_FORMAT", "xml"),
        ("SERINUS_FAULT", "errors"),
        ("SERINUS_FAULT", "latency:300ms,,difference"),
        ("DATABASE_URL", "mysql://db/serinus"),
        ("REDIS_URL", "localhost:6379"),
        ("SERINUS_SECRET_KEY", "short"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_its_variable(name: str, value: str) -> None:
    said = complaint({name: value})

    assert said.startswith(name)
    assert "\n" not in said


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("SERINUS_PROT", "SERINUS_PORT"),
        ("API_V2_TRAFFIC_PERCENT", "API_V2_TRAFFIC_PERCENTAGE"),
    ],
)
def test_a_misspelt_name_stops_the_start(misspelt: str, meant: str) -> None:
    assert f"did you mean {meant}?" in complaint({misspelt: "1"})


def test_names_of_others_are_left_alone() -> None:
    Settings.from_env({"SERINUS_TEST_SERVERS": "embedded", "API_V2_OF_SOMETHING_ELSE": "1"})


def test_every_problem_is_told_at_once() -> None:
    assert len(complaint({"SERINUS_PORT": "x", "SERINUS_WORKERS": "x"}).splitlines()) == 2


def test_secrets_do_not_reach_logs() -> None:
    settings = Settings.from_env(DEPLOYED)

    assert "hunter" not in repr(settings)
    assert KEY not in repr(settings)


def test_a_wrong_secret_is_not_repeated() -> None:
    assert "hunter2" not in complaint({"DATABASE_URL": "mysql://u:hunter2@db/x"})
    assert "tooshort" not in complaint({"SERINUS_SECRET_KEY": "tooshort"})


def test_a_database_of_ones_own_needs_a_secret_of_ones_own() -> None:
    said = complaint({"DATABASE_URL": "postgresql://db/serinus"})

    assert "SERINUS_SECRET_KEY is required" in said


@pytest.mark.parametrize(
    "env",
    [
        {"USE_LEGACY_API_V1": "false", "API_V2_ENABLED": "false"},
        {"USE_LEGACY_API_V1": "false", "API_V2_TRAFFIC_PERCENTAGE": "0"},
        {
            "SERINUS_V1_DEPRECATED_AT": "2027-02-01T00:00:00Z",
            "SERINUS_V1_SUNSET_AT": "2027-01-01T00:00:00Z",
        },
    ],
)
def test_settings_that_contradict_each_other_are_refused(env: dict[str, str]) -> None:
    assert complaint(env)


def test_where_engine_v1_is_gone_unset_means_that_it_is_not_used() -> None:
    assert Settings.from_env({}, engine_v1=False).use_legacy_api_v1 is False
    assert Settings.from_env({}, engine_v1=True).use_legacy_api_v1 is True
    explicit = {"USE_LEGACY_API_V1": "false"}
    assert Settings.from_env(explicit, engine_v1=False).use_legacy_api_v1 is False


@pytest.mark.parametrize(
    "env",
    [
        {"USE_LEGACY_API_V1": "true"},
        {"API_V2_TRAFFIC_PERCENTAGE": "0"},
        {"API_V2_ENABLED": "false"},
    ],
)
def test_what_needs_engine_v1_stops_the_start_where_it_is_gone(env: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(env, engine_v1=False)

    said = str(caught.value)
    assert said.startswith(next(iter(env)))
    assert "engine v1 is not part of this installation" in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("deprecated", "sunset"),
    [
        ("2027-02-01T00:00:00Z", "2027-01-31T23:59:59Z"),
        ("2027-02-01T00:00:00Z", "2027-02-01T08:59:59+09:00"),
    ],
)
def test_a_sunset_before_the_deprecation_is_refused(deprecated: str, sunset: str) -> None:
    said = complaint({"SERINUS_V1_DEPRECATED_AT": deprecated, "SERINUS_V1_SUNSET_AT": sunset})

    assert said.startswith("SERINUS_V1_SUNSET_AT is before SERINUS_V1_DEPRECATED_AT")
    assert "\n" not in said


@pytest.mark.parametrize(
    "env",
    [
        # RFC 8594: what will go away need not be discouraged before.
        {"SERINUS_V1_SUNSET_AT": "2027-01-01T00:00:00Z"},
        {"SERINUS_V1_DEPRECATED_AT": "2027-01-01T00:00:00Z"},
        # RFC 9745, section 4: not earlier, so the same moment will do.
        {
            "SERINUS_V1_DEPRECATED_AT": "2027-01-01T00:00:00Z",
            "SERINUS_V1_SUNSET_AT": "2027-01-01T09:00:00+09:00",
        },
    ],
)
def test_one_date_is_enough_and_both_may_be_the_same(env: dict[str, str]) -> None:
    Settings.from_env(env)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+09:00", "9999-12-31T23:00:00-09:00"])
def test_a_time_that_greenwich_never_has_is_refused(text: str) -> None:
    assert complaint({"SERINUS_V1_SUNSET_AT": text}).startswith("SERINUS_V1_SUNSET_AT=")


def test_metrics_may_ask_for_any_scope_there_is() -> None:
    settings = Settings.from_env({"SERINUS_METRICS_SCOPE": "release:read"})

    assert settings.serinus_metrics_scope == "release:read"


def test_every_setting_is_described() -> None:
    table = {name: (default, meaning) for name, default, meaning in described()}

    assert table["SERINUS_PORT"][0] == "8000"
    assert all(meaning for _, meaning in table.values())
