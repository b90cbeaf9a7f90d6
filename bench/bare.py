"""A child of the bench: makes the same requests again with urllib3 and the standard library's parsers, nothing else."""

from __future__ import annotations

import base64
import csv
import io
import json
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import urllib3

from bench.meter import peak_mb, used_cpu_s


def main(url: str, requests: Path) -> dict[str, Any]:
    """Reads every recorded page once. JSON pages by ``json.loads``, CSV pages by ``csv.reader``; rows are counted."""
    plan = [json.loads(line) for line in requests.read_text().splitlines()]
    bodies = [base64.b64decode(one["body"]) or None for one in plan]
    pool = urllib3.connection_from_url(url, retries=False)
    rows: dict[str, Counter[str]] = {}
    size = parse_s = 0.0
    started = used_cpu_s()
    began = time.perf_counter()
    for one, body in zip(plan, bodies, strict=True):
        answer = pool.request(one["method"], one["path"], body=body, headers=one["headers"])
        if answer.status != 200:
            raise SystemExit(f"{one['method']} {one['path'][:80]}: {answer.status}")
        content = answer.data
        before = time.process_time()
        count = _rows(content, answer.headers)
        parse_s += time.process_time() - before
        rows.setdefault(one["about"], Counter())[one["purpose"]] += count
        size += len(content)
    cpu_s, wall_s = used_cpu_s() - started, time.perf_counter() - began
    return {
        "cpu_s": cpu_s,
        "wall_s": wall_s,
        "parse_cpu_s": parse_s,
        "start_cpu_s": started,
        "pages": len(plan),
        "bytes": size,
        "rows": {what: most_of(by) for what, by in rows.items()},
        "peak_mb": peak_mb(),
    }


def most_of(by_purpose: Counter[str]) -> int:
    """Rows of an object: of its bulk job where there was one, as that reads again what a first page showed."""
    return by_purpose["result"] or by_purpose["page"]


def _rows(content: bytes, headers: Mapping[str, str]) -> int:
    if "csv" in headers.get("content-type", ""):
        return len(list(csv.reader(map(bytes.decode, io.BytesIO(content))))) - 1
    tree = json.loads(content)
    return len(tree["records"] if "records" in tree else tree["results"])


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]))))
