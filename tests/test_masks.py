"""Masks go with their frames: the same time, the same size; every layout is read, and every mistake has a reason."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from tests import made_videos as made
from workflow.lib.arrays import UNANNOTATED
from workflow.lib.errors import BadInput
from workflow.lib.listing import found_in, listed
from workflow.lib.manifest import read_dataset
from workflow.lib.sequence_sets import masked_frames
from workflow.models import fusionseg
from workflow.parts.mask_reading import fit_mask
from workflow.parts.pathways import pathway_sets
from workflow.parts.pictures import fit
from workflow.scripts.decode_clips import decode_clips, read_rows
from workflow.scripts.list_videos import list_videos
from workflow.scripts.render_videos import render_shard

REAL = Path("../shared/assets/davis16")
CLIP = {"frames": 4, "fps": 12, "short_side": 32, "crop": [32, 32], "short_videos": "reject", "clips_per_video": 1}


def write(path, picture):
    """Write an image and the folders it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture)


def ids(number, size=(64, 64)):
    """The picture of a number as instance ids: [height, width], 0 where it is dark, elsewhere ids from 1 to 7."""
    return ((made.numbered(number, size)[..., 0] > 0) * (1 + np.arange(size[0]) % 7)).astype(np.uint8)


def sequence(root, name, n=12, masks=None, size=(64, 64), frames="JPEGImages/480p", annotated="Annotations/480p"):
    """A sequence of numbered frames and of masks that show the same number, for the frames `masks` or for all."""
    for k in range(n):
        write(root / frames / name / f"{k:05d}.jpg", made.numbered(k, size))
    for k in range(n) if masks is None else masks:
        write(root / annotated / name / f"{k:05d}.png", ids(k, size))
    return root


def decode(root, masked="all", name="bear", annotated="Annotations/480p", **changes):
    """(clips, masks, rejected) of one sequence below `root`, at 24 frames a second."""
    row = {"video": name, "path": str(root / "JPEGImages/480p" / name), "start_s": "", "end_s": "", "label": "", "split": ""}
    clips, masks = [], []
    row["masks"] = str(root / annotated / name) if annotated else ""
    _, rejected = decode_clips([row], {**CLIP, **changes}, 24, clips.append, masks.append, masked)
    assert len(clips) == len(masks)
    return clips, masks, rejected


def reason(*args, **changes):
    """Why the only sequence is rejected."""
    clips, _, rejected = decode(*args, **changes)
    assert not clips
    return rejected[0]["reason"]


def shown(masks):
    """The numbers that masks [frame, height, width] show."""
    return made.numbers_of(masks[..., None] * 255.0)


def test_masks_are_those_of_the_frames_shown(tmp_path):
    root = sequence(tmp_path, "bear", size=(96, 64))
    for fps, crop in ((12, [32, 32]), (24, [32, 32]), (7, [30, 24])):
        (clip,), (mask,), _ = decode(root, fps=fps, crop=crop, frames=3)
        assert mask.shape == (3, *crop) and mask.dtype == np.uint8 and set(np.unique(mask)) <= {0, 1}
        assert ((clip.mean(axis=3) > 127) == mask).mean() > 0.95  # JPEG blurs edges
    (clip,), (mask,), _ = decode(root)
    assert shown(mask) == made.numbers_of(clip) == [2, 4, 6, 8]
    clips, masks, _ = decode(root, clips_per_video=3)
    assert [shown(m) for m in masks] == [made.numbers_of(c) for c in clips] and len(masks) == 3
    (clip,), (mask,), _ = decode(root, frames=10, short_videos="loop")
    assert shown(mask) == made.numbers_of(clip) == [0, 2, 4, 6, 8, 10] + [0, 2, 4, 6]


def test_masks_of_rendered_videos_and_of_files_by_order(tmp_path):
    options = {"frames": 12, "fps": 12, "size": 64, "label": "motion", "scene_bias": 0.0, "first": 0}
    rows = render_shard(tmp_path / "videos", 3, options, 0, 3)[["video", "path", "label", "split", "masks"]].to_dict("records")
    rows = [row | {"start_s": "", "end_s": ""} for row in rows]
    masks = []
    decode_clips(rows, {**CLIP, "fps": 6, "short_side": 64, "crop": [48, 64]}, 24, lambda clip: None, masks.append)
    for row, mask in zip(rows, masks, strict=True):
        truth = np.load(row["masks"])["mask"]
        assert np.array_equal(mask, truth[2:10:2, 8:56])
    pngs = tmp_path / "pngs"
    for k, mask in enumerate(np.load(rows[0]["masks"])["mask"]):
        write(pngs / f"{k}.png", mask)  # 10.png comes after 9.png
    again = []
    clip = {**CLIP, "fps": 6, "short_side": 64, "crop": [48, 64]}
    decode_clips([rows[0] | {"masks": str(pngs)}], clip, 24, lambda clip: None, again.append)
    assert np.array_equal(again[0], masks[0])
    (pngs / "3.png").unlink()
    _, rejected = decode_clips([rows[0] | {"masks": str(pngs)}], clip, 24, print, print, "some")
    assert rejected[0]["reason"] == "masks and frames differ in number: 11 masks came for 12 frames"


def test_any_value_but_0_is_foreground(tmp_path):
    root, folder = sequence(tmp_path, "bear"), tmp_path / "Annotations/480p/bear"
    (_,), (expected,), _ = decode(root)
    written = {
        "of one instance": lambda k: Image.fromarray((ids(k) > 0).astype(np.uint8)),
        "black and white": lambda k: Image.fromarray((ids(k) > 0).astype(np.uint8) * 255),
        "bits": lambda k: Image.fromarray(ids(k) > 0),
        "16 bits": lambda k: Image.fromarray((ids(k) > 0).astype(np.uint16)),
        "transparent": lambda k: Image.fromarray(np.dstack([ids(k)] * 3 + [np.full((64, 64), 255, np.uint8)])),
        "palette": lambda k: palette(ids(k)),
    }
    for name, make in written.items():
        for k in range(12):
            make(k).save(folder / f"{k:05d}.png")
        assert np.array_equal(decode(root)[1][0], expected), name


def palette(numbers):
    """A PNG with a palette, as DAVIS has them: 0 is black, others have colours."""
    image = Image.fromarray(numbers, mode="P")
    image.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0, 0, 0, 128, 128, 0, 128, 0, 128, 128, 1, 0, 0])
    return image


def test_masks_are_brought_to_size_by_majority():
    rng = np.random.default_rng(0)
    mask = cv2.GaussianBlur(rng.standard_normal((96, 160)), (0, 0), 3) > 0
    halved = mask.reshape(48, 2, 80, 2).mean(axis=(1, 3))[:, 16:64]
    small = fit_mask(mask, 48, [48, 48])
    assert np.array_equal(small[halved != 0.5], halved[halved != 0.5] > 0.5)
    frame = np.repeat(mask[..., None] * np.uint8(255), 3, axis=2)
    for short_side, crop in ((96, [90, 100]), (60, [60, 60]), (130, [128, 128])):
        assert ((fit(frame, short_side, crop)[..., 0] >= 128) == fit_mask(mask, short_side, crop)).all()
    assert np.array_equal(fit_mask(mask, 96, [96, 160]), mask)


def test_masks_for_some_frames(tmp_path):
    root = sequence(tmp_path, "bear", masks=[0, 4, 8])
    assert reason(root) == "masks and frames differ in number: 3 masks came for 12 frames"
    (_,), (mask,), _ = decode(root, masked="some")
    annotated = (mask != UNANNOTATED).all(axis=(1, 2))
    assert annotated.tolist() == [False, True, False, True] and (mask[~annotated] == UNANNOTATED).all()
    assert shown(mask[annotated]) == [4, 8]
    (_,), (mask,), _ = decode(root, annotated="")
    assert (mask == UNANNOTATED).all()


@pytest.mark.parametrize("frames", [2, 3, 4, 7])
def test_clips_are_cut_around_sparse_masks(tmp_path, frames):
    """A network of one frame and its flow is shown a frame with a mask in every clip; so few masks are rarely met by chance."""
    annotated = [7, 20, 33, 46, 59]
    root = sequence(tmp_path, "bear", n=61, masks=[*annotated, 60])  # the flow of the last frame leads nowhere
    network = fusionseg.build(depth=[1, 1, 1, 1], width=4)
    ((shown_frame,), _) = pathway_sets(frames, network, "trained")
    fitting = [frame for frame in annotated if frame - shown_frame + frames <= 61]
    for n_clips, expected in ((5, fitting), (9, fitting), (2, [20, 46])):
        clips, masks, _ = decode(root, masked="sparse", fps=24, frames=frames, clips_per_video=n_clips)
        assert [shown(m[[shown_frame]])[0] for m in masks] == [made.numbers_of(c)[shown_frame] for c in clips] == expected
        by_chance = decode(root, masked="some", fps=24, frames=frames, clips_per_video=n_clips)[1]
        assert sum((m[shown_frame] != UNANNOTATED).any() for m in by_chance) < len(masks)
    (_,), (mask,), _ = decode(root, masked="sparse", annotated="", fps=24)  # no masks at all: as elsewhere
    assert (mask == UNANNOTATED).all()


def test_empty_masks_are_kept(tmp_path, capsys):
    root = sequence(tmp_path, "bear")
    for k in range(12):
        write(root / "Annotations/480p/bear" / f"{k:05d}.png", np.zeros((64, 64), np.uint8))
    (_,), (mask,), rejected = decode(root)
    assert not mask.any() and not rejected
    assert "bear: no foreground in the masks of the clip at 0.083 s" in capsys.readouterr().out


def test_a_sequence_of_one_frame(tmp_path):
    root = sequence(tmp_path, "bear", n=1)
    assert reason(root) == "too short: 0.04 s long, a clip needs 0.33 s"
    (clip,), (mask,), _ = decode(root, short_videos="loop")
    assert shown(mask) == made.numbers_of(clip) == [0] * 4


def test_masks_that_do_not_fit_have_a_reason(tmp_path):
    root, folder = sequence(tmp_path, "bear"), tmp_path / "Annotations/480p/bear"
    write(folder / "00012.png", ids(12))
    assert reason(root) == "masks and frames differ in name: 1 without a frame, the first is 00012.png"
    assert reason(root, masked="some") == reason(root)
    (folder / "00012.png").unlink()
    write(folder / "00004.png", ids(4, (64, 48)))
    assert reason(root) == "masks and frames differ in size: a mask of 48 x 64 pixels came, its frame has 64 x 64"
    (folder / "00004.png").write_bytes(b"nothing")
    assert reason(root) == "mask cannot be decoded: 00004.png"
    assert reason(root, annotated="nowhere") == "masks missing"
    _, _, rejected = decode(root, name="wolf")
    assert rejected[0]["reason"] == "file missing"


BOXES = """,file_list,spatial_coordinates,metadata
0,/bear/00002.jpg,"[2,10,20,30,16]",{'1': '0'}
1,/bear/00004.jpg,"[2,-3.5,50.4,20,99]",{'1': '0'}
2,/bear/00006.jpg,[],{'1': '0'}
3,/other/00000.jpg,"[2,0,0,5,5]",{'1': '0'}
"""
EXPORTED = """# Exported using VGG Video Annotator (http://www.robots.ox.ac.uk/~vgg/software/via)
# CSV_HEADER = metadata_id,file_list,flags,temporal_coordinates,spatial_coordinates,metadata
"1_a","[""/bear/00002.jpg""]",0,[],"[2,10,20,30,16]","{""1"":""0""}"
"1_b","[""/bear/00004.jpg""]",0,[],"[2,-3.5,50.4,20,99]","{""1"":""0""}"
"1_c","[""/bear/00006.jpg""]",0,[],"[]","{""1"":""0""}"
"""


@pytest.mark.parametrize("text", [BOXES, EXPORTED])
def test_moca_is_annotated_with_boxes(tmp_path, text):
    sequence(tmp_path, "bear", masks=[], frames="JPEGImages")
    sequence(tmp_path, "cat", masks=[], frames="JPEGImages")
    sequence(tmp_path, "fox", masks=[], frames="JPEGImages")
    (tmp_path / "annotations.csv").write_text(text)
    options = {"annotations": {"format": "moca", "root": str(tmp_path)}}
    rows = read_dataset("moca", options)
    assert [row["video"] for row in rows] == ["bear", "cat", "fox"] and masked_frames(options) == "some"
    masks = []
    clip = {**CLIP, "short_side": 64, "crop": [64, 64]}
    _, rejected = decode_clips(rows, clip, 24, lambda clip: None, masks.append, "some")
    assert not rejected
    first, second = np.zeros((2, 64, 64))
    first[20:36, 10:40] = 1
    second[50:, :16] = 1
    assert np.array_equal(masks[0][:2], [first, second]) and (masks[0][2:] == UNANNOTATED).all()
    assert (np.array(masks[1:]) == UNANNOTATED).all()
    (tmp_path / "wrong.csv").write_text('file_list,spatial_coordinates\n/bear/00002.jpg,"[2,1]"\n')
    _, rejected = decode_clips([rows[0] | {"masks": str(tmp_path / "wrong.csv")}], clip, 24, print, print, "some")
    assert rejected[0]["reason"].startswith("boxes cannot be read: wrong.csv")


def annotations(root, kind, **more):
    """Options of a data set below `root`."""
    return {"annotations": {"format": kind, "root": str(root), **more}}


def places(rows, root):
    """(video, frames, masks, split) of rows, paths relative to the root."""
    return [(r["video"], *(str(Path(r[c]).relative_to(root)) for c in ("path", "masks")), r["split"]) for r in rows]


def test_davis16_by_its_lists(tmp_path):
    for name in ("bear", "camel", "dog"):
        sequence(tmp_path, name, n=2)
        sequence(tmp_path, name, n=2, frames="JPEGImages/1080p", annotated="Annotations/1080p")
    write(tmp_path / "preview.png", np.zeros((4, 4), np.uint8))  # no sequence
    lists = tmp_path / "ImageSets/480p"
    lists.mkdir(parents=True)
    lines = [f"/JPEGImages/480p/{s}/{k:05d}.jpg /Annotations/480p/{s}/{k:05d}.png \n" for s in ("camel", "bear") for k in (0, 1)]
    (lists / "train.txt").write_text("".join(lines))
    (lists / "val.txt").write_text("dog\nwolf\n")
    expected = [
        ("camel", "JPEGImages/480p/camel", "Annotations/480p/camel", "train"),
        ("bear", "JPEGImages/480p/bear", "Annotations/480p/bear", "train"),
        ("dog", "JPEGImages/480p/dog", "Annotations/480p/dog", "validation"),
        ("wolf", "JPEGImages/wolf", "Annotations/wolf", "validation"),  # not there
    ]
    options = annotations(tmp_path, "davis16", file=[str(lists / "train.txt"), str(lists / "val.txt")])
    assert places(read_dataset("davis", options), tmp_path) == expected and masked_frames(options) == "all"
    everything = read_dataset("davis", annotations(tmp_path, "davis16"))
    assert [row["video"] for row in everything] == ["bear", "camel", "dog"] and {row["split"] for row in everything} == {""}
    options["annotations"]["split"] = "test"
    with pytest.raises(BadInput, match="split test came, davis16 has train, validation"):
        read_dataset("davis", options)


def test_tao_vos(tmp_path):
    for split, names in (("train", ["ArgoVerse/a", "YFCC100M/b"]), ("valid", ["BDD/c"])):
        for name in names:
            sequence(tmp_path / split, name, n=2, masks=[1], frames="JPEGImages", annotated="Annotations")
    sequence(tmp_path / "valid", "BDD/lost", n=0, masks=[0], annotated="Annotations")
    options = annotations(tmp_path, "tao_vos")
    assert places(read_dataset("tao", options), tmp_path) == [
        ("ArgoVerse/a", "train/JPEGImages/ArgoVerse/a", "train/Annotations/ArgoVerse/a", "train"),
        ("BDD/c", "valid/JPEGImages/BDD/c", "valid/Annotations/BDD/c", "validation"),
        ("BDD/lost", "JPEGImages/BDD/lost", "valid/Annotations/BDD/lost", "validation"),  # no frames
        ("YFCC100M/b", "train/JPEGImages/YFCC100M/b", "train/Annotations/YFCC100M/b", "train"),
    ]
    assert masked_frames(options) == "sparse" and masked_frames({**options, "masked_frames": "all"}) == "all"
    sequence(tmp_path / "train", "BDD/c", n=1, frames="JPEGImages", annotated="Annotations")
    with pytest.raises(BadInput, match="train/JPEGImages/BDD/c and .*valid/JPEGImages/BDD/c are both the sequence BDD/c"):
        read_dataset("tao", options)


def test_weak_masks_of_imagenet_vid(tmp_path):
    videos = [f"ILSVRC2015_train_0000000{k}" for k in range(4)]
    for video in videos:
        sequence(tmp_path, f"ILSVRC2015_VID_train_0000/{video}", n=2, masks=[], frames="Data/VID/train")
    for video in videos[:3]:
        sequence(tmp_path, video, n=0, masks=[0], annotated="weak")
    with pytest.raises(BadInput, match="imagenet_vid needs `masks`"):
        read_dataset("vid", annotations(tmp_path, "imagenet_vid"))
    rows = read_dataset("vid", annotations(tmp_path, "imagenet_vid", masks=str(tmp_path / "weak")))
    folder = "Data/VID/train/ILSVRC2015_VID_train_0000"
    assert places(rows, tmp_path) == [(video, f"{folder}/{video}", f"weak/{video}", "train") for video in videos[:3]]
    (tmp_path / "list.txt").write_text(f"ILSVRC2015_VID_train_0000/{videos[2]} 1\n{videos[0]}/000000 1 0 464\n{videos[3]} 1\n")
    listed = read_dataset(
        "vid", annotations(tmp_path, "imagenet_vid", masks=str(tmp_path / "weak"), file=str(tmp_path / "list.txt"))
    )
    assert [row["video"] for row in listed] == [videos[2], videos[0], videos[3]]


def test_mistakes_in_layouts(tmp_path):
    sequence(tmp_path, "bear", n=2)
    wrong = {
        "there is no folder": annotations(tmp_path / "none", "davis16"),
        "has 1 and needs at least 3": annotations(tmp_path, "davis16"),
        "looked for wolf": annotations(tmp_path, "davis16", file=str(tmp_path / "val.txt")),
        "cannot be read": annotations(tmp_path, "davis16", file=str(tmp_path / "none.txt")),
        "davis16 has no classes": annotations(tmp_path, "davis16", per_class=3),
        "looked for folders of images": annotations(tmp_path / "Annotations", "imagenet_vid", masks=str(tmp_path / "empty")),
        "kinetics400 needs `file`": annotations(tmp_path, "kinetics400"),
    }
    (tmp_path / "val.txt").write_text("wolf\n")
    (tmp_path / "empty").mkdir()
    for message, options in wrong.items():
        with pytest.raises(BadInput, match=message):
            read_dataset("set", options)


def test_a_manifest_names_masks(tmp_path):
    for name in ("bear", "cat", "dog"):
        sequence(tmp_path, name, n=2)
    text = "video,start_s,end_s,label,split,masks\n"
    text += "".join(f"JPEGImages/480p/{n},,,,,Annotations/480p/{n}\n" for n in ("bear", "cat")) + "JPEGImages/480p/dog,,,,,\n"
    (tmp_path / "set.csv").write_text(text)
    rows = read_dataset("set", {"manifest": str(tmp_path / "set.csv")})
    assert [row["masks"] for row in rows] == [*(str(tmp_path / "Annotations/480p" / n) for n in ("bear", "cat")), ""]
    before = listed(rows, str(tmp_path))
    list_videos(before, tmp_path / "shard.csv")
    found = found_in(read_rows(tmp_path / "shard.csv"), str(tmp_path))
    assert [{c: row[c] for c in rows[0]} for row in found] == rows
    write(tmp_path / "Annotations/480p/cat/00001.png", np.eye(64, dtype=np.uint8))
    assert listed(rows, str(tmp_path)) != before


def test_real_sequences():
    if not REAL.is_dir():
        pytest.skip(f"no real sequences in {REAL}")
    rows = read_dataset("davis", annotations(REAL, "davis16"))
    assert len(rows) == 8
    rows = [row for row in rows if row["video"] in ("blackswan", "dog")]
    clips, masks = [], []
    clip = {**CLIP, "fps": 24, "short_side": 120, "crop": [120, 212]}
    _, rejected = decode_clips(rows, clip, 24, clips.append, masks.append)
    assert not rejected
    for row, mask in zip(rows, masks, strict=True):
        files = sorted(Path(row["masks"]).iterdir())
        for k, small in enumerate(mask):
            large = cv2.imread(str(files[(len(files) - 4) // 2 + k]), cv2.IMREAD_GRAYSCALE)[:, 3:851] > 0
            share = large.reshape(120, 4, 212, 4).mean(axis=(1, 3))  # of every small pixel, within a pixel of the 854 to 214
            assert (small[share == 1].mean(), small[share == 0].mean()) == pytest.approx((1, 0), abs=0.02)
            assert small.mean() == pytest.approx(large.mean(), rel=0.02)
