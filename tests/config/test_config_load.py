"""Config files: all problems at once, each with its place; values from the environment; every value with its origin."""

from pathlib import Path

import pytest

from config import starter
from config.load import load
from config.problems import ConfigError

STARTERS = Path(starter.__file__).parent
NAMES = ("salesforce", "hubspot", "files")


def written(folder: Path, text: str) -> Path:
    path = folder / "tierline.yaml"
    path.write_text(text)
    return path


def starter_text(name: str = "salesforce") -> str:
    return (STARTERS / f"{name}.yaml").read_text()


def problems_of(path: Path, environment: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(path, environment or {})
    return [str(problem).removeprefix(str(path)) for problem in caught.value.problems]


@pytest.mark.parametrize("name", NAMES)
def test_each_starter_loads_without_a_warning(name: str) -> None:
    loaded = load(STARTERS / f"{name}.yaml", {})

    assert loaded.settings.connections[0].crm == name
    assert loaded.warnings == ()


def test_mistakes_of_different_kinds_are_all_reported_with_place_and_hint(tmp_path: Path) -> None:
    # given a file with an unknown key, a value out of range, and a name that leads nowhere
    text = (
        starter_text()
        .replace("half_life: 30d\n", "half_lif: 30d\n")
        .replace("enter: 70, leave: 60", "enter: 170, leave: 60")
        .replace("slot: csm, priority", "slot: cssm, priority")
    )
    lines = text.splitlines()

    # when it is loaded
    found = problems_of(written(tmp_path, text))

    # then each stands at its line and column
    def line_of(part: str) -> int:
        return next(number for number, line in enumerate(lines, 1) if part in line)

    assert [text.split(":")[1] for text in found] == [
        str(line_of("half_lif:")),
        str(line_of("enter: 170")),
        str(line_of("slot: cssm")),
    ]
    assert "did you mean half_life?" in found[0]
    assert "less than or equal to 100 (it is 170)" in found[1]
    assert "no slot named 'cssm'" in found[2]
    assert "did you mean csm?" in found[2]


def test_a_value_is_filled_from_the_environment_and_its_origin_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, starter_text().replace("currency: USD", 'currency: "${MONEY}"'))

    loaded = load(path, {"MONEY": "EUR"})

    assert loaded.settings.policy.currency == "EUR"
    assert loaded.origins["policy.currency"] == "environment variable MONEY"


def test_a_variable_that_is_not_set_is_a_problem_with_its_own_words(tmp_path: Path) -> None:
    path = written(tmp_path, starter_text().replace("currency: USD", 'currency: "${MONEY:?choose a currency}"'))

    found = problems_of(path)

    assert len(found) == 1
    assert "policy.currency: choose a currency" in found[0]


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    assert "tierline init" in problems_of(tmp_path / "tierline.yaml")[0]


def test_broken_yaml_is_reported_where_it_breaks(tmp_path: Path) -> None:
    found = problems_of(written(tmp_path, "version: 1\nmode: [plan\npolicy: {}\n"))

    assert found[0].startswith(":3:")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        pytest.param("leave: 25", "leave: 35", "must not lie above enter", id="leave above enter"),
        pytest.param("ceiling: 24", "ceiling: 25", "must lie below the lowest tier's leave", id="ceiling too high"),
        pytest.param('"20..50": 0.2', '"25..50": 0.2', "leave a gap between 20 and 25", id="gap in bands"),
        pytest.param('"20..50": 0.2', '"15..50": 0.2', "overlap at 15", id="overlap in bands"),
        pytest.param('tier: "2 - Growth"}]', 'tier: "1 - Focus"}]', "other than the top", id="floor to the top"),
        pytest.param("zone: UTC", "zone: Europe/Berln", "did you mean Europe/Berlin?", id="unknown zone"),
        pytest.param("sync: every 15m", "sync: sometimes", "is not a schedule", id="no schedule"),
        pytest.param('"0 2 * * *"', '"99 99 * * *"', "is not a schedule", id="no such hour"),
        pytest.param('"0 2 * * *"', '"0 5-2 * * *"', "is not a schedule", id="a range that runs back"),
        pytest.param("due: 1 business hour", "due: soon", "is not working time", id="no working time"),
        pytest.param("{pool: sdrs}", "{pool: sdr}", "did you mean sdrs?", id="unknown pool"),
    ],
)
def test_a_rule_that_cannot_hold_is_refused(tmp_path: Path, before: str, after: str, said: str) -> None:
    text = starter_text()
    assert before in text

    found = problems_of(written(tmp_path, text.replace(before, after, 1)))

    assert any(said in problem for problem in found), found


def test_points_for_our_own_acts_are_warned_of(tmp_path: Path) -> None:
    text = starter_text().replace("- {kind: email_open, points: 0}", "- {kind: email_sent, points: 3}")

    loaded = load(written(tmp_path, text), {})

    assert "effort must not feed the score" in str(loaded.warnings[0])
