"""Nothing that comes from outside is run, escapes the results folder, or takes memory and time without bound."""

import ast
import io
import json
import os
import pickle
import re
import socket
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import torch

from tests import made_videos as made
from tests.copied_project import ROOT, TINY, Project
from tests.fuzzed_weights import Runs
from tests.test_decoding import CLIP, decode, reason
from workflow.lib.arrays import open_frames
from workflow.lib.config_schema import fill_and_check
from workflow.lib.errors import BadInput
from workflow.lib.model_entries import CACHE, cached_path
from workflow.lib.plugins import plugin_path
from workflow.lib.tables import read_table
from workflow.parts import video_files
from workflow.parts.mask_reading import array_of
from workflow.parts.pictures import Unusable
from workflow.parts.video_reading import open_video
from workflow.parts.weights import read_state
from workflow.scripts.decode_clips import decode_clips
from workflow.scripts.dump_features import open_stores

FORBIDDEN = {  # calls, by the last two parts of their name, that run or unpack what they are given
    *("eval", "exec", "compile", "__import__", "os.system", "os.popen", "yaml.load", "yaml.unsafe_load", "yaml.full_load"),
    *("pickle.load", "pickle.loads", "pickle.Unpickler", "pandas.read_pickle", "pd.read_pickle", "marshal.loads", "shelve.open"),
    *("shutil.unpack_archive", "archive.extract", "archive.extractall", "tarfile.open", "joblib.load", "torch.jit.load"),
}
MODULES = {"subprocess", "shelve", "marshal", "dill", "joblib", "cloudpickle", "tarfile", "pty", "commands"}


def dangers(tree):
    """What of a file's syntax runs or unpacks what it is given."""
    for node in ast.walk(tree):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        yield from (name for name in names if name.split(".")[0] in MODULES)
        if isinstance(node, ast.Call):
            name = ".".join(ast.unparse(node.func).split(".")[-2:])
            options = {own.arg: ast.unparse(own.value) for own in node.keywords}
            if name in FORBIDDEN or options.get("shell", "False") != "False" or options.get("allow_pickle", "False") != "False":
                yield name
            if name == "torch.load" and options.get("weights_only") != "True":
                yield name


SOURCES = sorted([*(ROOT / "workflow").rglob("*.py"), *(ROOT / "resources").rglob("*.py"), *(ROOT / "docs").glob("*.py")])


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_source_runs_what_it_reads(path):
    assert not list(dangers(ast.parse(path.read_text())))


@pytest.mark.parametrize(
    "line",
    [
        "pickle.loads(data)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path, allow_pickle=True)",
        "import subprocess",
        "x.run(f'ffmpeg {name}', shell=True)",
        "os.system(name)",
        "yaml.load(text)",
        "eval(text)",
        "archive.extractall()",
    ],
)
def test_such_a_line_would_be_seen(line):
    assert list(dangers(ast.parse(line)))
    assert not list(dangers(ast.parse("module.eval(); torch.load(p, weights_only=True); np.load(p); yaml.safe_load(t)")))


def test_no_rule_has_a_shell_command_or_code_of_its_own():
    for path in [ROOT / "Snakefile", *(ROOT / "workflow/rules").glob("*.smk")]:
        assert not [line for line in path.read_text().splitlines() if line.strip() in ("shell:", "run:")], path
        assert "shell(" not in path.read_text(), path


@pytest.mark.parametrize("how", ["system", "exec", "eval"])
@pytest.mark.parametrize("packing", ["pickle0", "pickle5", "torch", "old torch"])
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_checkpoint_with_code_is_refused_and_never_run(tmp_path, monkeypatch, how, packing, suffix):
    monkeypatch.chdir(tmp_path)
    content, file = {"state_dict": {"w": torch.zeros(2)}, "hook": Runs(how)}, io.BytesIO()
    if packing.startswith("pickle"):
        pickle.dump(content, file, protocol=int(packing[-1]))
    else:
        torch.save(content, file, _use_new_zipfile_serialization=packing == "torch")
    Path(f"net{suffix}").write_bytes(file.getvalue())
    with pytest.raises(BadInput, match=f"weights net{suffix} cannot be read"):
        read_state(f"net{suffix}")
    assert os.listdir() == [f"net{suffix}"]
    if packing.startswith("pickle"):  # the trap does spring where it is let
        pickle.loads(file.getvalue())
        assert Path("pwned").exists()


def test_arrays_of_objects_are_refused_and_never_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    objects = np.empty(2, object)
    objects[:] = Runs("system")
    np.save("frames.npy", objects, allow_pickle=True)
    np.savez("masks.npz", mask=objects)
    with pytest.raises(BadInput, match=r"frames\.npy is damaged or no store of clips"):
        open_frames("frames.npy")
    video = open_video(made.write_video(tmp_path / "v.mp4", 5), lambda picture: picture, 24)
    with pytest.raises(Unusable, match=r"masks cannot be read: masks\.npz"):
        array_of(Path("masks.npz"), video)
    assert not Path("pwned").exists()


def test_stores_of_other_clips_are_refused(tmp_path):
    clips, sound = pd.DataFrame({"n_frames": [8] * 4}), np.zeros((4, 8, 6, 5, 3), np.uint8)
    np.save(tmp_path / "sound.npy", sound)
    wrong = [sound[:3], sound[:, :7], sound[..., :2], sound[..., 0], sound.astype(float), sound[:, :, :5], sound[0, 0, 0, 0, 0]]
    for store in wrong:
        np.save(tmp_path / "frames.npy", store)
        with pytest.raises(BadInput, match=rf"frames\.npy holds {store.dtype} \[.*\], .* = \[4, 8, 6, 5, 3\] is needed; delete it"):
            open_stores({"original": tmp_path / "sound.npy", "oil": tmp_path / "frames.npy"}, clips)
        if store.shape[2:3] != (5,):  # the first store alone tells how large the clips are
            with pytest.raises(BadInput, match=r"frames\.npy holds .* is needed; delete it"):
                open_stores({"original": tmp_path / "frames.npy"}, clips)
    np.save(tmp_path / "frames.npy", sound[:0])
    assert open_stores({"original": tmp_path / "frames.npy"}, clips[:0])["original"].shape == (0, 8, 6, 5, 3)


def test_archives_that_unpack_to_more_than_they_may_are_not_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "net.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("net/data.pkl", bytes(50_000_000))
    with pytest.raises(BadInput, match=r"unpack from \d{5} to 50000000 bytes"):
        read_state(tmp_path / "net.pth")
    np.savez_compressed(tmp_path / "masks.npz", mask=np.zeros((5, 3000, 3000), np.uint8))
    video = open_video(made.write_video(tmp_path / "v.mp4", 5), lambda picture: picture, 24)
    with pytest.raises(Unusable, match=r"masks\.npz unpacks to 45000128 bytes, 167936 are read at most"):
        array_of(tmp_path / "masks.npz", video)
    with zipfile.ZipFile(tmp_path / "two.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, side in (("mask.npy", 64), ("mask", 3000)):  # numpy reads the second one for `mask`
            with archive.open(name, "w") as file:
                np.lib.format.write_array(file, np.zeros((5, side, side), np.uint8))
    assert array_of(tmp_path / "two.npz", video).shape == (5, 64, 64)


SHAPES = [
    "(5, 64",
    "(1099511627776, 64, 64), }",
    f"({2**99}, 64, 64), }}",
    "(True, 64, 64), }",
    "[], []:1}",
]


@pytest.mark.parametrize("shape", SHAPES)
def test_masks_whose_header_lies_cost_their_own_row_alone(tmp_path, shape):
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}".encode()
    with zipfile.ZipFile(tmp_path / "masks.npz", "w") as archive:
        archive.writestr("mask.npy", b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header + bytes(5 * 64 * 64))
    plain = {"video": "plain", "path": str(made.write_video(tmp_path / "v.mp4", 20)), "masks": ""}
    plain |= dict.fromkeys(("start_s", "end_s", "label", "split"), "")
    hostile = plain | {"video": "hostile", "masks": str(tmp_path / "masks.npz")}
    accepted, rejected = decode_clips([hostile, plain], CLIP, 25, lambda clip: None, lambda mask: None)
    assert [row["video"] for row in accepted] == ["plain"]
    assert [row["reason"].partition(":")[0] for row in rejected] == ["masks cannot be read"]


NAMES = ["..", ".", "a/b", "../a", "/etc", "a\\b", "a b", "a\n", "a\0", "-rf", "$(touch x)", "`x`", "a;b", "", ".hidden", "ä"]
NAMES += ["a" * 101]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["datasets", "styles", "models", "experiment"])
def test_names_that_become_paths_are_plain(kind, name):
    config = json.loads(json.dumps(TINY))
    if kind == "experiment":
        config[kind] = name
    else:
        config[kind][name] = next(iter(config[kind].values()))
    with pytest.raises(BadInput, match=rf"^{kind}: "):
        fill_and_check(config)


@pytest.mark.parametrize("name", ["../models/x3d", "x3d/../x3d", "/etc/passwd", "x3d.", "a b", "", "x3d\n"])
def test_plugins_are_found_by_plain_names_only(name):
    with pytest.raises(BadInput, match="no models plug-in"):
        plugin_path("models", name)


@pytest.mark.parametrize(
    "path", ["..", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "a/../../b", "", "%00", "x" * 400, "a%0Ab", "~", "-rf", "$(x)"]
)
def test_fetched_files_lie_in_their_folder(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place = Path(cached_path(f"https://example.org/{path}"))
    place.parent.mkdir(parents=True)
    place.write_bytes(b"x")
    (tmp_path / f"{place}.part.json").write_bytes(b"x")  # as while it is fetched
    assert place.resolve().parent == tmp_path / CACHE


ODD = ["a b.mp4", 'it\'s "so".mp4', "$(touch pwned).mp4", "`touch pwned`.mp4", "-rf.mp4", "new\nline.mp4", "{shard}.mp4", "a..mp4"]
ODD += ["a;touch pwned.mp4", "%05d.mp4", "*.mp4", "日本.mp4", "a,b.mp4", "\u202e4pm.mp4"]


def test_videos_of_any_name_run_and_write_in_results_alone(tmp_path):
    config = TINY | {
        "datasets": {"odd": {"folder": "videos"}},
        "clip": {"frames": 4, "fps": 12.5, "short_side": 32, "crop": [32, 32], "max_rejected": 0},
        "shard_size": 100,
        "style_training": {"dataset": "odd"},
        "analyses": [{"dataset": "odd", "models": ["time_average"], "metrics": ["pearson"]}],
    }
    project, data = Project(tmp_path / "project", config), made.write_video(tmp_path / "v.mp4", 12).read_bytes()
    (project.folder / "videos/sub folder").mkdir(parents=True)
    for name in ODD:
        (project.folder / "videos" / name).write_bytes(data)
    (project.folder / "videos/sub folder/link.mp4").symlink_to(tmp_path / "v.mp4")
    before = {path for path in tmp_path.rglob("*") if ".snakemake" not in path.parts}
    project.done("results/variants/odd/000.parquet", "results/clips/odd/clips.parquet")
    made_here = {path for path in tmp_path.rglob("*") if ".snakemake" not in path.parts} - before
    results = project.folder / "results"
    assert {path for path in made_here if "__pycache__" not in path.parts and path != results} <= set(results.rglob("*"))
    clips = read_table(results / "clips/odd/clips.parquet", "clips")
    assert sorted(clips["video"]) == sorted([*ODD, "sub folder/link.mp4"])
    assert sorted(path.name for path in results.glob("clips/odd/000/*")) == [
        "clips.parquet",
        "frames.npy",
        "masks.npy",
        "rejected.parquet",
    ]


@pytest.mark.parametrize("kind", ["fifo", "socket to nowhere", "folder", "device", "loop", "long"])
def test_what_is_no_file_is_rejected_without_waiting(tmp_path, kind):
    path = tmp_path / "x.mp4"
    expected = "no regular file"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
        expected = "folder without images"
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "loop":
        path.symlink_to(path)
        expected = "file missing"
    elif kind == "long":
        path = tmp_path / ("x" * 300 + ".mp4")
        expected = "cannot be read: File name too long"
    else:
        path.symlink_to(tmp_path / "none")
        expected = "file missing"
    assert reason(path) == expected


@pytest.mark.parametrize("name", ["list.mp4", "list.m3u8", "list.mpd", "list.sdp"])
@pytest.mark.parametrize(
    "text",
    [
        "ffconcat version 1.0\nfile sound.mp4\n",
        "ffconcat version 1.0\nfile {url}\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{url}\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsound.ts\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsound.ts\n",
        "RTSPtextRTSP://127.0.0.1:{port}/a\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    ],
    ids=["list of files", "list of addresses", "playlist", "playlist of files", "playlist without end", "redirection", "session"],
)
def test_what_lists_other_videos_is_none(tmp_path, name, text):
    for sound in ("sound.mp4", "sound.ts"):
        assert len(decode(made.write_video(tmp_path / sound, 40))[0]) == 1
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        port = server.getsockname()[1]
        (tmp_path / name).write_text(text.format(url=f"http://127.0.0.1:{port}/x.ts", port=port))
        assert reason(tmp_path / name) == "cannot be decoded"
        with pytest.raises(BlockingIOError):  # nobody has called
            server.accept()


def test_a_pipe_among_the_frames_is_no_frame(tmp_path):
    for number in range(20):
        cv2.imwrite(str(tmp_path / f"{number}.png"), made.numbered(number))
    os.mkfifo(tmp_path / "20.png")
    (clip,), _, _ = decode(tmp_path)
    assert len(clip) == CLIP["frames"]


def test_decoding_ends_where_time_or_frames_run_out(tmp_path, monkeypatch):
    video = made.claim_frames(made.write_video(tmp_path / "v.avi", 40, codec="MJPG"), 2_000_000_000)
    (clip,), _, _ = decode(video)  # billions are claimed, forty counted
    assert made.numbers_of(clip)
    assert reason(video, decoding_seconds=1e-9).startswith("not decoded within clip: decoding_seconds: 1e-09 s were given")
    monkeypatch.setattr(video_files, "MOST_FRAMES", 10)
    assert reason(video) == "endless: more than 10 frames"


def test_a_scheduler_ends_no_shard_before_its_videos_are_rejected(tmp_path):
    project = Project(tmp_path, TINY | {"clip": TINY["clip"] | {"decoding_seconds": 7200}})
    printed = project.done("--dry-run", "results/clips/shapes/000/clips.parquet")
    (minutes,) = re.findall(r"rule decode_clips:.*?runtime=(\d+)", printed, re.DOTALL)
    assert int(minutes) * 60 > TINY["shard_size"] * 7200


def png(path, side):
    """A black square PNG of any size, written row by row."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer, rows = zlib.compressobj(1), bytes(side + 1)
    packed = b"".join(packer.compress(rows) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b""))


BOUNDED = """
import json, os, re, sys
from pathlib import Path
os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(1 << 26)  # as the Snakefile sets it
from workflow.scripts.decode_clips import decode_clips
from workflow.scripts.dump_features import open_stores
def most():
    return int(re.search(r"VmHWM:\\s+([0-9]+)", Path("/proc/self/status").read_text())[1])
before = most()
row = {"video": "v", "path": sys.argv[1], "start_s": "", "end_s": "", "label": "", "split": ""}
row |= {"masks": path for path in sys.argv[3:]}
accepted, rejected = decode_clips([row], json.loads(sys.argv[2]), 25, lambda clip: None, lambda mask: None)
print(json.dumps([len(accepted), rejected, most() - before]))
"""


def bounded(path, side, *masks):
    """(clips, rejected rows, kilobytes taken) of a video that is cut to `side` pixels, in a process of its own."""
    clip = json.dumps(CLIP | {"short_side": side, "crop": [side, side]})
    command = [sys.executable, "-c", BOUNDED, path, clip, *masks]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("kind", ["pictures", "large", "video", "claimed", "thin", "dense"])
def test_huge_frames_take_little_memory(tmp_path, kind):
    path = tmp_path / "v"
    if kind == "pictures":  # 16384 x 16384 pixels, 805 MB once decoded
        path.mkdir()
        png(path / "00.png", 16384)
        for number in range(1, 25):
            os.link(path / "00.png", path / f"{number:02d}.png")
    elif kind == "large":  # 8000 x 8000 pixels, which are read, but one at a time
        path.mkdir()
        png(path / "00.png", 8000)
        for number in range(1, 25):
            os.link(path / "00.png", path / f"{number:02d}.png")
    elif kind == "thin":  # 1 x 60000 pixels, whose short side is to become 64
        path.mkdir()
        for number in range(25):
            cv2.imwrite(str(path / f"{number:02d}.png"), np.zeros((1, 60000), np.uint8))
    elif kind == "dense":  # 800 frames in 27 minutes, but all within a second about the clip; scaled, they would take 3.5 GB
        path = made.set_durations(made.write_video(tmp_path / "v.mp4", 800), [800, *[0.001] * 798, 800])
    else:
        path = tmp_path / "v.avi"
        side = 8400 if kind == "video" else 64
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25, (side, side))
        for _ in range(2 if kind == "video" else 12):
            writer.write(np.zeros((side, side, 3), np.uint8))
        writer.release()
        if kind == "claimed":
            data = bytearray(path.read_bytes())
            for tag, offset in ((b"avih", 8 + 32), (b"strf", 8 + 4)):
                at = data.index(tag) + offset
                data[at : at + 8] = struct.pack("<II", 60000, 60000)
            path.write_bytes(data)
    accepted, rejected, kilobytes = bounded(path, 1200)
    reasons = {"pictures": "cannot be decoded: pixels <= CV_IO_MAX_IMAGE_PIXELS", "video": "frames too large: 8400 x 8400 pixels"}
    reasons |= {
        "thin": "frames too large: 72000000 x 1200 pixels",
        "large": "",
        "dense": "",
        "claimed": "",
    }  # the frames claim less than the header
    assert [row["reason"][: len(reasons[kind])] for row in rejected] == [reasons[kind]] * (1 - accepted)
    assert accepted == (kind in ("large", "dense"))
    assert kilobytes < 500_000


@pytest.mark.parametrize("shape", [(25, 4096, 4096), (1 << 22, 0, 0)])
def test_huge_masks_take_little_memory(tmp_path, shape):
    frames, masks = tmp_path / "frames", tmp_path / "m.npz"
    frames.mkdir()
    png(frames / "00.png", 4096)
    for number in range(1, 25):
        os.link(frames / "00.png", frames / f"{number:02d}.png")
    with zipfile.ZipFile(masks, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive, archive.open("mask.npy", "w") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
        for _ in range(25):  # 1.7 GB, or none in masks that are many
            file.write(bytes(4 * shape[1] * shape[2]))
    accepted, (rejected,), kilobytes = bounded(frames, 64, masks)
    reasons = ["masks too large: m.npz unpacks to 1677721728 bytes, 1073741824 are read at most"]
    reasons += ["masks and frames differ in number: 4194304 masks came for 25 frames"]
    assert rejected["reason"] == reasons[shape[1] == 0]
    assert kilobytes < 500_000


def test_a_pipe_among_the_masks_is_no_mask(tmp_path):
    for folder in ("frames", "masks"):
        (tmp_path / folder).mkdir()
        for number in range(20):
            cv2.imwrite(str(tmp_path / folder / f"{number}.png"), made.numbered(number))
    (tmp_path / "masks/10.png").unlink()
    os.mkfifo(tmp_path / "masks/10.png")
    _, (rejected,), _ = bounded(tmp_path / "frames", 32, tmp_path / "masks")
    assert rejected["reason"] == "masks and frames differ in number: 19 masks came for 20 frames"
