"""Eight procedural backgrounds for moving shapes: what they show is told apart at a glance, and nothing in them moves."""

import cv2
import numpy as np

SUPERSAMPLE = 2  # drawn this much larger and averaged down, so that edges are smooth


def ramp(value, *colours):
    """Colours [..., rgb] in 0..1 along a ramp through `colours` (0..255), for `value` [...] in 0..1."""
    stops = np.linspace(0, 1, len(colours))
    channels = [np.interp(value, stops, [c[k] / 255 for c in colours]) for k in range(3)]
    return np.stack(channels, axis=-1)


def noise(rng, side, power=1.0, stretch=1.0):
    """Noise [y, x], mean 0 and variance 1, whose amplitude falls as frequency**-power; `stretch` > 1 draws it out along x."""
    fy, fx = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :] * stretch
    radius = np.hypot(fy, fx)
    radius[0, 0] = np.inf  # no mean
    spectrum = np.fft.rfft2(rng.standard_normal((side, side))) * radius**-power
    field = np.fft.irfft2(spectrum, s=(side, side))
    return field / field.std()


def grid(side):
    """Coordinates y, x, each [y, x], from 0 (top, left) to 1."""
    line = (np.arange(side) + 0.5) / side
    return np.meshgrid(line, line, indexing="ij")


def dusk(rng, side):
    """Sky after sunset, a low sun and long thin clouds."""
    y, x = grid(side)
    sky = ramp(y**1.2, (32, 26, 78), (110, 44, 120), (214, 82, 104), (248, 156, 88), (255, 214, 130))
    sun = np.hypot(x - rng.uniform(0.15, 0.85), y - rng.uniform(0.6, 0.85))
    glow = 0.45 * np.exp(-sun / 0.16) + 0.6 / (1 + np.exp((sun - 0.07) * 90))
    bank = np.clip(noise(rng, side, 1.5, 5.0) - 0.3, 0, 1.5)[..., None] * y[..., None]
    return sky + glow[..., None] * ramp(0.0, (255, 225, 150)) - 0.28 * bank * ramp(0.0, (150, 200, 120))


def plaid(rng, side):
    """Woven cloth: bands along both axes with a fine twill."""
    y, x = grid(side)
    counts, phases = rng.integers(3, 6, 2), rng.uniform(0, 2 * np.pi, 4)
    warp = np.sin(2 * np.pi * counts[0] * x + phases[0]) + 0.5 * np.sin(4 * np.pi * counts[0] * x + phases[1])
    weft = np.sin(2 * np.pi * counts[1] * y + phases[2]) + 0.5 * np.sin(4 * np.pi * counts[1] * y + phases[3])
    cloth = ramp(0.5 + (warp + weft) / 6, (16, 66, 70), (30, 120, 116), (120, 176, 150), (238, 226, 190))
    twill = np.sin(2 * np.pi * 36 * (x + y))
    return cloth * (1 + 0.06 * twill + 0.04 * noise(rng, side, 0.5))[..., None]


def clouds(rng, side):
    """Fair-weather clouds, lit from above."""
    y, _ = grid(side)
    field = noise(rng, side, 1.6, 1.4)
    cover = np.clip((field + 0.1) / 1.1, 0, 1) ** 0.8
    shade = np.clip(0.5 + (field - np.roll(field, side // 24, axis=0)) * 0.45, 0, 1)
    sky = ramp(y, (58, 116, 196), (108, 164, 224), (170, 206, 238))
    return sky + (ramp(shade, (168, 178, 198), (232, 236, 242), (255, 255, 255)) - sky) * cover[..., None]


def bricks(rng, side):
    """A brick wall in running bond."""
    y, x = grid(side)
    rows = int(rng.integers(8, 12))
    row = np.floor(y * rows)
    along = x * rows / 2.2 + 0.5 * (row % 2) + rng.uniform()
    bricks_tone = rng.normal(0, 1, (rows, rows + 3))[row.astype(int), np.floor(along).astype(int)]
    wobble = 0.02 * noise(rng, side, 1.0)
    edge = np.minimum(*(np.minimum(v % 1, 1 - v % 1) * w for v, w in ((y * rows, 1.0), (along, 2.2)))) + wobble
    brick = ramp(0.5 + 0.17 * bricks_tone + 0.07 * noise(rng, side, 0.7), (98, 40, 34), (156, 70, 52), (196, 112, 82))
    mortar = ramp(0.5 + 0.1 * noise(rng, side, 0.5), (146, 122, 106), (200, 174, 154))
    return mortar + (brick - mortar) * np.clip((edge - 0.06) / 0.06, 0, 1)[..., None]


def hills(rng, side):
    """Ranges of hills, paler with distance."""
    y, x = grid(side)
    image = ramp(y * 1.6, (126, 178, 206), (196, 220, 222), (244, 232, 208))
    for near in np.linspace(0, 1, 5):
        counts = np.arange(1, 9)[:, None]  # [wave, 1]
        height, pace, phase = rng.normal(0, 0.045, (8, 1)) / counts, rng.uniform(0.6, 1.1, (8, 1)), rng.uniform(0, 1, (8, 1))
        ridge = 0.34 + 0.5 * near + (height * np.sin(2 * np.pi * (counts * pace * x[0] + phase))).sum(axis=0)
        inside = np.clip((y - ridge) * side, 0, 1)[..., None]
        tone = ramp(near, (150, 182, 190), (104, 152, 140), (74, 128, 84), (44, 92, 46), (24, 58, 34))
        fog = 0.10 * np.clip((y - ridge) / 0.2, 0, 1) + 0.04 * noise(rng, side, 0.7) * near
        image = image + (tone + fog[..., None] - image) * inside
    return image


def cells(rng, side):
    """Leaf-like cells: Voronoi tiles with pale veins."""
    y, x = grid(side)
    n = int(rng.integers(6, 9))
    corner = np.stack(np.meshgrid(np.arange(-1, n + 1), np.arange(-1, n + 1)), -1).reshape(-1, 2)
    seeds = (corner + rng.uniform(0.1, 0.9, corner.shape)) / n
    bend = [0.012 * noise(rng, side, 1.5) for _ in range(2)]
    distance = np.hypot(x[..., None] + bend[0][..., None] - seeds[:, 0], y[..., None] + bend[1][..., None] - seeds[:, 1])
    order = np.argpartition(distance, 1, axis=-1)[..., :2]
    first, second = np.moveaxis(np.take_along_axis(distance, order, -1), -1, 0)
    tone = rng.uniform(0, 1, len(seeds))[order[..., 0]]
    vein = np.clip(1 - (second - first) * n / 0.14, 0, 1)[..., None]
    tile = ramp(tone * 0.7 + 0.15 + 0.05 * noise(rng, side, 0.8), (72, 30, 98), (124, 66, 150), (176, 128, 198))
    return tile * (1 - 0.5 * first * n)[..., None] * (1 - vein) + vein * ramp(0.0, (226, 208, 232))


def waves(rng, side):
    """Open water seen at a slant: finer towards the far edge, with glints."""
    y, x = grid(side)
    depth = 1 / (0.35 + y)
    swell = noise(rng, side, 1.6, 2.2)
    crest = np.sin(2 * np.pi * (7 * depth + 0.35 * swell + 0.4 * np.sin(2 * np.pi * (x + rng.uniform()))))
    ripple = 0.55 * crest + 0.35 * noise(rng, side, 1.0, 3.0)
    water = ramp(0.45 + 0.3 * ripple, (4, 52, 84), (10, 106, 132), (40, 164, 172), (148, 222, 210))
    return water + 0.5 * np.clip(ripple - 0.85, 0, 1)[..., None] + 0.08 * (1 - y)[..., None]


def wood(rng, side):
    """Planks with year rings."""
    y, x = grid(side)
    planks = int(rng.integers(3, 6))
    plank = np.floor(y * planks).astype(int)
    shift, heart = rng.uniform(0, 1, planks)[plank], rng.uniform(-0.3, 1.3, planks)[plank]
    grain = noise(rng, side, 1.7, 8.0)
    rings = np.hypot((y * planks % 1) - heart, 0.55 * (x - shift)) * 7 + 0.22 * grain
    ring = (rings % 1) ** 1.6
    tone = 0.55 + 0.22 * (shift - 0.5) - 0.3 * ring + 0.05 * noise(rng, side, 0.6, 10.0)
    seam = np.clip(np.minimum(y * planks % 1, 1 - y * planks % 1) / 0.03, 0.25, 1)[..., None]
    return ramp(tone, (70, 40, 16), (148, 96, 40), (204, 152, 76), (232, 192, 122)) * seam


SCENES = {f.__name__: f for f in (dusk, plaid, clouds, bricks, hills, cells, waves, wood)}


def background(scene, rng, size):
    """Draw a background of class `scene`: float32 [height, width, rgb] in 0..255, a different one for every state of `rng`."""
    image = SCENES[scene](rng, size * SUPERSAMPLE)
    image = image * rng.uniform(0.95, 1.05, 3) * rng.uniform(0.85, 1.1)  # no two of a class share their exact colours
    image = np.clip(image * 255, 0, 255).astype(np.float32)
    image = cv2.GaussianBlur(image, (0, 0), 0.55 * SUPERSAMPLE)  # a lens: without it codecs lose the finest colours
    return cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)  # [height, width, rgb]
