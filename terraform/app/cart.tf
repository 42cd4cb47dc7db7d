# What customers put into their carts, and the API that answers it and takes their orders.

# The shop's state and no view: an order takes out what was ordered by an event of another shard, and in another order of the
# shards the log folds to other carts. Every generation counts the same events in it once, and it is never rebuilt from the log.
module "carts" {
  source = "../../modules/table"

  name                   = "${local.name_prefix}-carts"
  hash_key               = { name = "userId" }
  range_key              = { name = "productId" }
  ttl_attribute          = "expiresAt"
  kms_key_arn            = module.key.arn
  deletion_protection    = var.tables.deletion_protection
  point_in_time_recovery = var.tables.point_in_time_recovery
  alarms                 = { operations = ["Query", "UpdateItem"] }
  alarm_actions          = local.alarm_actions
  runbooks_url           = var.runbooks_url
}

module "shop_api" {
  source = "../../modules/function"

  name            = "${local.name_prefix}-shop-api"
  description     = "Answers customers' own carts and orders, and takes orders."
  artifact        = { path = "${var.artifacts_dir}/shop_api.zip" }
  handler         = "hello_retail.shop_api.handler.handler"
  memory_mb       = var.winner_api.memory_mb
  timeout_seconds = var.winner_api.timeout_seconds
  kms_key_arn     = module.key.arn
  log             = { retention_days = var.log_retention_days, level = var.log_level }
  alarm_actions   = local.alarm_actions
  runbooks_url    = var.runbooks_url
  canary          = lookup(var.canary, "shop_api", null)

  permissions_boundary_arn = local.permissions_boundary_arn

  environment = {
    CARTS_TABLE                  = module.carts.name
    CATALOG_TABLE                = module.catalog[local.live_shop].name
    ENVIRONMENT                  = var.environment
    LOG_LEVEL                    = var.log_level
    MACHINE_ARN                  = module.order_machine.alias_arn
    ORDERS_TABLE                 = module.orders.name
    POWERTOOLS_METRICS_NAMESPACE = local.metrics_namespace
    POWERTOOLS_SERVICE_NAME      = "shop_api"
  }

  # An order is put where there is none, and never changed: that is the machine's.
  policy_statements = {
    read_carts       = module.carts.policy_statements.query
    read_products    = { actions = ["dynamodb:BatchGetItem"], resources = [module.catalog[local.live_shop].arn] }
    read_orders      = { actions = ["dynamodb:GetItem", "dynamodb:Query"], resources = [module.orders.arn] }
    place_orders     = module.orders.policy_statements.put
    start_executions = module.order_machine.policy_statements.start
    decrypt_tables   = local.key_through.dynamodb.decrypt
    encrypt_tables   = local.key_through.dynamodb.encrypt
  }
}
