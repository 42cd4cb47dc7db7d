# The log beyond the stream's retention: a second consumer, which writes each batch as one object.
module "archive_bucket" {
  count  = var.archive.enabled ? 1 : 0
  source = "../../modules/bucket"

  name           = "${local.name_prefix}-archive-${data.aws_caller_identity.current.account_id}"
  kms_key_arn    = module.key.arn
  prefixes       = { lineage = "lineage/", links = "links/", records = "records/", tips = "tips/" }
  lifecycle_days = { cold = var.archive.cold_days, expire = var.archive.expire_days }
  force_destroy  = var.archive.force_destroy
}

module "archive" {
  count  = var.archive.enabled ? 1 : 0
  source = "../../modules/function"

  name            = "${local.name_prefix}-archive"
  description     = "Keeps the stream of events: each batch as one compressed object."
  artifact        = { path = "${var.artifacts_dir}/archive.zip" }
  handler         = "hello_retail.archive.handler.handler"
  memory_mb       = 512
  timeout_seconds = 60
  kms_key_arn     = module.key.arn
  log             = { retention_days = var.log_retention_days, level = var.log_level }
  alarm_actions   = local.alarm_actions
  runbooks_url    = var.runbooks_url

  permissions_boundary_arn = local.permissions_boundary_arn

  environment = {
    ARCHIVE_BUCKET          = module.archive_bucket[0].id
    ENVIRONMENT             = var.environment
    LOG_LEVEL               = var.log_level
    POWERTOOLS_SERVICE_NAME = "archive"
  }

  policy_statements = {
    write_lineage   = module.archive_bucket[0].prefix_policy_statements.lineage.write
    write_links     = module.archive_bucket[0].prefix_policy_statements.links.write
    write_records   = module.archive_bucket[0].prefix_policy_statements.records.write
    find_tips       = module.archive_bucket[0].prefix_policy_statements.tips.list
    read_tips       = module.archive_bucket[0].prefix_policy_statements.tips.read
    write_tips      = module.archive_bucket[0].prefix_policy_statements.tips.write
    decrypt_archive = local.key_through.s3.decrypt
    encrypt_archive = local.key_through.s3.encrypt
  }
}

module "archive_consumer" {
  count  = var.archive.enabled ? 1 : 0
  source = "../../modules/stream-consumer"

  function = {
    name      = module.archive[0].function_name
    alias_arn = module.archive[0].alias_arn
    role_name = module.archive[0].role_name
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

  batch_size              = 10000
  batching_window_seconds = var.archive.window_seconds
  fan_out                 = var.archive.fan_out
  failure_destination     = { bucket_arn = module.quarantine.arn }
  alarm_actions           = local.alarm_actions
  runbooks_url            = var.runbooks_url
}

locals {
  archive_functions = { for function in module.archive[*].function_name : "archive" => function }
  archive_alarm_arns = merge(
    { for arns in module.archive[*].alarm_arns : "archive" => arns },
    { for arns in module.archive_consumer[*].alarm_arns : "archive_consumer" => arns },
  )
}
