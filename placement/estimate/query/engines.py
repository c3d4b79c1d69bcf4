"""Which rows an operation must hold, by engine, and what a byte of them costs before anything was learned."""

from math import ceil

from placement.estimate.query.amount import Amount, spread

INDEX, SCANNING, FILES = "index", "scanning", "files"
KINDS = {
    "elasticsearch": INDEX,
    "opensearch": INDEX,
    "solr": INDEX,
    "hbase": SCANNING,
    "cassandra": SCANNING,
    "hive": FILES,
    "spark": FILES,
    "impala": FILES,
    "presto": FILES,
    "trino": FILES,
}
# Rows in one batch. Sources: `fetch_size` of Elasticsearch's SQL; Cassandra's page; HBase's caching before it counted
# bytes; `spark.sql.parquet.columnarReaderBatchSize`; Hive's `VectorizedRowBatch.DEFAULT_SIZE`; Impala's `batch_size`.
BATCH = {"cassandra": 5000, "hbase": 100, "spark": 4096, "hive": 1024, "impala": 1024}
USUAL_BATCH = 1000
COLLECTS = frozenset(("spark",))  # spark-sql brings the whole result into the driver (`SparkSQLDriver`)

SCAN, FILTER, PROJECT, UNION = "scan", "filter", "project", "union"
LIMIT, TOP, SORT, GROUP, DISTINCT = "limit", "top-n", "sort", "group", "distinct"
JOIN, WINDOW, RESULT = "join", "window", "result"

# Which rows are held: all that come in; as many as the limit lets through; the groups; a batch; batch x iterations.
ALL, LIMITED, GROUPS, ONE_BATCH, PAGES = "all", "limited", "groups", "batch", "pages"
# An index answers a plain limit from the index alone; a sort or a group has to see all. A scanning store is read by an
# iterator, in batches, and sorts nothing itself. Engines on files stream, and keep the best n of a sort with limit.
HELD = {
    INDEX: {
        SCAN: LIMITED,
        FILTER: LIMITED,
        PROJECT: LIMITED,
        UNION: LIMITED,
        LIMIT: LIMITED,
        TOP: ALL,
        SORT: ALL,
        GROUP: ALL,
        DISTINCT: ALL,
        JOIN: ALL,
        WINDOW: ALL,
        RESULT: LIMITED,
    },
    SCANNING: {
        SCAN: PAGES,
        FILTER: PAGES,
        PROJECT: PAGES,
        UNION: PAGES,
        LIMIT: PAGES,
        TOP: ALL,
        SORT: ALL,
        GROUP: ALL,
        DISTINCT: ALL,
        JOIN: ALL,
        WINDOW: ALL,
        RESULT: PAGES,
    },
    FILES: {
        SCAN: ONE_BATCH,
        FILTER: ONE_BATCH,
        PROJECT: ONE_BATCH,
        UNION: ONE_BATCH,
        LIMIT: LIMITED,
        TOP: LIMITED,
        SORT: ALL,
        GROUP: GROUPS,
        DISTINCT: GROUPS,
        JOIN: ALL,
        WINDOW: ALL,
        RESULT: LIMITED,
    },
}
# Bytes of memory for a byte of fields: headers and pointers of rows, the slack of hash tables, boxed values in results.
WEIGHTS = {
    SCAN: 2.0,
    FILTER: 2.0,
    PROJECT: 2.0,
    UNION: 2.0,
    LIMIT: 2.0,
    TOP: 2.0,
    SORT: 2.0,
    GROUP: 3.0,
    DISTINCT: 3.0,
    JOIN: 2.5,
    WINDOW: 2.0,
    RESULT: 4.0,
}
WEIGHT_SPREAD = spread(6.0)
# Operations whose memory an engine counts, and tells afterwards; of the others nobody knows (`spark_held`).
COUNTED = {"spark": frozenset((SORT, GROUP, DISTINCT, JOIN, WINDOW))}


def weight(operation: str) -> Amount:
    """The prior of an operation's coefficient."""
    return Amount(WEIGHTS[operation], WEIGHT_SPREAD)


def held(
    engine: str,
    operation: str,
    rows: Amount,
    limit: float | None = None,
    groups: Amount | None = None,
    batch: float | None = None,
    iterations: float | None = None,
) -> Amount:
    """Rows that the operation holds of the `rows` that reach it.

    `limit`: rows it lets through, offset included. `groups`: how many different keys there are. `batch`: rows that an
    iterator brings at once, None: the engine's usual; `iterations`: how often it is called.
    """
    rule = HELD[KINDS[engine]][operation]
    batch = batch or float(BATCH.get(engine, USUAL_BATCH))
    if rule == LIMITED:
        return rows if limit is None else rows.at_most(limit)
    if rule == GROUPS:
        return rows if groups is None else groups.smaller(rows)
    if rule == ONE_BATCH:
        return rows.at_most(batch if limit is None else min(batch, limit))
    if rule == PAGES:
        if iterations is None and limit is not None:
            iterations = ceil(limit / batch)
        return rows if iterations is None else rows.at_most(batch * iterations)
    return rows
