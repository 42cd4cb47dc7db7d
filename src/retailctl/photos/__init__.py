"""Look after the studio: what it holds, whether that is right, and a second try for what it gave up."""
