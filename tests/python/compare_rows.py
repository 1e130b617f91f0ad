"""Reads a run's findings as JSON lines, CSV and Parquet with DuckDB, and tells where the rows differ.

    compare_rows.py JSONL CSV DATASET RUN_ID

DATASET is a folder with folders `scan_date=…` in it, of which the rows of one run are compared. Prints the number of rows,
the days and runs, and the types of the columns as JSON; ends with status 1, and tells why, where the rows are not the same.
"""

import json
import sys

import duckdb


def main(jsonl, csv, dataset, run_id):
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    parquet = f"read_parquet('{dataset}/*/*.parquet', hive_partitioning = true)"
    types = {name: kind for name, kind, *_ in connection.sql(f"DESCRIBE SELECT * FROM {parquet}").fetchall()}
    fields = {name: kind for name, kind in types.items() if name not in ("run_id", "run_started_at", "scan_date")}
    columns = ", ".join(f'"{name}"' for name in fields)
    typed = ", ".join(f"'{name}': '{kind}'" for name, kind in fields.items())
    lines = f"read_json('{jsonl}', format = 'newline_delimited', columns = {{{typed}}})"

    def numbered(source):
        return f"SELECT row_number() OVER () AS row, {columns} FROM {source}"

    this_run = f"{parquet} WHERE run_id = '{run_id}'"
    for one, other in ((lines, this_run), (this_run, lines)):
        differs = f"SELECT row, repository_name FROM ({numbered(one)} EXCEPT ALL {numbered(other)}) ORDER BY row"
        rows = connection.sql(differs).fetchall()
        if rows:
            sys.exit(f"only in {one}: {len(rows)} rows, the first is {rows[0]}")
    with open(jsonl, encoding="utf-8") as file:
        findings = [json.loads(line) for line in file]
    if any(list(finding) != list(fields) for finding in findings):
        sys.exit("Parquet: other columns than the fields of the JSON")
    cells = connection.sql(f"SELECT {columns} FROM read_csv('{csv}', header = true, all_varchar = true, nullstr = '')")
    for finding, row in zip(findings, cells.fetchall(), strict=True):
        for (name, value), cell in zip(finding.items(), row, strict=True):
            # What a spreadsheet would take for a formula is led by an apostrophe.
            if cell != text(value) and cell != f"'{text(value)}":
                sys.exit(f"CSV: {name} is {cell!r}, not {value!r}")
    days = connection.sql(f"SELECT DISTINCT scan_date::VARCHAR, run_id FROM {parquet} ORDER BY ALL").fetchall()
    json.dump({"rows": len(findings), "partitions": days, "types": types}, sys.stdout)


def text(value):
    match value:
        case None | [] | "":
            return None
        case bool():
            return str(value).lower()
        case list():
            return " ".join(f"{number}. {step}" for number, step in enumerate(value, 1))
    return value


main(*sys.argv[1:])
