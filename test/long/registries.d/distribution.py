"""Distribution as a process on the loopback, behind each way of asking who it is."""

import base64
import datetime
import http.server
import ipaddress
import json
import socket
import subprocess
import threading
import time
import urllib.parse
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

ROOT = Path(__file__).resolve().parents[3]
USER, PASSWORD = "builder", "right password"
HTPASSWD = "builder:$2y$05$.Uu7a7uuwBVt68Fc9fL/oO8OjUr70fWXCdk.IA8v35lnrJzXbjlyS\n"  # htpasswd -nbB
ISSUER = SERVICE = "test"


class Authority:
    """A private CA, and a certificate of it for 127.0.0.1."""

    def __init__(self, folder):
        self.folder = folder
        key, self.own = _key(), _key()
        ca = _certificate("private CA", key.public_key(), "private CA", key, authority=True)
        certificate = _certificate("registry", self.own.public_key(), "private CA", key)
        self.encoded = certificate.public_bytes(serialization.Encoding.DER)
        self.ca = self._write("ca.crt", ca.public_bytes(serialization.Encoding.PEM))
        self.certificate = self._write("server.pem", certificate.public_bytes(serialization.Encoding.PEM))
        self.key = self._write(
            "server-private.pem",
            self.own.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
        )

    def _write(self, name, content):
        (self.folder / name).write_bytes(content)
        return self.folder / name


def _key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _certificate(name, public, issuer, key, authority=False):
    now = datetime.datetime.now(datetime.timezone.utc)
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in (name, issuer)]
    builder = (
        x509.CertificateBuilder()
        .subject_name(names[0])
        .issuer_name(names[1])
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if not authority:
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    return builder.sign(key, hashes.SHA256())


class Tokens:
    """The server of tokens: https://distribution.github.io/distribution/spec/auth/token/"""

    def __init__(self, authority):
        outer = self
        self.authority, self.given = authority, 0

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
                if self.headers.get("Authorization") != f"Basic {login}":
                    self.send_error(401)
                    return
                query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
                body = json.dumps({"token": outer.token(query.get("scope", []))}).encode()
                outer.given += 1
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def settings(self):
        realm = f"http://127.0.0.1:{self.server.server_port}/token"
        certificate = self.authority.certificate
        return f"token: {{realm: '{realm}', service: {SERVICE}, issuer: {ISSUER}, rootcertbundle: {certificate}}}"

    def token(self, scopes):
        now = int(time.time())
        access = []
        for scope in scopes:
            kind, name, actions = scope.split(":")
            access.append({"type": kind, "name": name, "actions": actions.split(",")})
        claims = {"iss": ISSUER, "sub": USER, "aud": SERVICE, "jti": str(self.given), "iat": now, "nbf": now - 60}
        header = {"typ": "JWT", "alg": "RS256", "x5c": [base64.b64encode(self.authority.encoded).decode()]}
        text = f"{_part(header)}.{_part(claims | {'exp': now + 60, 'access': access})}"
        signature = self.authority.own.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{text}.{_url(signature)}"

    def stop(self):
        self.server.shutdown()


def _part(value):
    return _url(json.dumps(value).encode())


def _url(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class Distribution:
    """Debian's docker-registry."""

    def __init__(self, folder, auth, tls=None):
        machine = dict(line.partition("=")[::2] for line in (ROOT / ".local/machine.env").read_text().splitlines())
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.host = f"127.0.0.1:{port}"
        secure = f", tls: {{certificate: {tls.certificate}, key: {tls.key}}}" if tls else ""
        configuration = folder / "registry.yml"
        configuration.write_text(
            f"version: 0.1\nlog: {{level: warn}}\nstorage: {{filesystem: {{rootdirectory: {folder}/data}}}}\n"
            f"http: {{addr: '{self.host}'{secure}}}\nauth:\n  {auth}\n"
        )
        program = machine["REGISTRY_BIN"].strip("'")
        self.process = subprocess.Popen([program, "serve", configuration], stderr=subprocess.DEVNULL)
        for _ in range(100):
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.1)
        raise AssertionError("the registry doesn't answer")

    def stop(self):
        self.process.kill()
        self.process.wait()
