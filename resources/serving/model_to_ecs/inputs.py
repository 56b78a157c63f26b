"""From a request's JSON to what a model's predict() takes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

KINDS = ("instances", "inputs", "dataframe_records", "dataframe_split")


class BadInput(ValueError):
    """The request is wrong; the message tells its sender what would be right."""


def parse(body: bytes, columns: Sequence[str] | None) -> Any:
    """Read a body: KServe V1's ``instances`` or MLflow's ``inputs``, ``dataframe_records``, ``dataframe_split``.

    ``columns`` are the model's own column names; where it has them, the result is a DataFrame in their order.
    """
    try:
        document = json.loads(body, parse_constant=_refuse_constant)
    except BadInput:
        raise
    except (ValueError, RecursionError) as error:
        raise BadInput(f"the body is not JSON: {error}") from error
    given = [kind for kind in KINDS if isinstance(document, dict) and kind in document]
    if len(given) != 1:
        raise BadInput(f"the body must be a JSON object with exactly one of {', '.join(KINDS)}")
    return _table(given[0], document[given[0]], columns)


def _refuse_constant(constant: str) -> None:
    raise BadInput(f"{constant} is not JSON; send null for a missing value")


def _table(kind: str, value: Any, columns: Sequence[str] | None) -> Any:
    if kind == "dataframe_split":
        names, rows = _split(value)
    elif isinstance(value, dict) and kind == "inputs":
        names, rows = _by_column(value)
    elif not isinstance(value, list):
        raise BadInput(f"{kind!r} must be a list with one entry per instance")
    elif kind == "dataframe_records" or (value and isinstance(value[0], dict)):
        names, rows = _records(kind, value)
    else:
        names, rows = None, value
    if names is None and not any(isinstance(row, list) for row in rows):
        return _array(rows)  # one value per instance, e.g. texts
    _same_width(rows, len(names) if names is not None else None)
    if columns is None:
        return _array(rows)
    return _frame(_ordered(names, rows, columns), columns)


def _split(value: Any) -> tuple[list[str], list[list[Any]]]:
    if not isinstance(value, dict) or not all(isinstance(value.get(k), list) for k in ("columns", "data")):
        raise BadInput("'dataframe_split' must be an object with the lists 'columns' and 'data'")
    return [str(name) for name in value["columns"]], value["data"]


def _by_column(value: dict[str, Any]) -> tuple[list[str], list[list[Any]]]:
    series = list(value.values())
    if not series or not all(isinstance(column, list) for column in series):
        raise BadInput("'inputs' as an object must hold one list of values per column")
    if len({len(column) for column in series}) > 1:
        raise BadInput("the columns in 'inputs' have different lengths")
    return list(value), [list(row) for row in zip(*series)]


def _records(kind: str, value: list[Any]) -> tuple[list[str], list[list[Any]]]:
    for number, record in enumerate(value):
        if not isinstance(record, dict):
            raise BadInput(f"{kind}[{number}] must be an object of column names and values")
        if record.keys() != value[0].keys():
            raise BadInput(f"{kind}[{number}] has other columns than {kind}[0]")
    names = list(value[0]) if value else []
    return names, [[record[name] for name in names] for record in value]


def _same_width(rows: list[Any], width: int | None) -> None:
    for number, row in enumerate(rows):
        if not isinstance(row, list):
            raise BadInput(f"row {number} must be a list of values")
        if width is None:
            width = len(row)
        if len(row) != width:
            raise BadInput(f"row {number} has {len(row)} values, expected {width}")


def _ordered(names: list[str] | None, rows: list[list[Any]], columns: Sequence[str]) -> list[list[Any]]:
    """The rows with their values in the model's order; what the model doesn't know is left out."""
    if not rows:
        return rows
    if names is None:
        if len(rows[0]) != len(columns):
            raise BadInput(f"a row has {len(rows[0])} values, the model takes {len(columns)}: {', '.join(columns)}")
        return rows
    missing = [name for name in columns if name not in names]
    if missing:
        raise BadInput(f"columns are missing: {', '.join(missing)}; the model takes {', '.join(columns)}")
    order = [names.index(name) for name in columns]
    return [[row[position] for position in order] for row in rows]


def _frame(rows: list[list[Any]], columns: Sequence[str]) -> Any:
    try:
        import pandas
    except ImportError:  # a model that merely remembers names needs no pandas
        return _array(rows)
    return pandas.DataFrame(rows, columns=list(columns))


def _array(rows: list[Any]) -> Any:
    import numpy

    if not _has_text(rows):  # numpy would read the text "1" as a number
        try:
            return numpy.asarray(rows, dtype=float)
        except (ValueError, TypeError, OverflowError):
            pass  # not numbers alone, or not of one shape
    try:
        return numpy.asarray(rows, dtype=object)
    except ValueError as error:
        raise BadInput(f"the instances have different shapes: {error}") from error


def _has_text(value: Any) -> bool:
    return any(_has_text(entry) for entry in value) if isinstance(value, list) else isinstance(value, str)
