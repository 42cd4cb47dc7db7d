# What sells just now: a second view of the same stream, and the API that answers from it.

module "trending" {
  source = "../../modules/table"

  name                   = "${local.name_prefix}-trending-${local.trending_generation}"
  hash_key               = { name = "productId" }
  ttl_attribute          = "expiresAt"
  kms_key_arn            = module.key.arn
  deletion_protection    = var.tables.deletion_protection
  point_in_time_recovery = var.tables.point_in_time_recovery
  alarms                 = { operations = ["BatchGetItem", "Scan", "UpdateItem"] }
  alarm_actions          = local.alarm_actions
  runbooks_url           = var.runbooks_url
}

module "trending_view" {
  source = "../../modules/function"

  # A function never outlives its generation: the next one has a place on the stream of its own.
  name            = "${local.name_prefix}-trending-view-${local.trending_generation}"
  description     = "Folds the stream of events into the time-weighted sales of each product."
  artifact        = { path = "${var.artifacts_dir}/trending_view.zip" }
  handler         = "hello_retail.trending_view.handler.handler"
  memory_mb       = var.trending.memory_mb
  timeout_seconds = var.trending.timeout_seconds
  kms_key_arn     = module.key.arn
  log             = { retention_days = var.log_retention_days, level = var.log_level }
  alarm_actions   = local.alarm_actions
  runbooks_url    = var.runbooks_url

  permissions_boundary_arn = local.permissions_boundary_arn

  environment = {
    ENVIRONMENT                  = var.environment
    HALF_LIFE_MINUTES            = tostring(var.trending.half_life_minutes)
    LOG_LEVEL                    = var.log_level
    POWERTOOLS_METRICS_NAMESPACE = local.metrics_namespace
    POWERTOOLS_SERVICE_NAME      = "trending_view"
    RECENT_EVENTS                = tostring(var.recent_events)
    RETENTION_HOURS              = tostring(var.stream.retention_hours)
    TRENDING_TABLE               = module.trending.name
  }

  policy_statements = {
    read_products    = { actions = ["dynamodb:BatchGetItem"], resources = [module.trending.arn] }
    write_products   = module.trending.policy_statements.update
    decrypt_table    = local.key_through.dynamodb.decrypt
    encrypt_table    = local.key_through.dynamodb.encrypt
    encrypt_failures = local.key_through.s3.encrypt
  }
}

module "trending_consumer" {
  source = "../../modules/stream-consumer"

  function = {
    name      = module.trending_view.function_name
    alias_arn = module.trending_view.alias_arn
    role_name = module.trending_view.role_name
  }

  stream = {
    arn             = module.stream.arn
    name            = module.stream.name
    retention_hours = var.stream.retention_hours
  }

  policy_statements = {
    read_stream    = module.stream.policy_statements.read
    decrypt_stream = local.key_through.kinesis.decrypt
  }

  batch_size              = var.trending.batch_size
  batching_window_seconds = var.trending.batching_window_seconds
  failure_destination     = { bucket_arn = module.quarantine.arn }
  alarm_actions           = local.alarm_actions
  runbooks_url            = var.runbooks_url
}

module "trending_api" {
  source = "../../modules/function"

  name            = "${local.name_prefix}-trending-api"
  description     = "Answers what sells just now, from the trending view."
  artifact        = { path = "${var.artifacts_dir}/trending_api.zip" }
  handler         = "hello_retail.trending_api.handler.handler"
  memory_mb       = var.winner_api.memory_mb
  timeout_seconds = var.winner_api.timeout_seconds
  kms_key_arn     = module.key.arn
  log             = { retention_days = var.log_retention_days, level = var.log_level }
  alarm_actions   = local.alarm_actions
  runbooks_url    = var.runbooks_url
  canary          = lookup(var.canary, "trending_api", null)

  permissions_boundary_arn = local.permissions_boundary_arn

  environment = {
    ENVIRONMENT                  = var.environment
    HALF_LIFE_MINUTES            = tostring(var.trending.half_life_minutes)
    LOG_LEVEL                    = var.log_level
    POWERTOOLS_METRICS_NAMESPACE = local.metrics_namespace
    POWERTOOLS_SERVICE_NAME      = "trending_api"
    TRENDING_TABLE               = module.trending.name
  }

  policy_statements = {
    read_products = module.trending.policy_statements.scan
    decrypt_table = local.key_through.dynamodb.decrypt
  }
}
