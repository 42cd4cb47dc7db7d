module "stream" {
  source = "../../modules/event-stream"

  name               = "${local.name_prefix}-events"
  shard_count        = var.stream.shard_count
  retention_hours    = var.stream.retention_hours
  kms_key_arn        = module.key.arn
  writer_account_ids = var.stream.writer_account_ids
  alarm_actions      = local.alarm_actions
  runbooks_url       = var.runbooks_url

  permissions_boundary_arn = local.permissions_boundary_arn
}
