"""What the functions behind the HTTP API share: requests, parameters, problem documents, answers."""
