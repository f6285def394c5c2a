"""Hostile manifests, folders and official annotation files, from their reading to the rows of clips and of rejections."""

import csv
import io
import json
import os
import struct
import zipfile
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from tests.damage import TEXTS, assert_whole, choice, damaged, spoil_tree, value
from tests.made_videos import write_video
from workflow.lib.listing import folder_of, found_in, listed
from workflow.lib.manifest import COLUMNS, read_dataset
from workflow.lib.sequence_sets import masked_frames
from workflow.scripts.decode_clips import decode_clips, read_rows
from workflow.scripts.list_videos import list_videos

CLIP = {"frames": 4, "fps": 12.5, "short_side": 16, "crop": [16, 16], "short_videos": "reject", "clips_per_video": 1}
NAMES = ["v_a", "b", "c", "d"]
ROWS = [[f"{name}.mp4", "0", "1", "run", "train"] for name in NAMES]


@cache
def video_bytes():
    """A video of a second."""
    path = write_video(Path(os.getcwd(), "made.mp4"), 25, size=(32, 32))
    return path.read_bytes()


def data_set_case(rng, folder):
    """A hostile data set: read as while parsing, listed and decoded as by their rules."""
    kinds = [manifest, manifest, files, kinetics, activitynet, diving, something, sequences, sequences, boxes, archives, archives]
    options = choice(rng, kinds)(rng, folder)
    rows = read_dataset("set", options)
    rows = rows[:12]
    assert all(list(row)[: len(COLUMNS)] == COLUMNS and all(isinstance(own, str) for own in row.values()) for row in rows)
    list_videos(listed(rows, folder_of(options)), folder / "listed.csv")
    found = found_in(read_rows(folder / "listed.csv"), folder_of(options))
    assert [{k: row.get(k, "") for k in rows[0]} for row in found] == rows, "what was listed is not what came"
    clips, masks, complete = [], [], masked_frames(options)
    accepted, rejected = decode_clips(found, CLIP, 24, clips.append, masks.append, complete)
    assert len(clips) == len(accepted) and all(clip.shape == (4, 16, 16, 3) for clip in clips)
    assert_whole([row["video"] for row in rows], accepted, rejected)
    return ("rejected", rejected[0]["reason"]) if rejected else ("done", "")


def put_videos(folder, names=NAMES):
    """Videos of these names in the folder `videos`."""
    for name in names:
        (folder / "videos").mkdir(exist_ok=True)
        (folder / "videos" / f"{name}.mp4").write_bytes(video_bytes())
    return str(folder / "videos")


def spoiled_table(rng, header, rows):
    """The text of a CSV with one or two cells, rows or columns that are not as they should be, as bytes."""
    header, rows = list(header), [list(row) for row in rows]
    for _ in range(1 + rng.integers(2)):
        way, row = rng.integers(7), choice(rng, rows) if rows else header
        if way < 3:
            row[rng.integers(len(row))] = str(value(rng))
        elif way == 3:
            header[rng.integers(len(header))] = choice(rng, [*TEXTS, header[0]])
        elif way == 4:
            row.append("more")
        elif way == 5 and len(row) > 1:
            row.pop()
        else:
            rows += [list(row)] * 2
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    data = out.getvalue().encode()
    return damaged(rng, data) if rng.random() < 0.25 else data


def spoiled_json(rng, content):
    """The bytes of a JSON file, spoiled in its values or as text."""
    for _ in range(1 + rng.integers(2)):
        spoil_tree(rng, content)
    data = json.dumps(content, default=str).encode()
    return damaged(rng, data) if rng.random() < 0.25 else data


def manifest(rng, folder):
    """Options of a data set from a manifest."""
    put_videos(folder)
    header, rows = ["video", "start_s", "end_s", "label", "split"], ROWS
    if rng.random() < 0.3:
        header, rows = [*header, "masks"], [[*row, "masks/a"] for row in rows]
    (folder / "set.csv").write_bytes(spoiled_table(rng, header, rows))
    options = {"manifest": str(folder / "set.csv"), "root": str(folder / "videos")}
    return options if rng.random() < 0.9 else {"manifest": choice(rng, ["none.csv", str(folder), ".", "videos/b.mp4"])}


def files(rng, folder):
    """Options of a data set from a folder whose files have odd names."""
    put_videos(folder)
    for name in rng.choice(TEXTS, 3, replace=False):
        with_suffix = f"{name.replace('/', '_')[:100]}.mp4"
        choice(rng, [write_bytes, make_folder, make_link, make_pipe])(folder / "videos" / with_suffix)
    if rng.random() < 0.3:
        (folder / "videos" / os.fsdecode(b"\xff\xfe.mp4")).write_bytes(video_bytes())
    if rng.random() < 0.2:
        os.symlink(folder, folder / "videos" / "loop")
    if rng.random() < 0.2:
        make_frames(folder / "videos" / "frames", 8, rng)
    return {"folder": str(folder / "videos")}


def write_bytes(path):
    path.write_bytes(video_bytes())


def make_folder(path):
    path.unlink(missing_ok=True)
    path.mkdir()


def make_link(path):
    path.unlink(missing_ok=True)
    path.symlink_to(path)


def make_pipe(path):
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def kinetics(rng, folder):
    """Options of Kinetics-400."""
    rows = [["run", name, "0", "1", "train"] for name in NAMES]
    (folder / "train.csv").write_bytes(spoiled_table(rng, ["label", "youtube_id", "time_start", "time_end", "split"], rows))
    return annotations(rng, "kinetics400", put_videos(folder), folder / "train.csv")


def activitynet(rng, folder):
    """Options of ActivityNet."""
    content = {"database": {n: {"subset": "training", "annotations": [{"label": "run", "segment": [0.1, 1]}]} for n in NAMES}}
    (folder / "net.json").write_bytes(spoiled_json(rng, content))
    return annotations(rng, "activitynet", put_videos(folder), folder / "net.json") | {}


def diving(rng, folder):
    """Options of Diving48, with its vocabulary."""
    both = [[{"vid_name": n, "label": i % 2, "start_frame": 0, "end_frame": 9} for i, n in enumerate(NAMES)], [["a", "b"], ["c"]]]
    both[0 if rng.random() < 0.7 else 1] = json.loads(json.dumps(both[0 if rng.random() < 0.7 else 1]))
    for name, content in zip(("Diving48_V2_train.json", "Diving48_vocab.json"), both, strict=True):
        sound = json.dumps(content).encode()
        (folder / name).write_bytes(spoiled_json(rng, content) if rng.random() < 0.7 else sound)
    given = [folder / "Diving48_V2_train.json", folder / "Diving48_vocab.json"]
    return annotations(rng, "diving48", put_videos(folder), *given)


def something(rng, folder):
    """Options of Something-Something v2."""
    content = [{"id": n, "template": "[x] falls", "label": "cup falls"} for n in NAMES]
    (folder / "something-train.json").write_bytes(spoiled_json(rng, content))
    return annotations(rng, "ssv2", put_videos(folder), folder / "something-train.json")


def annotations(rng, kind, root, *given):
    """Options of a data set from annotation files, sometimes with a choice that may not fit."""
    options = {"format": kind, "root": root, "file": [str(path) for path in given]}
    extra = [{}, {}, {"split": "train"}, {"split": choice(rng, TEXTS)}, {"per_class": 2}, {"segments": "all"}, {"missing": "skip"}]
    return {"annotations": options | choice(rng, extra)}


def make_frames(folder, n, rng, size=(24, 32), spoil=0.0):
    """A folder of PNGs, each spoiled with a probability."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(n):
        picture = np.full((*size, 3), 60 + number, np.uint8)
        data = cv2.imencode(".png", picture)[1].tobytes()
        (folder / f"{number:05d}.png").write_bytes(damaged(rng, data) if rng.random() < spoil else data)


def sequences(rng, folder):
    """Options of a data set of sequences with masks, their folders, frames or lists spoiled."""
    kind = choice(rng, ["davis16", "tao_vos", "imagenet_vid"])
    for name in NAMES:
        spoil = choice(rng, [0.0, 0.0, 0.3])
        make_frames(folder / "JPEGImages" / name, 9, rng, spoil=spoil)
        size = (24, 32) if rng.random() < 0.9 else (8, 8)
        make_frames(folder / "Annotations" / name, int(9 - (rng.random() < 0.3)), rng, size, choice(rng, [0.0, 0.0, 0.3]))
    lines = [f"/JPEGImages/{name}/00000.png /Annotations/{name}/00000.png" for name in NAMES]
    if rng.random() < 0.3:
        lines[rng.integers(4)] = choice(rng, TEXTS)
    options = {"format": kind, "root": str(folder), "masks": str(folder / "Annotations")}
    if rng.random() < 0.4:
        text = "\n".join(lines).encode()
        (folder / "train.txt").write_bytes(damaged(rng, text) if rng.random() < 0.5 else text)
        options["file"] = str(folder / "train.txt")
    if rng.random() < 0.2:
        options["split"] = choice(rng, TEXTS)
    if rng.random() < 0.2:
        choice(rng, [make_folder, make_link, make_pipe])(folder / "Annotations" / NAMES[0] / "00004.png")
    if rng.random() < 0.1:
        os.rename(folder / "JPEGImages", folder / choice(rng, ["x", "Annotations2"]))
    return {"annotations": options}


def boxes(rng, folder):
    """Options of MoCA, whose masks are boxes in a CSV."""
    rows = []
    for name in NAMES:
        make_frames(folder / "JPEGImages" / name, 9, rng)
        rows += [[f"/{name}/{n:05d}.png", "[2, 3.5, 4, 10, 9]"] for n in range(9)]
    (folder / "annotations.csv").write_bytes(spoiled_table(rng, ["file_list", "spatial_coordinates"], rows))
    if rng.random() < 0.3:
        odd = choice(
            rng, ["[2, 1e999, 1, 1, 1]", f"[2, {'9' * 400}, 1, 1, 1]", "[2, 1.2.3, 4, 5, 6]", "[2, -5, -5, 1e9, 9]", "[2]"]
        )
        with (folder / "annotations.csv").open("a") as file:
            file.write(f'/b/00001.png,"{odd}"\n')
    return {"annotations": {"format": "moca", "root": str(folder)}}


def archives(rng, folder):
    """Options of a manifest of videos whose masks are archives of arrays, some of them spoiled."""
    put_videos(folder)
    for name in NAMES:
        sound = archive(np.lib.format.header_data_from_array_1_0(np.zeros((25, 32, 32), bool)))
        (folder / "videos" / f"{name}.npz").write_bytes(choice(rng, [sound] * 3 + [damaged(rng, sound), odd_archive(rng)]))
    lines = ["video,start_s,end_s,label,split,masks", *(f"{name}.mp4,,,,,{name}.npz" for name in NAMES)]
    (folder / "set.csv").write_text("\n".join(lines))
    return {"manifest": str(folder / "set.csv"), "root": str(folder / "videos")}


def archive(header, name="mask.npy", data=bytes(25 * 32 * 32)):
    """The bytes of an .npz of one array: its header, a mapping or its text, and its data."""
    text = header if isinstance(header, str) else f"{header}\n"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, b"\x93NUMPY\x01\0" + struct.pack("<H", len(text)) + text.encode("latin1") + data)
    return file.getvalue()


def odd_archive(rng):
    """As `archive`, with another shape, kind, name or size, or with a header that is cut off."""
    shapes = [(25, 32, 32), (25, 32, 33), (24, 32, 32), (2**40, 32, 32), (2**99, 1, 1), (1 << 27, 0, 0), (-1, 32, 32), (25600,), ()]
    shape, kind = (
        choice(rng, [*shapes, (1.5, 2), None, "x"]),
        choice(rng, ["|b1", "|u1", "<f8", "|O", "|S1", "|V0", "<c8", "<M8[s]", 3]),
    )
    text = f"{{'descr': {kind!r}, 'fortran_order': {choice(rng, [False, True, 1])}, 'shape': {shape!r}}}\n"
    text = text[: rng.integers(len(text))] if rng.random() < 0.2 else text
    return archive(text, choice(rng, ["mask.npy"] * 4 + ["mask", "../mask.npy"]), bytes(choice(rng, [25600] * 4 + [0, 10, 10**8])))
