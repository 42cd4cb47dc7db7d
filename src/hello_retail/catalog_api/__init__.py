"""The read side of the shop view: categories, their products, and one product, over HTTP."""
