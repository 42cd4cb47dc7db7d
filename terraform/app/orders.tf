# What customers order: each order gets an execution of one machine, which reserves its stock, takes its money and confirms it.
# The table decides how far an order is; the machine tries again.

locals {
  # By its name: the machine invokes the function that looks at its executions.
  order_tasks_arn = "arn:${data.aws_partition.current.partition}:lambda:${var.region}:${data.aws_caller_identity.current.account_id}:function:${local.name_prefix}-order-tasks:live"

  # Half of what a step is tried for: there is time to look before orders are given up.
  long_order_seconds = 3600
}

module "orders" {
  source = "../../modules/table"

  name                   = "${local.name_prefix}-orders"
  hash_key               = { name = "userId" }
  range_key              = { name = "orderId" }
  ttl_attribute          = "expiresAt"
  kms_key_arn            = module.key.arn
  deletion_protection    = var.tables.deletion_protection
  point_in_time_recovery = var.tables.point_in_time_recovery
  alarms                 = { operations = ["GetItem", "PutItem", "Query", "TransactWriteItems"] }
  alarm_actions          = local.alarm_actions
  runbooks_url           = var.runbooks_url

  # Only an order that has not ended has `open`, so the index holds what is under way and nothing else.
  indexes = {
    byOpen = {
      hash_key        = { name = "open" }
      range_key       = { name = "placedAt" }
      projection_type = "KEYS_ONLY"
    }
  }
}

# The simulated provider's own books. A real provider has its own: docs/orders.md.
module "payments" {
  source = "../../modules/table"

  name                   = "${local.name_prefix}-payments"
  hash_key               = { name = "orderId" }
  kms_key_arn            = module.key.arn
  deletion_protection    = var.tables.deletion_protection
  point_in_time_recovery = var.tables.point_in_time_recovery
  alarms                 = { operations = ["GetItem", "UpdateItem"] }
  alarm_actions          = local.alarm_actions
  runbooks_url           = var.runbooks_url
}

module "order_machine" {
  source = "../../modules/state-machine"

  name               = "${local.name_prefix}-orders"
  kms_key_arn        = module.key.arn
  log_retention_days = var.log_retention_days
  functions          = { order_tasks = local.order_tasks_arn }
  alarm_actions      = local.alarm_actions
  runbooks_url       = var.runbooks_url

  permissions_boundary_arn = local.permissions_boundary_arn

  definition = templatefile("${path.module}/orders.asl.json.tftpl", {
    partition = data.aws_partition.current.partition
    tasks_arn = local.order_tasks_arn
  })

  ended = {
    function = {
      function_name = module.order_tasks.function_name
      alias_name    = module.order_tasks.alias_name
      alias_arn     = module.order_tasks.alias_arn
    }
  }
}

module "order_tasks" {
  source = "../../modules/function"

  name            = "${local.name_prefix}-order-tasks"
  description     = "The steps of the machine that carries out orders, and what becomes of an execution that ends badly."
  artifact        = { path = "${var.artifacts_dir}/order_tasks.zip" }
  handler         = "hello_retail.order_tasks.handler.handler"
  memory_mb       = 512
  timeout_seconds = 60
  kms_key_arn     = module.key.arn
  log             = { retention_days = var.log_retention_days, level = var.log_level }
  on_failure      = { bucket_arn = module.quarantine.arn }
  alarm_actions   = local.alarm_actions
  runbooks_url    = var.runbooks_url

  permissions_boundary_arn = local.permissions_boundary_arn

  environment = {
    CATALOG_TABLE                = module.catalog[local.live_shop].name
    CURRENCY                     = var.shop.currency
    ENVIRONMENT                  = var.environment
    LOG_LEVEL                    = var.log_level
    MACHINE_ARN                  = module.order_machine.arn
    ORDERS_TABLE                 = module.orders.name
    ORIGIN                       = local.project
    PAYMENTS_TABLE               = module.payments.name
    POWERTOOLS_METRICS_NAMESPACE = local.metrics_namespace
    POWERTOOLS_SERVICE_NAME      = "order_tasks"
    STOCK_TABLE                  = module.stock.name
    STREAM_NAME                  = module.stream.name
  }

  # A transaction needs no more than what it is made of.
  policy_statements = {
    read_order          = { actions = ["dynamodb:GetItem"], resources = [module.orders.arn] }
    change_order        = module.orders.policy_statements.update
    find_open_orders    = module.orders.index_policy_statements.byOpen.query
    read_products       = { actions = ["dynamodb:BatchGetItem"], resources = [module.catalog[local.live_shop].arn] }
    reserve_stock       = module.stock.policy_statements.update
    keep_payments       = { actions = ["dynamodb:GetItem", "dynamodb:UpdateItem"], resources = [module.payments.arn] }
    report_sales        = { actions = ["kinesis:PutRecords"], resources = [module.stream.arn] }
    encrypt_stream      = local.key_through.kinesis.encrypt
    describe_executions = module.order_machine.policy_statements.describe_executions
    decrypt_executions  = module.order_machine.policy_statements.decrypt
    decrypt_tables      = local.key_through.dynamodb.decrypt
    encrypt_tables      = local.key_through.dynamodb.encrypt
  }
}

# AWS tells of an execution's end as best it can, and here it is money: docs/decisions/0023-the-table-decides.md.
resource "aws_cloudwatch_event_rule" "reconcile_orders" {
  name                = "${local.name_prefix}-orders.reconcile"
  description         = "Looks for executions of ${local.name_prefix}-orders whose end was not told."
  schedule_expression = "rate(15 minutes)"
}

resource "aws_cloudwatch_event_target" "reconcile_orders" {
  rule      = aws_cloudwatch_event_rule.reconcile_orders.name
  target_id = "function"
  arn       = module.order_tasks.alias_arn
  input     = jsonencode({ action = "reconcile" })

  depends_on = [aws_lambda_permission.reconcile_orders]
}

resource "aws_lambda_permission" "reconcile_orders" {
  statement_id  = "reconcile-${local.name_prefix}-orders"
  action        = "lambda:InvokeFunction"
  function_name = module.order_tasks.function_name
  qualifier     = module.order_tasks.alias_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.reconcile_orders.arn
}

resource "aws_cloudwatch_metric_alarm" "orders_waiting" {
  alarm_name          = "${local.name_prefix}-orders-waiting"
  alarm_description   = "An order has been under way for more than ${local.long_order_seconds / 3600} h; it is given up when a step has failed for two. Look what its step fails with. Runbook: ${var.runbooks_url}/orders-waiting.md"
  namespace           = local.metrics_namespace
  metric_name         = "OldestOpenOrder"
  dimensions          = { service = "order_tasks", Environment = var.environment }
  statistic           = "Maximum"
  period              = 1800 # two reconciliations, of which one measures
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = local.long_order_seconds
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}
