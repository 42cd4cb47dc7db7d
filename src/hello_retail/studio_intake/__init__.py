"""The consumer that brings people and products from the log into the studio.

It registers photographers, starts one execution of the machine for each product that is offered, and takes note of
pictures that did not come from the studio. What it writes is state of the studio: a replay does not rebuild it.

Environment: ``STUDIO_TABLE``, ``MACHINE_ARN``, ``PER_REGISTRATION``, ``RECENT_EVENTS``, ``RETENTION_HOURS`` (of the
stream), ``MESSAGES`` (``none`` or ``sms``: only then is a phone number kept), ``ENVIRONMENT``,
``POWERTOOLS_METRICS_NAMESPACE``.

Calls of AWS: on the table ``dynamodb:GetItem``, ``Query``, ``PutItem``, ``UpdateItem`` and ``DeleteItem``;
``states:StartExecution``, ``SendTaskSuccess`` and ``SendTaskFailure``. Metric: ``ForeignPictures``, with
``Environment`` and ``service``.
"""
