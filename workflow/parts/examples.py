"""Which clips of a data set people and measures look at."""

from workflow.lib.tables import read_table
from workflow.parts.seeding import seed_of


def example_clips(tables, count, seed):
    """Names of the examples, a list per shard in the order of its table, and of the `count` that are measured.

    Measured are the clips with the smallest keys, however the clips are sharded; the first clip is an example too.
    tables: the tables of clips, one per shard.
    """
    shards = [list(read_table(table, "clips")["clip"]) for table in tables]
    names = [clip for own in shards for clip in own]
    measured = sorted(names, key=lambda clip: (seed_of(seed, "quality", clip), clip))[:count]
    examples = {*names[:1], *measured}
    return [[clip for clip in own if clip in examples] for own in shards], measured
