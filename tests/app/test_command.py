"""`python -m wsss_viz app`."""

import sys
import tomllib

import pytest

from wsss_viz import cli
from wsss_viz.app.settings import PICTURE_MEGABYTES, UPLOAD_VARIABLE, server_megabytes
from wsss_viz.commands import app


def test_beyond_this_machine_the_allowed_hosts_follow_the_address() -> None:
    names = [text for text in app.server_arguments(8501, "127.0.0.1", False, 51) if text.startswith("--server.allowed")]
    assert names == [f"--server.allowedHosts={name}" for name in ("127.0.0.1", "localhost", "[::1]")]
    assert "--server.allowedHosts=lab.example" in app.server_arguments(8501, "lab.example", False, 51)
    assert "--server.allowedHosts=*" in app.server_arguments(8501, "0.0.0.0", True, 51)
    assert "--server.port=99" in app.server_arguments(99, "::1", True, 51)
    assert app.server_arguments(99, "::1", True, 51)[-1] == "--server.headless=true"


@pytest.mark.parametrize(("allowed", "megabytes"), [("", 51), ("1", 501)])
def test_the_server_takes_the_largest_upload_and_its_envelope(
    allowed: str, megabytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(UPLOAD_VARIABLE, allowed)
    assert server_megabytes() == megabytes
    assert f"--server.maxUploadSize={megabytes}" in app.server_arguments(8501, "::1", True, server_megabytes())


def test_a_server_without_the_launcher_takes_pictures_of_their_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(UPLOAD_VARIABLE, raising=False)
    config = tomllib.loads((app.launcher().parent / ".streamlit" / "config.toml").read_text())
    assert config["server"]["maxUploadSize"] == server_megabytes() == PICTURE_MEGABYTES + 1


@pytest.mark.parametrize("arguments", [["--device", "abacus"], ["--port", "0"], ["--port", "many"]])
def test_bad_arguments_are_one_line_and_exit_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["app", *arguments])
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1


@pytest.mark.parametrize("arguments", [["app"], ["handout", "lecture.pdf"]])
def test_without_the_packages_of_the_app_one_line_says_which_to_install(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "streamlit", None)
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert error.endswith(" needs streamlit: run `pip install 'wsss-viz[app]'`\n")
    assert error.count("\n") == 1


def test_nobody_on_the_internet_is_asked_for_this_machines_address(monkeypatch: pytest.MonkeyPatch) -> None:
    from streamlit import net_util
    from streamlit.web import cli as streamlit

    asked: list[object] = []
    monkeypatch.setattr(net_util, "get_external_ip", lambda: asked.append("the internet"))
    monkeypatch.setattr(streamlit, "main", lambda *_args, **_options: asked.append(net_util.get_external_ip()))
    monkeypatch.setattr(app.os, "chdir", asked.append)
    monkeypatch.setenv("WSSS_VIZ_DEVICE", "auto")
    with pytest.raises(SystemExit):
        cli.main(["app", "--host", "0.0.0.0", "--headless"])
    assert asked == [app.launcher().parent, None]


@pytest.mark.parametrize(
    ("called", "program"), [("/usr/bin/wsss-viz", "wsss-viz"), ("/x/wsss_viz/__main__.py", "python -m wsss_viz")]
)
def test_the_help_calls_the_program_by_its_name(
    called: str, program: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [called, "--help"])
    cli.main()
    assert capsys.readouterr().out.startswith(f"Usage: {program} [OPTIONS]")
