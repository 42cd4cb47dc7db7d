"""How functions write to DynamoDB on conditions: one item, or several in a transaction."""
