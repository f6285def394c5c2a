"""What an experiment's scores say, in sentences generated from the numbers."""

from workflow.parts.figure_style import named


def findings(scores):
    """A few sentences on the last layer of every network, one list entry each."""
    table = named(scores[(scores["quantity"] == "percent") & scores["factor"].isin(["dynamic", "static"])])
    sentences = []
    for (dataset, metric), own in table.groupby(["dataset", "metric"], sort=False):
        last = own[own["depth"] == own.groupby("model")["depth"].transform("max")]
        values = last.pivot(index="model", columns="factor", values="value")
        values = values.loc[(values["dynamic"] - values["static"]).sort_values(ascending=False).index]
        lead = ", ".join(f"{model} {row.dynamic:.1f} / {row.static:.1f}" for model, row in values.iterrows())
        sentences.append(f"On {dataset}, the last layers encode, in percent dynamic / static by {metric}: {lead}.")
    most = scores[scores["quantity"] == "percent"]
    n = f"{most['n_videos'].min()} videos" if len(most) else "no videos"
    sentences.append(
        f"All numbers rest on at least {n}; percentages of this kind lie between 15.5 and 42.2 wherever both S are in [0, 1]."
    )
    labels = [m for m in dict.fromkeys(named(scores)["model"].str.split("\n").str[0]) if m.endswith("(untrained)")]
    if labels:
        sentences.append(f"Networks with random weights, which say nothing about trained ones: {', '.join(labels)}.")
    return sentences
