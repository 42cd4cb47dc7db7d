# What became of each request that came with an Idempotency-Key, for a day.
module "idempotency" {
  source = "../../modules/table"

  name                   = "${local.name_prefix}-idempotency"
  hash_key               = { name = "id" }
  ttl_attribute          = "expiration"
  kms_key_arn            = module.key.arn
  deletion_protection    = var.tables.deletion_protection
  point_in_time_recovery = var.tables.point_in_time_recovery
  alarms                 = { operations = ["DeleteItem", "PutItem", "UpdateItem"] }
  alarm_actions          = local.alarm_actions
  runbooks_url           = var.runbooks_url
}

module "event_writer" {
  source = "../../modules/function"

  name            = "${local.name_prefix}-event-writer"
  description     = "Puts a signed-in user's event on the stream."
  artifact        = { path = "${var.artifacts_dir}/event_writer.zip" }
  handler         = "hello_retail.event_writer.handler.handler"
  memory_mb       = var.event_writer.memory_mb
  timeout_seconds = var.event_writer.timeout_seconds
  kms_key_arn     = module.key.arn
  log             = { retention_days = var.log_retention_days, level = var.log_level }
  alarm_actions   = local.alarm_actions
  runbooks_url    = var.runbooks_url
  canary          = lookup(var.canary, "event_writer", null)

  permissions_boundary_arn = local.permissions_boundary_arn

  environment = {
    ENVIRONMENT                  = var.environment
    IDEMPOTENCY_TABLE            = module.idempotency.name
    LOG_LEVEL                    = var.log_level
    MESSAGES                     = var.photos.messages
    ORIGIN                       = local.project
    POWERTOOLS_METRICS_NAMESPACE = local.metrics_namespace
    POWERTOOLS_SERVICE_NAME      = "event_writer"
    STREAM_NAME                  = module.stream.name
    WORKSHOP                     = tostring(var.event_writer.workshop)
  }

  policy_statements = {
    put_event      = module.stream.policy_statements.put_record
    encrypt_stream = local.key_through.kinesis.encrypt
    # A put that finds its key taken is answered with the item that is there: nothing needs to be read.
    remember_keys = {
      actions   = ["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
      resources = [module.idempotency.arn]
    }
    decrypt_tables = local.key_through.dynamodb.decrypt
    encrypt_tables = local.key_through.dynamodb.encrypt
  }
}
