"""`python -m wsss_viz app`."""

import pytest

from wsss_viz import cli
from wsss_viz.commands import app


def test_beyond_this_machine_the_allowed_hosts_follow_the_address() -> None:
    assert not any("allowedHosts" in argument for argument in app.server_arguments(8501, "127.0.0.1", False))
    assert "--server.allowedHosts=lab.example" in app.server_arguments(8501, "lab.example", False)
    assert "--server.allowedHosts=*" in app.server_arguments(8501, "0.0.0.0", True)
    assert "--server.port=99" in app.server_arguments(99, "::1", True)
    assert app.server_arguments(99, "::1", True)[-1] == "--server.headless=true"


@pytest.mark.parametrize("arguments", [["--device", "abacus"], ["--port", "0"], ["--port", "many"]])
def test_bad_arguments_are_one_line_and_exit_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["app", *arguments])
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1


def test_without_the_pages_beside_the_package_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(app, "LAUNCHER", app.LAUNCHER.with_name("nowhere.py"))
    with pytest.raises(SystemExit):
        cli.main(["app"])
    assert "run it from a clone" in capsys.readouterr().err
