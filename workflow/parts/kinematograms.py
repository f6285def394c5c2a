"""Kinematograms: the moving shapes drawn as random dots before random dots, which no single frame tells apart.

A frame is a grid of square dots, each bright or dark by a fair draw of its own. The dots of the ground stay; those of a shape are
carried with it, to whole places of the grid; where none comes to a place of the shape, one is drawn anew for that frame. So the
dots of a frame are independent, whatever the shape: a frame, or anything computed from it alone, says nothing of the mask. What
remains is where shapes are at all, the centre bias. Braddick, Vision Research 14:519, 1974.
"""

import numpy as np

from workflow.parts.moving_shapes import MOTIONS, SUBPIXELS, place, poses
from workflow.parts.seeding import generator
from workflow.parts.sprites import COLOURS, sprite

DOT = 2  # pixels along each side of a dot
DARK = 16  # grey value of dots that are not bright


def render(parameters, frames, size):
    """As `moving_shapes.render`: frames [frame, height, width, rgb], mask [frame, height, width], flow [frame-1, ..., (dx, dy)].

    Pixels of one dot are equal in all three. The flow is that of the dots, 0 for one that the next frame does not show.
    """
    path = coarse_path(parameters, frames, size // DOT)
    mask = outlines(parameters["shape"], path, size // DOT)  # [frame, y, x]
    rng = generator(*parameters["detail"], "dots")
    ground, anew = rng.integers(2, size=mask.shape[1:]), rng.integers(2, size=mask.shape)
    places = carried(path)  # [frame, dot, (x, y)]
    bright = rng.integers(2, size=places.shape[1])
    if MOTIONS.index(parameters["motion"]) % 2:  # the time reversal of its partner, dots drawn anew included
        mask, anew, places = mask[::-1], anew[::-1], places[::-1]
    dots, flow = np.where(mask, anew, ground), np.zeros((frames - 1, *mask.shape[1:], 2), np.float16)
    before = []
    for t in range(frames):
        shown = first_at_each_place(places[t], mask[t])
        x, y = places[t, shown].T
        dots[t, y, x] = bright[shown]
        both = np.intersect1d(before, shown).astype(int)
        x, y = places[t - 1, both].T
        flow[t - 1, y, x] = (places[t, both] - places[t - 1, both]) * DOT
        before = shown
    colours = np.array([[DARK] * 3, COLOURS[parameters["colour"]]], np.uint8)
    return enlarged(colours[dots]), enlarged(mask.astype(np.uint8)), enlarged(flow)


def coarse_path(parameters, frames, side):
    """Poses on a grid of `side` dots, centres on whole places, of the first motion of the pair: [frame, (x, y, angle, radius)]."""
    first = MOTIONS[MOTIONS.index(parameters["motion"]) // 2 * 2]
    coarse = {key: parameters[key] / DOT for key in ("size", "speed")}
    coarse |= {key: (parameters[key] + 0.5) / DOT - 0.5 for key in ("x", "y")}
    path = poses(parameters | coarse | {"motion": first}, frames, side)
    path[:, :2] = path[:, :2].round()
    return path


def outlines(shape, path, side):
    """Where a shape covers at least half of a dot's place, along a path: bool [frame, y, x]."""
    image = sprite(shape, "plain", "white", np.random.default_rng(0), round(SUBPIXELS * 1.5 * path[:, 3].mean()))
    return np.stack([place(image, pose, side)[..., 3] >= 0.5 for pose in path])


def carried(path):
    """Places of a shape's dots along a path, turned and zoomed with it and rounded: int [frame, dot, (x, y)]."""
    middle = path[len(path) // 2]
    reach = int(np.ceil(middle[3])) + 1
    start = np.stack(np.meshgrid(*[np.arange(-reach, reach + 1)] * 2), axis=-1).reshape(-1, 2)  # [dot, (x, y)] from the centre
    angle, zoom = path[:, 2] - middle[2], path[:, 3] / middle[3]
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * zoom  # [(x, y), (x, y), frame]
    return np.round(np.einsum("abt,db->tda", turn, start) + path[:, None, :2]).astype(int)


def first_at_each_place(places, mask):
    """Which of the dots at `places` [dot, (x, y)] are seen inside `mask` [y, x]: of several at one place the first."""
    height, width = mask.shape
    x, y = places.T
    inside = np.flatnonzero((x >= 0) & (x < width) & (y >= 0) & (y < height))
    inside = inside[mask[y[inside], x[inside]]]
    return inside[np.unique(y[inside] * width + x[inside], return_index=True)[1]]


def enlarged(grid):
    """A grid [frame, y, x, ...] with DOT pixels along each side of a place."""
    return grid.repeat(DOT, axis=1).repeat(DOT, axis=2)
