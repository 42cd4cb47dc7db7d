"""List and show quarantined records, and send them again."""
