"""Tables and pictures as parts of one self-contained page."""

import base64
import re
from html import escape
from pathlib import Path

from workflow.parts.numbers import is_numeric, readable

LONG = 60  # letters of a cell that take some width even where there is little
TYPES = {".png": "image/png", ".svg": "image/svg+xml", ".jpg": "image/jpeg"}


def data_url(content, suffix):
    """The bytes of a picture as a data URL."""
    return f"data:{TYPES[suffix]};base64,{base64.b64encode(content).decode()}"


def embedded(path):
    """A picture's file as a data URL."""
    return data_url(Path(path).read_bytes(), Path(path).suffix)


def coded(sentence):
    """A sentence as HTML, with what stands in backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(sentence))


def kept(cell, words):
    """A cell that breaks, where there is little room, between the parts of a name or before the interval of a number."""
    return cell.replace("_", "_<wbr>") if words else cell.replace(" ", "\N{NO-BREAK SPACE}").replace("\N{NO-BREAK SPACE}[", " [")


def html_table(frame):
    """A DataFrame as an HTML table whose first column names the rows; columns of words are marked, those of numbers are not."""
    columns = [list(map(readable, frame[name])) for name in frame]
    words = [
        "" if is_numeric(cells) else f' class="words{" long" * (max(map(len, cells), default=0) > LONG)}"' for cells in columns
    ]
    head = "".join(f'<th scope="col"{mark}>{escape(str(name))}</th>' for name, mark in zip(frame, words, strict=True))
    rows = []
    for first, *rest in zip(*columns, strict=True):
        cells = "".join(f"<td{mark}>{kept(escape(cell), mark)}</td>" for cell, mark in zip(rest, words[1:], strict=True))
        rows.append(f'<tr><th scope="row">{kept(escape(first), True)}</th>{cells}</tr>')
    body = "\n".join(rows)
    return f"<table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table>"
