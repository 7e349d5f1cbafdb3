"""A small server for tests of machines: it serves one model name and does "number-note" as asked.

serve.py KIND PORT MODEL FOLDER, where KIND is
  foreground   serves until it is asked to end
  daemon       leaves the server behind and ends
  stubborn     serves and does not listen to SIGTERM
  never        never opens its port
  fail         complains and ends
  stop         ends the server of the folder, whoever started it

FOLDER/lock holds the server's process id while it is up: a second server fails.
"""

import http.server
import json
import os
import re
import select
import signal
import sys

kind, port, model, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
lock = os.path.join(folder, "lock")


def note(line):
    with open(os.path.join(folder, "diary"), "a", encoding="utf-8") as diary:
        diary.write(line + "\n")


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, kind_of_content, body):
        self.send_response(200)
        self.send_header("Content-Type", kind_of_content)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if not self.path.endswith("/models"):
            self.send_error(404)
            return
        self.answer("application/json", json.dumps({"data": [{"id": model}]}).encode())

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if not self.path.endswith("/chat/completions"):
            self.send_error(404)
            return
        number = re.search(r"Write the number (\d+)", body)
        if number and '"role":"tool"' not in body:
            arguments = json.dumps({"path": "note.txt", "content": number.group(1)})
            function = {"name": "write_file", "arguments": arguments}
            call = {"index": 0, "id": "call_1", "type": "function", "function": function}
            events = [({"role": "assistant", "tool_calls": [call]}, None), ({}, "tool_calls")]
        else:
            events = [({"role": "assistant", "content": "ready"}, None), ({}, "stop")]
        text = ""
        for delta, finish in events:
            choice = {"index": 0, "delta": delta, "finish_reason": finish}
            text += "data: " + json.dumps({"choices": [choice]}) + "\n\n"
        self.answer("text/event-stream", (text + "data: [DONE]\n\n").encode())

    def log_message(self, *_):
        pass


def end(*_):
    os.unlink(lock)
    note("down " + model)
    os._exit(0)


def take_lock():
    try:
        handle = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    except FileExistsError:
        note("twice " + model)
        sys.exit("another server is up")
    os.write(handle, str(os.getpid()).encode())
    os.close(handle)
    note("up " + model)


def serve():
    signal.signal(signal.SIGTERM, signal.SIG_IGN if kind == "stubborn" else end)
    take_lock()
    http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if kind == "fail":
    print("loading", model)
    print("key is", os.environ.get("PLUMB_TEST_KEY", ""))
    sys.exit("no such weights")
elif kind == "never":
    signal.signal(signal.SIGTERM, end)
    take_lock()
    print("loading", flush=True)
    while True:
        signal.pause()
elif kind == "daemon":
    if os.fork() == 0:
        os.setsid()
        serve()
elif kind == "stop":
    note("stop " + model)
    if os.path.exists(lock):
        with open(lock, encoding="utf-8") as file:
            server = os.pidfd_open(int(file.read()))
        signal.pidfd_send_signal(server, signal.SIGTERM)
        select.select([server], [], [])
else:
    serve()
