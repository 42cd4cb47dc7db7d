"""A photographer's inbox, and the tickets with which they upload pictures.

``GET /assignments``: 200 with ``{"registered", "left", "completed", "assignment"}``; ``assignment`` is ``null`` or
``{"product", "name", "brand", "attempt", "until", "problem", "state"}``. ``POST /assignments/{productId}/uploads``
with ``{"contentType", "bytes"}``: 201 with ``{"url", "fields", "expires"}``, the form of a presigned POST to S3.
Both are for signed-in users of the group photographer, about themselves only; no cache keeps an answer. Problem
documents: 400, 401, 403, 404, 405, 410, 413, 415, 500, 503.

Routes: both with the JWT authorizer; ``ANY`` of both paths without, where other methods are to get their 405.

Environment: ``STUDIO_TABLE``, ``PICTURES_BUCKET``, ``MAX_BYTES`` (of an upload), ``ENVIRONMENT``,
``POWERTOOLS_SERVICE_NAME`` (studio_api), ``POWERTOOLS_METRICS_NAMESPACE``, ``LOG_LEVEL``.

Calls of AWS: ``dynamodb:GetItem`` on the studio. A ticket is signed here, and S3 asks its signer's role when it is
used: ``s3:PutObject`` on ``incoming/*``, and ``kms:GenerateDataKey`` for a bucket with an encryption key.
"""
