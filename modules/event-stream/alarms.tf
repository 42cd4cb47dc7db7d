locals {
  # The end of a description: where its runbook is.
  runbook = { for name in ["stream-write-throttles"] : name => var.runbooks_url == "" ? "" : " Runbook: ${var.runbooks_url}/${name}.md" }
}

resource "aws_cloudwatch_metric_alarm" "write_throttles" {
  count = var.alarms_enabled ? 1 : 0

  alarm_name          = "${var.name}-stream-throttles"
  alarm_description   = "Writes to the stream ${var.name} are refused: its shards take 1,000 records or 1 MiB a second each. Add shards, or spread the partition keys if one of them is hot.${local.runbook["stream-write-throttles"]}"
  namespace           = "AWS/Kinesis"
  metric_name         = "WriteProvisionedThroughputExceeded"
  dimensions          = { StreamName = aws_kinesis_stream.this.name }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = var.alarms.evaluation_minutes
  datapoints_to_alarm = var.alarms.breaching_minutes
  threshold           = var.alarms.write_throttles
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
  tags                = var.tags
}
