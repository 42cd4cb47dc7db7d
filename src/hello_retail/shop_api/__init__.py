"""A customer's cart and orders.

``GET /cart``: 200 with ``{"lines": [{"id", "quantity", "name", "brand", "cents", "image"}], "totalCents"}``.
``PUT /orders/{orderId}`` with ``{"lines": [{"id", "quantity"}], "totalCents", "paymentToken"}``: 202 with the
order, and the same again for the same body. ``GET /orders`` and ``GET /orders/{orderId}``: 200 with the orders, the
newest first, or with one. All are for signed-in users, about themselves only; only users of the group customer may
order. No cache keeps an answer. Problem documents: 400, 401, 403, 404, 405, 413, 415, 422, 500, 503.

Routes: all with the JWT authorizer; ``ANY`` of the paths without, where other methods are to get their 405.

Environment: ``CARTS_TABLE``, ``CATALOG_TABLE``, ``ORDERS_TABLE``, ``MACHINE_ARN`` (the alias of the machine of the
orders), ``ENVIRONMENT``, ``POWERTOOLS_SERVICE_NAME`` (shop_api), ``POWERTOOLS_METRICS_NAMESPACE``, ``LOG_LEVEL``.
Function time-out: 20 s (an order takes two calls of AWS, a cart two to four, at their worst).

Calls of AWS: ``dynamodb:Query`` on the carts, ``BatchGetItem`` on the catalog, ``PutItem``, ``GetItem`` and
``Query`` on the orders, ``states:StartExecution`` on the machine.
"""
