locals {
  # The end of a description: where its runbook is.
  runbook = { for name in ["consumer-dropped", "consumer-given-up", "consumer-iterator-age"] : name => var.runbooks_url == "" ? "" : " Runbook: ${var.runbooks_url}/${name}.md" }
}

# A function may read several streams; streams of two accounts, or a stream and a table, may have one name.
locals {
  stream_account   = split(":", var.stream.arn)[4]
  function_account = split(":", var.function.alias_arn)[4]
  source_name      = local.is_table ? "table=${var.stream.name}" : var.stream.name
  source           = local.stream_account == local.function_account ? local.source_name : "${local.source_name}@${local.stream_account}"
}

resource "aws_cloudwatch_metric_alarm" "iterator_age" {
  count = var.alarms_enabled ? 1 : 0

  alarm_name          = "${var.function.name}-iterator-age@${local.source}"
  alarm_description   = "${var.function.name} is more than ${var.alarms.iterator_age_seconds} s behind the stream ${var.stream.name}. Read its errors and throttles first; if it only has too much to do, ${local.is_table ? "give it more memory or larger batches" : "add shards"}. Records are given up when they are ${local.maximum_record_age_seconds} s old.${local.runbook["consumer-iterator-age"]}"
  namespace           = "AWS/Lambda"
  metric_name         = "IteratorAge"
  dimensions          = { FunctionName = var.function.name }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = var.alarms.evaluation_periods
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.alarms.iterator_age_seconds * 1000
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
  tags                = var.tags
}

locals {
  given_up_where = var.failure_destination.bucket_arn != null ? "they are in the failure destination, whole batches that may be half applied." : "the failure destination says where they were on the stream, which soon forgets them."

  given_up = {
    given-up = {
      metric_name = "OnFailureDestinationDeliveredEventCount"
      description = "${var.function.name} gave up records of the stream ${var.stream.name} that were about to expire; ${local.given_up_where} Do not put them back: rebuild the view."
    }
    dropped = {
      metric_name = "DroppedEventCount"
      description = "Records of the stream ${var.stream.name} were lost to ${var.function.name}: they failed until they expired, and the failure destination did not take them. Look at its policy and key, then rebuild the view while the stream has the rest."
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "given_up" {
  for_each = { for name, alarm in local.given_up : name => alarm if var.alarms_enabled }

  alarm_name          = "${var.function.name}-${each.key}@${local.source}"
  alarm_description   = "${each.value.description}${local.runbook["consumer-${each.key}"]}"
  namespace           = "AWS/Lambda"
  metric_name         = each.value.metric_name
  dimensions          = { EventSourceMappingUUID = aws_lambda_event_source_mapping.this.uuid }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
  tags                = var.tags
}
