"""Renders a run's findings with Python's own modules and with pyarrow.

    render_report.py --from RUN --format jsonl|csv|json|parquet --output FOLDER

What `make bench-report` measures the program beside.
"""

import argparse
import csv
import json
from pathlib import Path


def findings(run):
    with open(run / "findings.jsonl", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def write_jsonl(run, output):
    with open(output / "findings.jsonl", "w", encoding="utf-8") as file:
        for finding in findings(run):
            file.write(json.dumps(finding, ensure_ascii=False, separators=(",", ":")))
            file.write("\n")


def write_csv(run, output):
    with open(output / "findings.csv", "w", encoding="utf-8", newline="") as file:
        writer = None
        for finding in findings(run):
            if writer is None:
                writer = csv.DictWriter(file, finding)
                writer.writeheader()
            steps = " ".join(f"{number}. {step}" for number, step in enumerate(finding["remediation"], 1))
            writer.writerow({**finding, "remediation": steps})


def write_json(run, output):
    with open(run / "summary.json", encoding="utf-8") as file:
        summary = json.load(file)
    with open(output / "findings.json", "w", encoding="utf-8") as file:
        json.dump({"findings": list(findings(run)), "summary": summary}, file, ensure_ascii=False)


def write_parquet(run, output):
    import pyarrow as pa
    import pyarrow.json
    import pyarrow.parquet

    times = ("created_at", "evaluated_at", "recorded_at", "key_recorded_at", "open_since")
    schema = pa.schema([(name, pa.timestamp("us", "UTC")) for name in times] + [("exempt_until", pa.date32())])
    # The reader takes times, but no days.
    schema = schema.set(schema.get_field_index("exempt_until"), pa.field("exempt_until", pa.string()))
    table = pyarrow.json.read_json(
        run / "findings.jsonl", parse_options=pyarrow.json.ParseOptions(explicit_schema=schema)
    )
    pyarrow.parquet.write_table(table, output / "findings.parquet", compression="snappy", row_group_size=50_000)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--from", dest="run", type=Path, required=True)
    parser.add_argument("--format", required=True)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.output.mkdir()
    writers = {"jsonl": write_jsonl, "csv": write_csv, "json": write_json, "parquet": write_parquet}
    writers[arguments.format](arguments.run, arguments.output)


main()
