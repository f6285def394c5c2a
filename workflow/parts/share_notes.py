"""What to know of networks whose last layers' variance is made of next to nothing, or next to nothing but, one thing."""

from workflow.parts.figure_style import of_last_layers
from workflow.parts.numbers import leaves_zero_out
from workflow.parts.wording import listed

MOST_APPEARANCE = 0.9
LITTLE = 0.001  # order-dependence under which next to nothing depends on order
KEEPING = (
    "styles that need no training, `styles: {colours: {apply: colour_matrix}, texture: {apply: static_texture, "
    "options: {opacity: 0.3}}}` with `pairs: {styles: [original, colours, texture]}`, under another name of the data set if these "
    "results are to stay, may"
)
LESS = "styles that change less, as `hue` with `pairs: {styles: [original, hue]}` alone, may"


def hardly_ordered(scores):
    """Pairs of data set and network, controls too, all of whose last layers depend on order by next to nothing: a set."""
    last = last_shares(scores, "order_dependence").dropna(subset=["value"])
    little = last["high"].astype(float).fillna(last["value"]).lt(LITTLE).groupby([last["dataset"], last["model"]]).all()
    return set(little.index[little])


def near_zero(scores):
    """Networks whose last layers depend on order by next to nothing, and those not shown to at all: sentences for each data set.

    Controls, whose answer is known, are left out; of several streams and perturbations all must be so.
    """
    last, hardly = (
        last_shares(scores, "order_dependence").query("training != 'control'").dropna(subset=["low"]),
        hardly_ordered(scores),
    )
    for dataset, own in last.groupby("dataset", sort=False):
        none = (~leaves_zero_out(own["low"], own["high"])).groupby(own["model"], sort=False).all()
        little = [model for model in none.index[~none] if (dataset, model) in hardly]
        if none.any():
            said = "are not shown to depend on order in their last layers, for the intervals of their order-dependence meet 0"
            yield f"Networks that on {dataset} {said}: {listed(none.index[none])}."
        if little:
            said = f"depend on order in their last layers, but by less than {LITTLE:g} of the variance"
            yield f"Networks that on {dataset} {said}: {listed(little)}."


def styled(scores):
    """Networks of whose last layers style makes up nearly all, where it does not of all networks': a sentence per data set."""
    shares = last_shares(scores, "appearance").query("training != 'control'").dropna(subset=["value"])
    for dataset, own in shares.groupby("dataset", sort=False):
        least = own.groupby("model", sort=False)["value"].min()
        names = least.index[least > MOST_APPEARANCE]
        if 0 < len(names) < len(least):
            said = f"style makes up over {MOST_APPEARANCE:g} of the variance of their last layers"
            yield f"Networks that on {dataset} answer to little but style, or are drowned by it, for {said}: {listed(names)}."


def drowned(scores, styles):
    """On which data sets the styles leave next to nothing for what clips show and how they move: a sentence per data set.

    styles: those of the config.
    """
    shares = (
        last_shares(scores, "appearance").query("training != 'control'").dropna(subset=["value"])
    )  # one of these sees no colours
    least = shares.groupby("dataset", sort=False)["value"].min()
    others = LESS if any("apply" in own for own in styles.values()) else KEEPING
    return [
        f"On {dataset} style makes up over {MOST_APPEARANCE:g} of the variance of every network's last layer (controls aside): "
        "numbers there speak of the styles more than of the networks; dynamic S, of pairs that never share a style, can fall "
        f"below 0. The gallery shows why; {others} keep more of a clip."
        for dataset in least.index[least > MOST_APPEARANCE]
    ]


def opposed(scores):
    """Networks with a last layer whose content is below 0 for sure, and not by a hair: a sentence per data set."""
    last = last_shares(scores, "content").query("high < -0.01 and training != 'control'")
    for dataset, own in last.groupby("dataset", sort=False):
        yield (
            f"Content below 0 on {dataset}, in last layers of {listed(own['model'])}: units answer to some style the opposite way, "
            "as to a picture and its negative (`luminance_correlation` near -1 under Styles), and appearance takes that much more."
        )


def last_shares(scores, factor):
    """Rows of one of the shares of whole last layers."""
    return of_last_layers(scores[scores["unit"].isna() & (scores["quantity"] == "share") & (scores["factor"] == factor)])
