import unittest

from shop.api import UnknownSource, fetch_data
from shop.stock import missing


class ShopTest(unittest.TestCase):
    def test_orders_are_read(self):
        self.assertEqual(len(fetch_data("orders")), 3)

    def test_an_unknown_source_is_named(self):
        with self.assertRaises(UnknownSource):
            fetch_data("invoices")

    def test_missing_pieces(self):
        self.assertEqual(missing(), {"chair": 1})


if __name__ == "__main__":
    unittest.main()
