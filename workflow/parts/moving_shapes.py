"""Moving shapes: videos of one sprite over a still scene, with every factor, the mask and the optical flow known.

Motion classes come in pairs that are each other's time reversal: for the same parameters the frames of `left` are those of
`right` in reverse order. So the set of frames says nothing about which of the two it is, and only their order does.
Coordinates are pixels, x to the right and y downwards, with whole numbers at pixel centres.
"""

import cv2
import numpy as np

from workflow.parts.scenes import SCENES, background
from workflow.parts.seeding import generator
from workflow.parts.sprites import COLOURS, SHAPES, TEXTURES, sprite

MOTIONS = ("right", "left", "down", "up", "clockwise", "counter_clockwise", "grow", "shrink")
REVERSAL = {m: MOTIONS[i ^ 1] for i, m in enumerate(MOTIONS)}

# Ranges in sides of the frame. They do not depend on each other or on the motion, so the factors are independent, and they are
# narrow enough that the sprite stays wholly visible on every path: reach <= .5 - (distance of PLACE from the edge).
PLACE = (0.365, 0.635)  # centre of the path, along x and along y
RADIUS = (0.11, 0.17)  # of the circle around the sprite, half-way through
TRAVEL = (0.20, 0.36)  # way of the sprite's centre from the first frame to the last
ORBIT = 0.12  # radius of the circle of the turning motions
GROWTH = 3.0  # a growing sprite ends exp(GROWTH * travel) times as large as it began
SUBPIXELS = 4  # samples per pixel along each axis


def draw(seed, video, frames, size, scene_bias, centre=0):
    """Draw the parameters of video number `video`: a dict of factors, each from its own generator.

    `x`, `y` (centre of the path) and `size` (diameter half-way) are in pixels, `speed` in pixels per frame of the sprite's centre
    and `angle` (orientation half-way, and place on the orbit) in radians. `detail` is the key of background and texture.
    With probability `scene_bias` the scene is the one tied to the motion, else any. `centre` moves the middle of the path towards
    the frame's, 1 all the way.
    """

    def rng(factor):
        return generator(seed, "moving_shapes", video, factor)

    def choose(factor, names):
        return list(names)[rng(factor).integers(len(names))]

    motion, scene = choose("motion", MOTIONS), choose("scene", SCENES)
    if rng("tie").random() < scene_bias:
        scene = list(SCENES)[MOTIONS.index(motion)]
    return {
        "motion": motion,
        "shape": choose("shape", SHAPES),
        "texture": choose("texture", TEXTURES),
        "colour": choose("colour", COLOURS),
        "scene": scene,
        "x": (1 - centre) * (rng("x").uniform(*PLACE) * size - 0.5) + centre * (size - 1) / 2,
        "y": (1 - centre) * (rng("y").uniform(*PLACE) * size - 0.5) + centre * (size - 1) / 2,
        "size": 2 * rng("size").uniform(*RADIUS) * size,
        "speed": rng("speed").uniform(*TRAVEL) * size / (frames - 1),
        "angle": rng("angle").uniform(0, 2 * np.pi),
        "detail": [seed, "moving_shapes", video, "detail"],
    }


def poses(parameters, frames, size):
    """Pose of the sprite in every frame: [frame, (x, y, angle, radius)], in pixels and radians.

    A path is defined for the first motion of each pair, symmetric about its middle; the second walks it backwards.
    """
    motion, way = parameters["motion"], parameters["speed"] * (frames - 1)
    axis = MOTIONS.index(motion) // 2
    time = np.linspace(-0.5, 0.5, frames)
    x, y, angle, radius = (np.full(frames, parameters[k]) for k in ("x", "y", "angle", "size"))
    radius /= 2
    if axis == 0:
        x += way * time
    elif axis == 1:
        y += way * time
    elif axis == 2:  # the sprite turns with its orbit, as if painted on a turning glass
        angle += way / (ORBIT * size) * time
        x += ORBIT * size * np.cos(angle)
        y += ORBIT * size * np.sin(angle)
    else:
        radius *= np.exp(GROWTH * way / size * time)
    path = np.stack([x, y, angle, radius], axis=-1)
    return path if MOTIONS.index(motion) % 2 == 0 else path[::-1].copy()


def place(image, pose, size):
    """Paint a sprite [y, x, rgba] at `pose` on an empty frame: float32 [height, width, rgba], edges averaged over subpixels."""
    x, y, angle, radius = pose
    low = np.maximum(np.floor([x - radius, y - radius]).astype(int) - 1, 0)
    high = np.minimum(np.ceil([x + radius, y + radius]).astype(int) + 2, size)
    zoom = (len(image) - 5) / 2 / radius  # sprite pixels per frame pixel
    turn = zoom * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    corner = low - [x, y] + (0.5 / SUBPIXELS - 0.5)  # first subpixel, seen from the sprite's centre
    matrix = np.column_stack([turn / SUBPIXELS, turn @ corner + len(image) // 2])
    width, height = (high - low).tolist()
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    fine = cv2.warpAffine(image, matrix, (width * SUBPIXELS, height * SUBPIXELS), flags=flags)
    frame = np.zeros((size, size, 4), np.float32)
    frame[low[1] : high[1], low[0] : high[0]] = cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA)
    return frame


def flow_of(mask, before, after):
    """Motion from pose `before` to `after` at the pixels of `mask` [height, width], else 0: float16 [height, width, (dx, dy)]."""
    flow = np.zeros((*mask.shape, 2), np.float16)
    rows, columns = np.nonzero(mask)
    offset = np.stack([columns, rows], axis=-1) - before[:2]  # [pixel, (x, y)]
    angle, zoom = after[2] - before[2], after[3] / before[3]
    turn = zoom * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    flow[rows, columns] = offset @ turn.T - offset + (after[:2] - before[:2])
    return flow


def render(parameters, frames, size):
    """Render one video: frames uint8 [frame, height, width, rgb], mask uint8 [frame, height, width], flow float16 of flow_of.

    The mask is 1 where the sprite covers at least half of the pixel; flow [frame-1, height, width, (dx, dy)] leads from t to t+1.
    """
    path = poses(parameters, frames, size)
    still = background(parameters["scene"], generator(*parameters["detail"], "scene"), size)
    look = [parameters[k] for k in ("shape", "texture", "colour")]
    image = sprite(*look, generator(*parameters["detail"], "texture"), round(SUBPIXELS * 0.75 * parameters["size"]))
    layers = np.stack([place(image, pose, size) for pose in path])  # [frame, height, width, rgba]
    coverage = layers[..., 3:]
    video = np.round(still * (1 - coverage) + layers[..., :3]).clip(0, 255).astype(np.uint8)
    mask = (coverage[..., 0] >= 0.5).astype(np.uint8)
    flow = np.stack([flow_of(m, a, b) for m, a, b in zip(mask, path, path[1:], strict=False)])
    return video, mask, flow
