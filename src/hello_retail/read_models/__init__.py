"""How the views lay out their tables, shared by a view and the API that reads it."""
