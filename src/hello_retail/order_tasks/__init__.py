"""The steps of the orders' machine, and what becomes of an execution that ended badly.

Input: ``{"action": "reserve" | "pay" | "confirm", "user", "order"}`` from the machine; events ``Step Functions
Execution Status Change`` from EventBridge; ``{"action": "reconcile"}`` from a schedule. It answers nothing.

Environment: ``ORDERS_TABLE``, ``CATALOG_TABLE``, ``STOCK_TABLE``, ``PAYMENTS_TABLE`` (the simulated provider's),
``MACHINE_ARN``, ``STREAM_NAME``, ``ORIGIN``, ``CURRENCY``, ``ENVIRONMENT``, ``POWERTOOLS_METRICS_NAMESPACE``.

Metric, by ``Environment``: ``OldestOpenOrder``, how long the oldest order has been open that a reconciliation found
past its time and left open, in seconds.

Calls of AWS: on the orders ``dynamodb:GetItem``, ``UpdateItem``, and ``Query`` of the index ``byOpen``; on the
catalog ``BatchGetItem``; on the stock ``UpdateItem``; on the payments ``GetItem`` and ``UpdateItem``;
``states:DescribeExecution``; ``kinesis:PutRecords``.

The machine is to call again after any error: a failure of AWS is raised, and so are ``Contended``,
``ProviderUnavailable`` and ``NotPublished``.
"""
