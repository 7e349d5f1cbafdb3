"""Questions about stock."""

from shop.api import fetch_data as read_rows
from shop.orders import pieces_ordered


def missing():
    """What is ordered but not in stock: item and number of pieces."""
    short = {}
    for row in read_rows("stock"):
        lacking = pieces_ordered(row["item"]) - row["pieces"]
        if lacking > 0:
            short[row["item"]] = lacking
    return short
