from placement.estimate.query import engines
from placement.estimate.query.amount import Amount

ROWS = Amount(1e6)


def held(engine, operation, **more):
    return engines.held(engine, operation, ROWS, **more).value


def test_every_engine_says_what_every_operation_holds():
    assert all(engines.HELD[kind].keys() == engines.WEIGHTS.keys() for kind in engines.KINDS.values())


def test_a_plain_limit_bounds_an_index_but_no_sort_or_group_of_it():
    for engine in ("elasticsearch", "solr"):
        assert held(engine, "scan", limit=10) == 10
        assert held(engine, "limit", limit=10) == 10
        assert held(engine, "sort", limit=10) == held(engine, "group", limit=10) == 1e6
        assert held(engine, "top-n", limit=10) == 1e6


def test_an_iterator_bounds_a_scanning_store_and_a_sort_needs_all():
    for engine in ("hbase", "cassandra"):
        assert held(engine, "scan", batch=100, iterations=3) == 300
        assert held(engine, "scan") == 1e6
        assert held(engine, "top-n", limit=10, batch=100, iterations=3) == 1e6


def test_engines_on_files_stream():
    for engine in ("hive", "spark", "impala"):
        assert held(engine, "filter") < 5000
        assert held(engine, "top-n", limit=10) == 10
        assert held(engine, "sort") == 1e6
        assert held(engine, "group", groups=Amount(50.0)) == 50


def test_never_more_rows_than_there_are():
    for engine in engines.KINDS:
        for operation in engines.WEIGHTS:
            found = engines.held(engine, operation, Amount(3.0), limit=10, groups=Amount(99.0), batch=7, iterations=9)
            assert found.value <= 3
