"""A time-stamping authority for tests: openssl's `ts` with a certificate authority of its own.

`python -m tests.adapters.authority FOLDER` answers requests over HTTP, and prints its port.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

OPENSSL = shutil.which("openssl")
NO_OPENSSL = "openssl is not installed: it is the time-stamping authority here"
CONFIG = """
[req]
distinguished_name = dn
prompt = no
[dn]
CN = Example Root
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[tsa]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
authorityKeyIdentifier = keyid
[code]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,codeSigning
authorityKeyIdentifier = keyid
[authority]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256,sha384,sha512
tsa_name = yes
ess_cert_id_alg = sha256
"""
NEW_KEY = {
    "elliptic": ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "rsa": ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
}


@dataclass(frozen=True)
class Authority:
    folder: Path

    @classmethod
    def new(cls, folder: Path, kind: str = "elliptic") -> Authority:
        made = cls(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "conf").write_text(CONFIG)
        (folder / "serial").write_text("01\n")
        made.openssl(*NEW_KEY[kind], "-out", "root.key")
        root = ("req", "-x509", "-new", "-key", "root.key", "-config", "conf", "-extensions", "root")
        made.openssl(*root, "-days", "30", "-out", "root.pem")
        for name in ("tsa", "code"):
            made.openssl(*NEW_KEY[kind], "-out", f"{name}.key")
            subject = f"/O=Example Time/CN=Example {name}"
            asked = ("req", "-new", "-key", f"{name}.key", "-config", "conf", "-subj", subject)
            made.openssl(*asked, "-out", f"{name}.csr")
            signed = ("x509", "-req", "-in", f"{name}.csr", "-CA", "root.pem", "-CAkey", "root.key")
            number = "7" if name == "tsa" else "8"
            more = ("-set_serial", number, "-extfile", "conf", "-extensions", name, "-days", "30")
            made.openssl(*signed, *more, "-out", f"{name}.pem")
        return made

    @property
    def roots(self) -> bytes:
        return (self.folder / "root.pem").read_bytes()

    def openssl(self, *words: str) -> None:
        assert OPENSSL
        subprocess.run([OPENSSL, *words], cwd=self.folder, check=True, capture_output=True)

    def reply(self, query: bytes) -> bytes:
        (self.folder / "query").write_bytes(query)
        words = ("ts", "-reply", "-config", "conf", "-section", "authority", "-queryfile", "query")
        self.openssl(*words, "-signer", "tsa.pem", "-inkey", "tsa.key", "-out", "reply")
        return (self.folder / "reply").read_bytes()

    def token(self, message: bytes, digest: str = "sha256") -> bytes:
        (self.folder / "message").write_bytes(message)
        self.openssl("ts", "-query", "-data", "message", f"-{digest}", "-cert", "-out", "query")
        return self.reply((self.folder / "query").read_bytes())

    @contextmanager
    def served(self) -> Iterator[str]:
        """In another process; its address."""
        words = [sys.executable, "-m", "tests.adapters.authority", str(self.folder)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                yield f"http://127.0.0.1:{int(process.stdout.readline())}/tsr"
            finally:
                process.terminate()


class _Desk(BaseHTTPRequestHandler):
    authority: Authority

    def do_POST(self) -> None:
        query = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Type"] != "application/timestamp-query":
            self.send_error(415)
            return
        old = self.path == "/old"
        body = (self.authority.folder / "reply").read_bytes() if old else self.authority.reply(query)
        self.send_response(404 if self.path == "/gone" else 200)
        self.send_header("Content-Type", "application/timestamp-reply")
        body = b"no" if self.path == "/text" else body
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


if __name__ == "__main__":
    _Desk.authority = Authority(Path(sys.argv[1]))
    with HTTPServer(("127.0.0.1", 0), _Desk) as server:
        print(server.server_port, flush=True)
        server.serve_forever()
