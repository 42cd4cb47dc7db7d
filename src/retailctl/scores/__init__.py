"""The scores, as API, table and recount give them."""
