"""A headless Chromium driven through the pipes of its DevTools protocol: no further package is needed."""

import json
import os
import shutil
import subprocess
from itertools import count

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SWITCHES = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--remote-debugging-pipe",
]


class Browser:
    """One page of a Chromium of its own; `problems` holds what it complained of: exceptions, console errors, failed requests."""

    def __init__(self, profile):
        self.numbers, self.buffer, self.problems, self.events, self.page = count(1), b"", [], [], None
        read_by_it, self.to = os.pipe()
        self.answers, written_by_it = os.pipe()
        command = f'exec "$@" 3<&{read_by_it} 4>&{written_by_it}'
        self.process = subprocess.Popen(
            ["bash", "-c", command, "bash", CHROMIUM, *SWITCHES, f"--user-data-dir={profile}"],
            pass_fds=(read_by_it, written_by_it), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(read_by_it)
        os.close(written_by_it)
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.page = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def ask(self, method, **params):
        """Send one command and wait for its answer; events that come meanwhile are kept."""
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": params} | ({"sessionId": self.page} if self.page else {})
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while (answer := self.receive()).get("id") != number:
            self.note(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def receive(self):
        while b"\0" not in self.buffer:
            chunk = os.read(self.answers, 1 << 20)
            assert chunk, "Chromium ended"
            self.buffer += chunk
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def note(self, event):
        method, params = event["method"], event["params"]
        self.events.append(method)
        wrong = method in ("Runtime.exceptionThrown", "Network.loadingFailed")
        wrong |= method == "Log.entryAdded" and params["entry"]["level"] == "error"
        wrong |= method == "Runtime.consoleAPICalled" and params["type"] == "error"
        remote = method == "Network.requestWillBeSent" and params["request"]["url"].startswith(("http", "ftp", "ws"))
        if wrong or remote:
            self.problems.append(params)

    def open(self, path, width=1200, height=900):
        """Load a file in a window of so many CSS pixels."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.events.clear()
        self.ask("Page.navigate", url=path.resolve().as_uri())
        while "Page.loadEventFired" not in self.events:
            self.note(self.receive())

    def run(self, script):
        """Value of a JavaScript expression; promises are waited for."""
        answer = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key, text=""):
        """One key, as a keyboard would send it."""
        about = {"key": key, "code": key, "windowsVirtualKeyCode": {"Enter": 13, "Tab": 9}.get(key, 0)}
        self.ask("Input.dispatchKeyEvent", type="keyDown", text=text, **about)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **about)

    def close(self):
        os.close(self.to)
        self.process.terminate()
        self.process.wait(10)
        os.close(self.answers)
