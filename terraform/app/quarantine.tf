# What could not be applied: single records under records/, whole batches that were given up under aws/lambda/.
module "quarantine" {
  source = "../../modules/bucket"

  # A bucket's name is taken in all of AWS: the account's number makes it ours.
  name           = "${local.name_prefix}-quarantine-${data.aws_caller_identity.current.account_id}"
  kms_key_arn    = module.key.arn
  prefixes       = { records = "records/" }
  lifecycle_days = { expire = var.quarantine.retention_days }
  force_destroy  = var.quarantine.force_destroy
}

resource "aws_cloudwatch_metric_alarm" "records_quarantined" {
  alarm_name          = "${local.name_prefix}-records-quarantined"
  alarm_description   = "winner_view could not apply a record and put it in ${module.quarantine.id} under records/. Read the reason in the newest object there; the batch it came in went on. Runbook: ${var.runbooks_url}/records-quarantined.md"
  namespace           = local.metrics_namespace
  metric_name         = "RecordsQuarantined"
  dimensions          = { service = "winner_view", Environment = var.environment, Generation = local.live }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
}
