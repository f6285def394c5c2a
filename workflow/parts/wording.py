"""Names as people read them."""

MOST = 3  # data sets, networks or claims that a sentence names


def listed(names):
    """Names as a sentence has them, the first few where they are many."""
    names = list(dict.fromkeys(names))
    return ", ".join(names) if len(names) <= 2 * MOST else f"{', '.join(names[:MOST])} and {len(names) - MOST} more"


def file_name(training):
    """Where weights come from without the folder of a file, which the table of weights says."""
    return training.rsplit("/", 1)[-1]
