"""Signed receipts of live calls: `notary` writes them, `reader` believes or refuses them."""
