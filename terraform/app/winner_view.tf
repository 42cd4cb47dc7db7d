module "contributions" {
  for_each = local.generations
  source   = "../../modules/table"

  name                   = "${local.name_prefix}-contributions-g${each.key}"
  hash_key               = { name = "productId" }
  kms_key_arn            = module.key.arn
  deletion_protection    = var.tables.deletion_protection
  point_in_time_recovery = var.tables.point_in_time_recovery
  alarms                 = { operations = ["BatchGetItem", "GetItem", "Scan", "UpdateItem"] }
  alarm_actions          = local.alarm_actions
  runbooks_url           = var.runbooks_url
}

module "scores" {
  for_each = local.generations
  source   = "../../modules/table"

  name                   = "${local.name_prefix}-scores-g${each.key}"
  hash_key               = { name = "board" }
  range_key              = { name = "userId" }
  kms_key_arn            = module.key.arn
  deletion_protection    = var.tables.deletion_protection
  point_in_time_recovery = var.tables.point_in_time_recovery
  alarms                 = { operations = ["Query", "UpdateItem"] }
  alarm_actions          = local.alarm_actions
  runbooks_url           = var.runbooks_url
}

module "winner_view" {
  for_each = local.generations
  source   = "../../modules/function"

  # A function never outlives its generation: the next one has a function, and so a place on the stream, of its own.
  name            = "${local.name_prefix}-winner-view${each.key == "1" ? "" : "-g${each.key}"}"
  description     = "Folds the stream of events into who offered and photographed what, and into their scores."
  artifact        = { path = "${var.artifacts_dir}/${each.value.zip}" }
  handler         = "hello_retail.winner_view.handler.handler"
  memory_mb       = var.winner_view.memory_mb
  timeout_seconds = var.winner_view.timeout_seconds
  kms_key_arn     = module.key.arn
  log             = { retention_days = var.log_retention_days, level = var.log_level }
  alarm_actions   = local.alarm_actions
  runbooks_url    = var.runbooks_url

  permissions_boundary_arn = local.permissions_boundary_arn

  environment = {
    CONTRIBUTIONS_TABLE          = module.contributions[each.key].name
    ENVIRONMENT                  = var.environment
    GENERATION                   = each.key
    LOG_LEVEL                    = var.log_level
    POWERTOOLS_METRICS_NAMESPACE = local.metrics_namespace
    POWERTOOLS_SERVICE_NAME      = "winner_view"
    QUARANTINE_BUCKET            = module.quarantine.id
    RECENT_EVENTS                = tostring(var.recent_events)
    REDRIVES_TABLE               = aws_dynamodb_table_item.standing_generations.table_name
    SCORES_TABLE                 = module.scores[each.key].name
    SCORE_BUCKETS                = tostring(var.score_buckets)
  }

  policy_statements = {
    read_redrives       = module.redrives.policy_statements.scan
    read_registrations  = module.contributions[each.key].policy_statements.get
    write_registrations = module.contributions[each.key].policy_statements.update
    write_scores        = module.scores[each.key].policy_statements.update
    write_quarantine    = module.quarantine.prefix_policy_statements.records.write
    decrypt_tables      = local.key_through.dynamodb.decrypt
    encrypt_tables      = local.key_through.dynamodb.encrypt
    encrypt_quarantine  = local.key_through.s3.encrypt
  }
}

module "winner_view_consumer" {
  for_each = local.generations
  source   = "../../modules/stream-consumer"

  function = {
    name      = module.winner_view[each.key].function_name
    alias_arn = module.winner_view[each.key].alias_arn
    role_name = module.winner_view[each.key].role_name
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

  enabled                 = each.value.enabled
  batch_size              = var.winner_view.batch_size
  batching_window_seconds = var.winner_view.batching_window_seconds
  failure_destination     = { bucket_arn = module.quarantine.arn }
  alarm_actions           = local.alarm_actions
  runbooks_url            = var.runbooks_url
}
