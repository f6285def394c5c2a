"""Fetch a network's weights once, going on where a connection broke, and check them."""

import http.client
import json
import os
import ssl
import time
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from workflow.lib.errors import BadInput
from workflow.lib.files import atomic
from workflow.lib.job import job
from workflow.parts.weights import file_sha256

BROKEN = URLError, ConnectionError, TimeoutError, ssl.SSLError, http.client.HTTPException
BUSY = {408, 425, 429, 500, 502, 503, 504}  # answers that another attempt may better
CHUNK = 1 << 18


def size_of(path):
    """Bytes of a file; 0 where there is none."""
    return path.stat().st_size if path.is_file() else 0


def described(answer):
    """What tells a file on a server from a later one at the same address: its total length in bytes, tag and date."""
    total = answer.headers.get("Content-Range", "").rpartition("/")[2] or answer.headers.get("Content-Length")
    length = int(total) if total and total.isdigit() else None
    return {"length": length, "tag": answer.headers.get("ETag"), "date": answer.headers.get("Last-Modified")}


def append(answer, file, done, total, name, every_s):
    """Write an answer's bytes to `file`, saying every few seconds how far they are; done: bytes that were there before."""
    start = said = time.monotonic()
    first = done
    while chunk := answer.read(CHUNK):
        file.write(chunk)
        done += len(chunk)
        now = time.monotonic()
        if now - said >= every_s:
            said = now
            left = f" of {total / 1e6:.1f} MB, {(now - start) / (done - first) * (total - done):.0f} s left" if total else " MB"
            print(f"{name}: {done / 1e6:.1f}{left}", flush=True)
    if total and done < total:
        raise ConnectionError(f"the connection ended after {done} of {total} bytes")


def transfer(url, part, timeout_s=30, every_s=5):
    """Bring what `part` lacks of the file at `url` over one connection; raises BROKEN where it breaks.

    What the server said of the file lies beside it: an answer that says otherwise, or a server that sends no ranges, starts
    the file anew.
    """
    note = part.with_name(f"{part.name}.json")
    begun = json.loads(note.read_text()) if note.is_file() and part.is_file() else {}
    done = size_of(part) if begun.get("tag") or begun.get("date") else 0
    if done and done == begun["length"]:
        return  # killed after the last byte
    with urlopen(Request(url, headers={"Range": f"bytes={done}-"} if done else {}), timeout=timeout_s) as answer:
        if answer.headers.get_content_type() == "text/html":
            raise BadInput(f"weights {url}: a web page came, the address of the file itself was needed")
        about, ranged = described(answer), done and answer.status == 206
        goes_on = ranged and about == begun and answer.headers["Content-Range"].startswith(f"bytes {done}-")
        if goes_on or not ranged:
            with part.open("ab" if goes_on else "wb") as file:
                with atomic(note) as temporary:  # once the bytes of an older file are gone
                    temporary.write_text(json.dumps(about))
                append(answer, file, done if goes_on else 0, about["length"], part.stem, every_s)
            return
    part.unlink()
    transfer(url, part, timeout_s, every_s)


def attempt(url, part, by_hand):
    """Bring what `part` lacks: None, or why another attempt is worth it; BadInput where it is not."""
    try:
        transfer(url, part)
    except HTTPError as error:
        reason = f"the server answered {error.code} {error.reason}"
        if error.code == 416:  # its file is shorter than what was begun
            part.unlink(missing_ok=True)
        elif error.code not in BUSY:
            raise BadInput(f"weights {url}: {reason}; correct the address, or {by_hand}") from error
        return reason
    except BROKEN as error:
        return str(getattr(error, "reason", error)) or type(error).__name__


def download(url, part, place, attempts=5, pause_s=1):
    """Bring the whole file at `url` to `part`; BadInput after `attempts` without a new byte, each after twice the pause."""
    failed, before = 0, size_of(part)
    by_hand = f"put the file at {place} by hand, where it is used without a network"
    while reason := attempt(url, part, by_hand):
        failed = 1 if size_of(part) > before else failed + 1
        before, pause = size_of(part), pause_s * 2 ** (failed - 1)
        if failed == attempts:
            raise BadInput(f"weights {url} could not be reached ({reason}): {by_hand}")
        print(f"{place}: {reason}; trying again in {pause:g} s", flush=True)
        time.sleep(pause)


def fetch_weights(url, path, sha256=None, **attempts):
    """Bring the weights at `url` to `path`, unless they are there, and check their checksum: the sha256 found.

    Raises BadInput where the server cannot be reached or has other bytes than `sha256` says.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    there = path.is_file()
    if not there:
        download(url, part, path, **attempts)
    found = file_sha256(path if there else part)
    wrong = sha256 and found != sha256.lower()
    if wrong and there:
        raise BadInput(
            f"weights {path} have sha256 {found}, the config says {sha256}: correct it, or delete the file to fetch it anew"
        )
    part.with_name(f"{part.name}.json").unlink(missing_ok=True)
    if wrong:
        part.unlink()
        raise BadInput(f"weights {url} have sha256 {found}, the config says {sha256}: they were not kept")
    if not there:
        os.replace(part, path)
    if not sha256:
        print(f"{path}: write `sha256: {found}` beside `weights:`, and no other file is ever taken for this one")
    return found


if __name__ == "__main__":
    with job(snakemake):
        fetch_weights(snakemake.params.url, snakemake.output.weights, snakemake.params.sha256)
