"""Drawing the dynamics in which a clip is shown: the order of its frames, or the jitter of its flow."""

from pathlib import Path

from workflow.lib.errors import BadInput
from workflow.lib.plugins import check_options, load_plugin
from workflow.parts.frame_sampling import least_distance
from workflow.parts.seeding import generator

MOST_DRAWS = 1000


def label(name, options):
    """What a perturbation is called in tables and figures, e.g. shuffle or block_shuffle(window=4); it keys the draws."""
    listed = ",".join(f"{key}={options[key]}" for key in sorted(options))
    return Path(name).stem + (f"({listed})" if options else "")


def load_perturbation(name, options):
    """The dynamics plug-in `name`; raises BadInput for one of appearance and for options it does not take.

    It has draw_order(n_frames, rng, **options) or, where it jitters flow, draw_jitter of the same arguments.
    """
    perturbation = load_plugin("perturbations", name)
    if perturbation.CHANGES != "dynamics":
        raise BadInput(f"pairs: dynamics is '{name}', a perturbation of {perturbation.CHANGES}; one of dynamics is needed")
    draw = perturbation.draw_jitter if jitters(perturbation) else perturbation.draw_order
    check_options(draw, ("n_frames", "rng"), options, f"pairs: dynamics {name}")
    return perturbation


def jitters(perturbation):
    """Whether a dynamics plug-in jitters flow, and leaves frames in natural order."""
    return hasattr(perturbation, "draw_jitter")


def draw_dynamics(perturbation, options, n_frames, min_distance, *keys):
    """What one draw of a dynamics plug-in makes of a clip, keyed by `keys`: columns of table `variants`."""
    if not jitters(perturbation):
        return {"frame_order": draw_order(perturbation, options, n_frames, min_distance, *keys)}
    hue, saturation = perturbation.draw_jitter(n_frames, generator(*keys), **options)
    return {"frame_order": list(range(n_frames)), "flow_hue": hue.tolist(), "flow_saturation": saturation.tolist()}


def loaded(dynamics):
    """The perturbations of a list of (plug-in, options): label -> (plug-in, options).

    Raises BadInput where one is named twice and where a label would run into the number of a draw.
    """
    perturbations = {}
    for name, options in dynamics:
        called = label(name, options)
        if called in perturbations:
            raise BadInput(f"pairs: dynamics names {called} twice")
        if called[-1].isdigit():
            raise BadInput(f"pairs: dynamics is '{called}', but draws are numbered: a name that does not end in a digit is needed")
        perturbations[called] = load_perturbation(name, options), options
    return perturbations


def try_dynamics(dynamics, n_frames, min_distance):
    """Draw every perturbation of a list of (plug-in, options) once; raises BadInput where clips of `n_frames` forbid it."""
    for name, (perturbation, options) in loaded(dynamics).items():
        try:
            draw_dynamics(perturbation, options, n_frames, min_distance, "try", name)
        except BadInput:
            raise
        except (TypeError, ValueError, ArithmeticError, IndexError) as error:  # numpy's, for an option of a wrong kind
            raise BadInput(f"pairs: dynamics {name} cannot be drawn of {n_frames} frames: {error}") from error


def draw_order(perturbation, options, n_frames, min_distance, *keys):
    """Frame order of one clip by a dynamics plug-in, keyed by `keys`: list of int [frame].

    A random order is redrawn until it and its evenly spaced subsets of 4, 8, 16 and 32 frames are at least
    `min_distance` from natural order, without looking at any network. Raises BadInput where no draw gets there.
    """
    for attempt in range(MOST_DRAWS):
        order = perturbation.draw_order(n_frames, generator(*keys, attempt), **options)
        if not perturbation.RANDOM or least_distance(order) >= min_distance:
            return [int(frame) for frame in order]
    raise BadInput(
        f"no frame order of {n_frames} frames is {min_distance} from natural order in {MOST_DRAWS} draws: lower pairs: min_distance"
    )
