"""Which path leads to which handler."""

from __future__ import annotations

from sandbox.salesforce import collection, composite, describe, records, replication, resources, tooling
from sandbox.salesforce.bulk_ingest import Ingests
from sandbox.salesforce.bulk_query import BulkQueries
from sandbox.salesforce.query import Queries
from sandbox.salesforce.usage import Usage
from sandbox.salesforce.web import Paths


def data_paths(queries: Queries, bulk_queries: BulkQueries, ingests: Ingests, usage: Usage) -> Paths:
    """All paths below ``/services/data/vNN.0/``."""
    paths = Paths()
    paths.add("", GET=resources.resources)
    paths.add("limits", GET=resources.limits_of(usage))
    paths.add("limits/recordCount", GET=resources.record_count)
    for name in ("query", "queryAll"):
        paths.add(name, GET=queries.query)
        paths.add(name + "/{locator}", GET=queries.more)
    _add_records(paths)
    _add_composite(paths, composite.Composite(paths, queries))
    _add_tooling(paths)
    _add_bulk(paths, bulk_queries, ingests)
    return paths


def _add_records(paths: Paths) -> None:
    paths.add("sobjects", GET=describe.describe_global)
    paths.add("sobjects/{type}", GET=describe.describe_basic, POST=records.create)
    paths.add("sobjects/{type}/describe", GET=describe.describe)
    paths.add("sobjects/{type}/updated", GET=replication.updated)
    paths.add("sobjects/{type}/deleted", GET=replication.deleted)
    paths.add("sobjects/{type}/{id}", GET=records.read, PATCH=records.update, DELETE=records.delete)
    paths.add("sobjects/{type}/{field}/{value}", GET=records.read_by_key, PATCH=records.upsert)


def _add_composite(paths: Paths, several: composite.Composite) -> None:
    paths.add("composite", POST=several.composite)
    paths.add("composite/batch", POST=several.batch)
    paths.add("composite/sobjects", POST=collection.create, PATCH=collection.update, DELETE=collection.delete)
    paths.add("composite/sobjects/{type}", GET=collection.retrieve, POST=collection.retrieve)
    paths.add("composite/sobjects/{type}/{field}", PATCH=collection.upsert)


def _add_tooling(paths: Paths) -> None:
    paths.add("tooling/query", GET=tooling.query)
    paths.add("tooling/sobjects/{type}", POST=tooling.create)
    paths.add("tooling/sobjects/{type}/describe", GET=tooling.describe)
    paths.add("tooling/sobjects/{type}/{id}", GET=tooling.read, PATCH=tooling.update, DELETE=tooling.delete)


def _add_bulk(paths: Paths, queries: BulkQueries, ingests: Ingests) -> None:
    paths.add("jobs/query", GET=queries.listed, POST=queries.create)
    paths.add("jobs/query/{id}", GET=queries.read, PATCH=queries.close, DELETE=queries.delete)
    paths.add("jobs/query/{id}/results", GET=queries.results)
    paths.add("jobs/query/{id}/resultPages", GET=queries.result_pages)
    paths.add("jobs/ingest", GET=ingests.listed, POST=ingests.create)
    paths.add("jobs/ingest/{id}", GET=ingests.read, PATCH=ingests.close, DELETE=ingests.delete)
    paths.add("jobs/ingest/{id}/batches", PUT=ingests.upload)
    paths.add("jobs/ingest/{id}/successfulResults", GET=ingests.successful)
    paths.add("jobs/ingest/{id}/failedResults", GET=ingests.failed)
    paths.add("jobs/ingest/{id}/unprocessedrecords", GET=ingests.unprocessed)
