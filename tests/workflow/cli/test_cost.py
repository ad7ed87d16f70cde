import json

from workflow.cli.main import main
from workflow.cli.output import ExitCode


def test_estimates_with_its_formulas(capsys):
    assert main(["cost", "--objects", "1000000", "--bytes", "1T"]) == ExitCode.DONE

    out = capsys.readouterr().out
    assert "State transitions" in out
    assert "1,000,000 x 8" in out
    assert "200.00" in out


def test_gives_programs_prices_date_and_numbers(capsys):
    assert main(["cost", "--objects", "10", "--bytes", "1.5G", "--json"]) == ExitCode.DONE

    answer = json.loads(capsys.readouterr().out)
    assert answer["prices"]["currency"] == "USD"
    assert {item["what"] for item in answer["monthly"]} >= {"Sweeper", "Daily crawl"}


def test_refuses_what_is_no_number_of_bytes(capsys):
    assert main(["cost", "--bytes", "much"]) == ExitCode.USAGE

    assert "'much' is no number of bytes" in capsys.readouterr().err
