"""The steps of the studio's machine, and what becomes of an execution that ended badly.

Input: ``{"action": "find", "product", "token"}``, ``{"action": "ask", "product", "attempt", "token"}`` and
``{"action": "settle", "product", "attempt", "timedOut"}`` from the machine; events ``Step Functions Execution
Status Change`` from EventBridge; ``{"action": "reconcile"}`` from a schedule.

FindPhotographer's callback is answered ``{"photographer", "attempt"}``, AskForPhoto's ``{"image"}``. The error
``Over`` ends the machine; ``Withdrawn`` says that the assignment is no longer its photographer's.

Environment: ``STUDIO_TABLE``, ``MACHINE_ARN``, ``STREAM_NAME``, ``PICTURES_BUCKET`` (an event names a picture by
bucket and key), ``ORIGIN``, ``MINUTES`` (that a photographer has), ``PER_REGISTRATION``, ``RETENTION_HOURS`` (of
the stream), ``MESSAGES`` (``none`` or ``sms``), ``PAGE_URL``, ``ENVIRONMENT``, ``POWERTOOLS_METRICS_NAMESPACE``.

Metric, by ``Environment``: ``LongestWait`` of the products without a picture, in seconds, at each reconciliation.

Calls of AWS: on the table ``dynamodb:GetItem``, ``Query``, ``Scan`` (to reconcile), ``PutItem``, ``UpdateItem`` and
``DeleteItem``; ``states:SendTaskSuccess``, ``SendTaskFailure`` and ``DescribeExecution``; ``kinesis:PutRecord``;
``sns:Publish`` to phones, where messages are on.

The machine is to call again after any error: a failure of AWS is raised, and so is ``Contended``.
"""
