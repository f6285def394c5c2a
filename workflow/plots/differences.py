"""Which networks differ: dynamic and static of the last layers of one network less those of another, with their intervals."""

from workflow.parts.figure_panels import LINE, PAGE, lines_of, list_height, lists, looks_once
from workflow.parts.figure_style import COLOURS, LETTER, MARKERS, SMALLEST, note, wrapped
from workflow.parts.network_differences import side

TABLE = "differences"
OTHER = "*"
SHOWN = {  # (quantity, factor) -> what it is, and how far below the middle of its row it stands
    ("percent", "dynamic"): ("percent dynamic", -0.15),
    ("percent", "static"): ("percent static", 0.15),
    ("share", "dynamics"): ("share of dynamics", -0.15),
    ("share", "appearance"): ("share of appearance", 0.15),
    ("share", "order_dependence"): ("order-dependence", 0),
}
BESIDE = 8  # panels in a row: their titles need the room
ALONE = "order_dependence"  # which can be a thousandth of the other shares


def draw(differences, settings):
    """One row per pair of networks, one panel per metric, and one of order-dependence; intervals away from zero are differences
    that videos do not explain.

    Pairs with a control, which would set the scale, are left to the table `differences` where there are others. Of more pairs than
    a page holds only those of like streams are drawn, and of more still those with the first network. The figure says how many
    others there are, how many pairs have no difference, and which rest on crossings that are not the same.
    """
    networks = differences[differences["comparison"].eq("networks")]
    table = networks[[tuple(measure) in SHOWN for measure in networks[["quantity", "factor"]].to_numpy()]]
    if table.empty:
        return note("this experiment has no two networks to compare")
    a, b = side(table, "a"), side(table, "b")
    other = table["same_crossings"].eq(False).groupby([a, b]).transform("any")  # of one metric at least
    table = table.assign(a=a, b=b, pair=a + " − " + b + other.map({True: OTHER, False: ""}))
    below, table = without_difference(table), table[table["reason"].isna()]
    if table.empty:
        return note(*below)
    n_pairs = table["pair"].nunique()
    table, kept = on_a_page(table)
    titles = table["metric"].mask(table["factor"].eq(ALONE), "order-dependence")
    panels = list(table.groupby(["dataset", titles], sort=False))
    pairs = list(dict.fromkeys(table["pair"]))
    figure, grid = lists([pairs] * len(panels), across=min(len(panels), BESIDE), legend=legend_of(table))
    for axes, (names, own) in zip(grid, panels, strict=True):
        draw_panel(axes, own, pairs)
        letters = 20 if len(panels) <= BESIDE // 2 else 14
        axes.set_title(wrapped("\n".join(names), letters))
        axes.set_xlabel(wrapped(axes.get_xlabel(), letters))
    if kept:
        below = [f"{len(pairs)} of {n_pairs} pairs: all {' and '.join(kept)}", *below]
    if any(pair.endswith(OTHER) for pair in pairs):
        below.append(f"{OTHER} one lacks crossings of the other, too near natural order as it saw them")
    if below:
        text = wrapped("\n".join(below), int(figure.get_figwidth() / LETTER))
        figure.set_figheight(figure.get_figheight() + LINE * (text.count("\n") + 1))
        figure.supxlabel(text, fontsize=SMALLEST)
    return figure


def on_a_page(table):
    """Those of the differences that a page holds, and what they have in common, in words."""
    n_pairs, controls = table["pair"].nunique(), table["training_a"].eq("control") | table["training_b"].eq("control")
    table = table[~controls | controls.all()]
    kept = ["without a control"] * (table["pair"].nunique() < n_pairs)
    if list_height(table["pair"].unique()) <= PAGE:
        return table, kept
    alike = table["stream_a"].eq(table["stream_b"]) | table["stream_a"].isna() | table["stream_b"].isna()
    shown, first_of = table[alike | (not alike.any())], []
    if list_height(shown["pair"].unique()) > PAGE:
        first = shown.loc[shown["training_a"].eq("control").sort_values(kind="stable").index].iloc[0]
        first_of = [f"with {first['model_a'] if isinstance(first['stream_a'], str) else first['a']}"]
        table = table[table["model_a"].eq(first["model_a"]) | table["model_b"].eq(first["model_a"])]
        shown = shown.loc[shown.index.isin(table.index)]
    return shown, kept + ["of like streams"] * (len(shown) < len(table)) + first_of


def legend_of(table):
    """What the factors of a table are of, and look like."""
    there = set(zip(table["quantity"], table["factor"], strict=True))
    return looks_once({name: lines_of([key[1]]).popitem()[1] for key, (name, _) in SHOWN.items() if key in there})


def without_difference(table):
    """How many pairs have no difference, and why the first has none: a list of one sentence, or of none."""
    absent = table[table["reason"].notna()]
    if absent.empty:
        return []
    n, first = absent["pair"].nunique(), absent.iloc[0]
    where = " in every panel" if absent["pair"].isin(table.loc[table["reason"].isna(), "pair"]).any() else ""
    others = "; other reasons are in table differences" if absent["reason"].nunique() > 1 else ""
    return [f"{n} of {table['pair'].nunique()} pairs have no difference{where}: {first['pair']}, as {first['reason']}{others}"]


def draw_panel(axes, table, pairs):
    """Points and intervals of one panel, its factors a little apart."""
    for (quantity, name), own in table.groupby(["quantity", "factor"], sort=False):
        _, offset = SHOWN[quantity, name]
        rows = [pairs.index(pair) + offset for pair in own["pair"]]
        axes.hlines(rows, own["low"], own["high"], color=COLOURS[name])
        axes.plot(own["value"], rows, MARKERS.get(name, "o"), color=COLOURS[name])
    axes.axvline(0, color="0.4", linewidth=0.6)
    axes.locator_params(axis="x", nbins=3)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("percentage points" if table["quantity"].eq("percent").all() else "share of variance")
