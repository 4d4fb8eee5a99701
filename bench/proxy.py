"""The configurations of docs/how-to/class.md, tried on loopback: `python -m bench.proxy [caddy] [nginx]`.

Each is taken from the document, with a certificate of its own and ports that are free, and put before a server with a
password. Both proxies are Debian packages.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import websockets

from bench.tables import Table, show
from bench.visitor import OWN, Visitor, noise
from tests.serving import ROOT, free_port, running
from wsss_viz.app.gate.door import TRIES
from wsss_viz.app.settings import PICTURE_MEGABYTES

NAME, PASSWORD = "lab.example", "long enough a word"
FIELD = b'type="password"'
DOCUMENT = ROOT / "docs" / "how-to" / "class.md"
_getaddrinfo = socket.getaddrinfo


def _as_if_known(host: Any, *rest: Any, **named: Any) -> Any:
    """`getaddrinfo` for which `NAME`, and all below, is this machine."""
    local = isinstance(host, str) and host.endswith(NAME)
    return _getaddrinfo("127.0.0.1" if local else host, *rest, **named)


def configuration(proxy: str) -> str:
    """The block of the document that belongs to a proxy."""
    blocks = [block.partition("\n")[2] for block in DOCUMENT.read_text(encoding="utf-8").split("```")[1::2]]
    start = {"caddy": f"{NAME} {{", "nginx": "server {"}[proxy]
    return next(block for block in blocks if block.startswith(start))


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate and its key for `NAME`, signed by itself."""
    pem, key = folder / "lab.pem", folder / "lab.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={NAME}"]
    command += ["-addext", f"subjectAltName=DNS:{NAME},DNS:*.{NAME}", "-out", str(pem), "-keyout", str(key)]
    subprocess.run(command, check=True, capture_output=True)
    return pem, key


def caddy(folder: Path, port: int, behind: int, pem: Path, key: Path) -> list[str]:
    """Writes its configuration; the command that runs it."""
    site = configuration("caddy").replace(f"{NAME} {{", f"{NAME}:{port}, *.{NAME}:{port} {{\n    tls {pem} {key}")
    path = folder / "Caddyfile"
    path.write_text("{\n    admin off\n    auto_https disable_redirects\n}\n" + site.replace("8501", str(behind)))
    return ["caddy", "run", "--config", str(path), "--adapter", "caddyfile"]


def nginx(folder: Path, port: int, behind: int, pem: Path, key: Path) -> list[str]:
    """Writes its configuration; the command that runs it."""
    site = configuration("nginx").replace("listen 443", f"listen 127.0.0.1:{port}").replace("8501", str(behind))
    site = site.replace("/etc/ssl/lab.pem", str(pem)).replace("/etc/ssl/lab.key", str(key))
    path = folder / "nginx.conf"
    top = f"daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{ }}\n"
    bodies = " ".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    path.write_text(f"{top}http {{ access_log off; {bodies}\n{site}}}\n")
    return ["nginx", "-c", str(path), "-e", f"{folder}/error.log"]


class Plain(urllib.request.HTTPRedirectHandler):
    """Follows no redirect."""

    def redirect_request(self, *_: Any) -> None:
        """None: it is answered as it is."""


def answer(url: str, headers: Mapping[str, str] | None = None, data: bytes | None = None) -> tuple[int, Any, bytes]:
    """Status, headers and body."""
    opener = urllib.request.build_opener(Plain)
    try:
        with opener.open(urllib.request.Request(url, data, dict(headers or {})), timeout=60) as got:
            return got.status, got.headers, got.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def enter(address: str, said: str, **headers: str) -> tuple[int, str]:
    """The door's answer to a password: its status and the cookie it sets."""
    form = urllib.parse.urlencode({"password": said}).encode()
    status, found, _ = answer(f"{address}/_door?to=/", {"Origin": address, **headers}, form)
    return status, found.get("Set-Cookie", "")


async def _page_and_upload(address: str, cookie: str) -> tuple[str, str, str]:
    async with Visitor(address, cookie) as visitor:
        seen = await visitor.settled("compare", "example=scenes:val:100&methods=cam")
        page = f"{len(seen.contents)} picture, {len(seen.trouble)} errors"
        seen = await visitor.upload("own_upload", "large.png", noise(0), *OWN)
        upload = f"{len(seen.contents)} picture, {len(seen.trouble)} errors"
        try:
            await visitor.upload("own_upload", "more.png", bytes((PICTURE_MEGABYTES + 4) * 2**20), *OWN)
            too_large = "taken"
        except urllib.error.URLError:  # 413, or the connection is closed before all was sent
            too_large = "refused"
        return page, upload, too_large


async def _socket(address: str, cookie: str, origin: str) -> str:
    url = f"{address.replace('https', 'wss')}/_stcore/stream"
    try:
        async with websockets.connect(url, origin=origin, additional_headers={"Cookie": cookie}):  # type: ignore[arg-type]
            return "opened"
    except websockets.InvalidStatus as error:
        return str(error.response.status_code)


def tried(address: str) -> list[tuple[str, str, str]]:
    """What was asked through the proxy, what should come, and what came."""
    status, found, body = answer(f"{address}/learn", {"Accept": "text/html"})
    door = f"{status}, {'the form' if FIELD in body else 'something else'}"
    security = "sent" if "connect-src 'self'" in found.get("Content-Security-Policy", "") else "missing"
    entered, cookie = enter(address, PASSWORD)
    session = cookie.partition(";")[0]
    page, upload, too_large = asyncio.run(_page_and_upload(address, session))
    elsewhere = address.replace(NAME, f"other.{NAME}")
    rows = [
        ("the first page, without the password", "401, the form", door),
        ("the headers of the app's pages", "sent", security),
        ("the password", "303, Secure", f"{entered}, {'Secure' if 'Secure' in cookie else 'not Secure'}"),
        ("a view over the websocket", "1 picture, 0 errors", page),
        ("a picture of 9 MB", "1 picture, 0 errors", upload),
        (f"a file of {PICTURE_MEGABYTES + 4} MB", "refused", too_large),
        ("a websocket without the password", "403", asyncio.run(_socket(address, "", address))),
        ("a websocket of another page", "403", asyncio.run(_socket(address, session, "https://evil.example"))),
        ("a password of another page", "403", str(enter(address, PASSWORD, Origin="https://evil.example")[0])),
        ("another name", "421", str(answer(f"{elsewhere}/", {"Cookie": session})[0])),
    ]
    for number in range(TRIES):
        enter(address, "wrong word", **{"X-Forwarded-For": f"192.0.2.{number}"})
    barred = enter(address, "wrong word", **{"X-Forwarded-For": "192.0.2.99"})[0]
    return [*rows, (f"wrong passwords under {TRIES + 1} made-up addresses", "429", str(barred))]


def behind_it(configure: Callable[..., list[str]]) -> list[tuple[str, str, str]]:
    """`tried`, with a server and a proxy of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        folder.chmod(0o755)
        pem, key = certificate(folder)
        (folder / "password.txt").write_text(f"{PASSWORD}\n")
        options = ("--allow-host", NAME, "--password-file", str(folder / "password.txt"))
        with running(sys.executable, "-m", "wsss_viz", "app", "--headless", *options) as (server, _):
            command = configure(folder, port, int(server.rsplit(":", 1)[1]), pem, key)
            with subprocess.Popen(command, stderr=subprocess.DEVNULL) as proxy:
                os.environ["SSL_CERT_FILE"] = str(pem)  # whom clients of this process trust
                try:
                    _wait(port, proxy)
                    return tried(f"https://{NAME}:{port}")
                finally:
                    proxy.terminate()


def _wait(port: int, proxy: subprocess.Popen[bytes]) -> None:
    while proxy.poll() is None:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise RuntimeError(f"the proxy ended with {proxy.returncode}")


def version(proxy: str) -> str:
    """What it says of itself."""
    done = subprocess.run([proxy, "version" if proxy == "caddy" else "-v"], capture_output=True, text=True, check=True)
    return (done.stdout + done.stderr).strip().removeprefix("nginx version: ").split()[0].removeprefix("nginx/")


def main(names: list[str]) -> list[Table]:
    """A table; ends with an error where something else came than should."""
    socket.getaddrinfo = _as_if_known
    names = names or ["caddy", "nginx"]
    results = {name: behind_it({"caddy": caddy, "nginx": nginx}[name]) for name in names}
    rows = [(what, should, *(found[row][2] for found in results.values()))
            for row, (what, should, _) in enumerate(next(iter(results.values())))]  # fmt: skip
    header = ("asked through the proxy", "should be", *(f"{name} {version(name)}" for name in names))
    return [Table("Behind a proxy that does TLS", header, rows)]


if __name__ == "__main__":
    tables = main(sys.argv[1:])
    show(tables)
    sys.exit(any(row[1] != cell for row in tables[0].rows for cell in row[2:]))
