"""The studio: which photographer takes the picture of which product."""
