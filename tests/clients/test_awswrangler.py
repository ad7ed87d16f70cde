"""awswrangler reads a query's result as a data frame, unchanged."""

import json

from tests.end_to_end.world import row

SCRIPT = """
import json, sys
import awswrangler

database, workgroup, output, query = sys.argv[1:]
frame = awswrangler.athena.read_sql_query(
    query, database=database, workgroup=workgroup, s3_output=output, ctas_approach=False
)
print(json.dumps({"types": {k: str(v) for k, v in frame.dtypes.items()},
                  "rows": json.loads(frame.to_json(orient="values"))}))
"""


def test_reads_a_query_into_a_data_frame(world, run):
    key = world.key()
    version = world.upload(key, row("x", n=41))
    world.run(key, version)
    world.table()
    query = f"SELECT id, secret, 1.5e0 AS x FROM dataset WHERE \"$path\" = '{world.path(key)}'"

    said = run(
        "python",
        "-c",
        SCRIPT,
        world.names.database,
        world.names.workgroup,
        f"s3://{world.names.results_bucket}/wrangler/",
        query,
    )

    answer = json.loads(said.splitlines()[-1])
    assert answer["rows"] in ([[1, "", 1.5]], [[1, None, 1.5]])
    assert answer["types"]["x"] == "float64"
