"""The scores: as the API shows them, as the table holds them, as a recount gives them."""
