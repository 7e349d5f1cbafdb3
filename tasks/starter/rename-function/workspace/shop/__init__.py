"""Orders and stock of the warehouse."""

from .api import fetch_data, prefetch_data

__all__ = ["fetch_data", "prefetch_data"]
