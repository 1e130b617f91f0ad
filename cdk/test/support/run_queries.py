"""Runs queries for Athena over a table in DuckDB: what of Trino's SQL they use, it has too.

Reads JSON from its standard input: the table's name, its columns with Glue's types, its rows (columns that are left out are
null; `scan_date` is in days before today), and the queries. Writes the rows that each query gives.
"""

import json
import sys

import duckdb

TYPES = {"string": "VARCHAR", "timestamp": "TIMESTAMP", "date": "DATE", "boolean": "BOOLEAN", "array<string>": "VARCHAR[]"}


def main() -> None:
    asked = json.load(sys.stdin)
    database = duckdb.connect()
    columns = ", ".join(f'"{name}" {TYPES[glue]}' for name, glue in asked["columns"].items())
    database.execute(f'CREATE TABLE {asked["table"]} ({columns})')
    for row in asked["rows"]:
        days_ago = row.pop("scan_date")
        names = ", ".join(f'"{name}"' for name in row)
        places = ", ".join("?" for _ in row)
        database.execute(
            f'INSERT INTO {asked["table"]} (scan_date, {names}) VALUES (current_date - CAST(? AS INTEGER), {places})',
            [days_ago, *row.values()],
        )
    answers = {}
    for name, query in asked["queries"].items():
        found = database.execute(query)
        titles = [title for title, *_ in found.description]
        answers[name] = [dict(zip(titles, values)) for values in found.fetchall()]
    json.dump(answers, sys.stdout, default=str)


main()
