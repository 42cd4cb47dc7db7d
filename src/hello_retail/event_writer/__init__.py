"""The front door: ``POST /events`` puts one signed-in user's event on the stream.

Request: payload format 2.0. The body is the event's data with its ``schema`` id, without ``origin``. Who acts
comes from ``requestContext.authorizer.jwt.claims`` of a JWT authorizer: ``sub``, ``name``, ``cognito:groups``
(``[merchant customer]``). That is an **ID token**'s (``token_use`` = ``id``): an access token has no ``name``, and
asking the user pool for it would cost a call per event; so the authorizer's audience is the app client's id.
``kinds`` says which events are taken, and from whom.

Answer: 202 with ``{"eventId", "productId"}`` (no ``productId`` for ``user-info`` events), or a problem document:
400, 401, 403, 405, 409, 413, 415, 422, 500, 503. Routes: ``POST /events`` with the authorizer; ``ANY /events``
without one, where other methods are to get their 405.

Environment: ``STREAM_NAME``, ``IDEMPOTENCY_TABLE``, ``ENVIRONMENT``, ``ORIGIN`` (the first part of each event's
``origin``), ``MESSAGES`` (``none`` or ``sms``: then a phone must be verified), ``WORKSHOP`` (``true`` or
``false``: then neither ``product/image`` nor
``product/purchase`` is taken), ``POWERTOOLS_SERVICE_NAME`` (event_writer),
``POWERTOOLS_METRICS_NAMESPACE``, ``LOG_LEVEL``. Function time-out: 20 s (with a key, three calls of
AWS at their worst). Route throttling holds a storm off; the function has no limit of its own.

Calls of AWS: ``kinesis:PutRecord`` on the stream; with an ``Idempotency-Key`` also ``dynamodb:PutItem``,
``UpdateItem`` and ``DeleteItem`` on the table, and nothing else (a refused put brings the item with it, so that
Powertools reads none). Through an encryption key: ``kms:GenerateDataKey`` by way of Kinesis, ``kms:Decrypt`` by way
of DynamoDB.

The idempotency table: hash key ``id`` (S), no range key, no index, TTL on ``expiration`` (N, seconds). Further
``status`` (S), ``data`` (S, the receipt), ``validation`` (S, hash of the body), ``in_progress_expiration`` (N,
milliseconds).

Log: an event that is accepted leaves no line; the API's access log has one, and Kinesis counts and times the put
(``PutRecord.Success``, ``PutRecord.Latency``). Metrics: ``EventsRefused`` by ``Code``, whose line has the request's
id, and ``ReceiptsLost``, each with ``Environment`` and ``service``.
"""
