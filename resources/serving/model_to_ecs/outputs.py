"""From what a model's predict() gives to JSON."""

from __future__ import annotations

import math
from typing import Any


def plain(value: Any) -> Any:
    """Numbers, strings and lists for arrays, frames, series and sparse matrices; null for NaN and infinity."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    for method, arguments in (
        ("to_dict", ("records",)),  # pandas.DataFrame
        ("toarray", ()),  # scipy.sparse
        ("tolist", ()),  # numpy arrays and scalars, pandas.Series
        ("isoformat", ()),  # dates
    ):
        convert = getattr(value, method, None)
        if convert is not None:
            try:
                return plain(convert(*arguments))
            except TypeError:  # pandas.Series.to_dict takes no 'records'
                continue
    return str(value)
