"""docs/settings.md and studyapp/settings.py name the same settings."""

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
READ_SETTING = re.compile(r'env\.\w+\(\s*"(\w+)"')
DOCUMENTED_SETTING = re.compile(r"`STUDYAPP_(\w+)`")


def settings_in_code() -> set[str]:
    return set(READ_SETTING.findall((ROOT / "studyapp" / "settings.py").read_text()))


def settings_on_the_page() -> set[str]:
    return set(DOCUMENTED_SETTING.findall((ROOT / "docs" / "settings.md").read_text()))


def test_the_reader_of_settings_finds_some() -> None:
    assert {"DATA_DIR", "SECRET_KEY"} <= settings_in_code()


def test_every_setting_is_documented() -> None:
    assert settings_in_code() - settings_on_the_page() == set()


def test_no_setting_is_documented_that_does_not_exist() -> None:
    assert settings_on_the_page() - settings_in_code() == set()
