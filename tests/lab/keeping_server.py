"""An OpenAI-compatible endpoint that thinks of a new answer each time, or keeps the first one.

python -m tests.lab.keeping_server KEEP SECONDS      prints its address; KEEP: none, answers, slowly
"""

from __future__ import annotations

import json
import secrets
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WORDS = [
    "amber",
    "birch",
    "cedar",
    "delta",
    "ember",
    "flint",
    "grove",
    "heron",
    "iris",
    "jade",
    "kelp",
    "lime",
]
KEPT: dict[str, str] = {}


class Handler(BaseHTTPRequestHandler):
    keep = "none"
    seconds = 0.05

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        prompt = json.dumps(body["messages"])
        known = self.keep != "none" and prompt in KEPT
        text = KEPT[prompt] if known else " ".join(secrets.choice(WORDS) for _ in range(12))
        if not known or self.keep == "slowly":
            time.sleep(self.seconds + secrets.randbelow(100) / 10_000)
        KEPT[prompt] = text
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        usage = {"prompt_tokens": len(prompt), "completion_tokens": 12, "total_tokens": len(prompt) + 12}
        data = json.dumps(
            {"id": "1", "object": "chat.completion", "model": "keeper", "choices": [choice], "usage": usage}
        )
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data.encode())

    def log_message(self, format: str, *args: object) -> None: ...


def main() -> None:
    Handler.keep, Handler.seconds = sys.argv[1], float(sys.argv[2])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}/v1", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
