locals {
  # The end of a description: where its runbook is.
  runbook = { for name in ["table-system-errors", "table-throttles"] : name => var.runbooks_url == "" ? "" : " Runbook: ${var.runbooks_url}/${name}.md" }

  # An alarm's name takes 255 characters; + can be in no table's name, so what is cut is told apart by its hash.
  alarm_stem = length(var.name) <= 235 ? var.name : "${substr(var.name, 0, 226)}+${substr(sha1(var.name), 0, 8)}"

  throttled = concat(
    [{ key = "", what = "the table ${var.name}", partition = "partition", dimensions = {} }],
    [
      for name in keys(var.indexes) : {
        key        = "${name}."
        what       = "the index ${name} of the table ${var.name}"
        partition  = "of the index's partitions"
        dimensions = { GlobalSecondaryIndexName = name }
      }
    ],
  )
  throttles = merge([
    for each in local.throttled : {
      "${each.key}read_throttles" = {
        verb        = "read"
        metric      = "ReadThrottleEvents"
        dimensions  = each.dimensions
        description = "Reads of ${each.what} are throttled: one ${each.partition} takes more than its share, or traffic grew faster than on-demand capacity follows."
        threshold   = var.alarms.read_throttles
      }
      "${each.key}write_throttles" = {
        verb        = "write"
        metric      = "WriteThrottleEvents"
        dimensions  = each.dimensions
        description = "Writes to ${each.what} are throttled: one ${each.partition} takes more than its share, or traffic grew faster than on-demand capacity follows."
        threshold   = var.alarms.write_throttles
      }
    }
  ]...)

  # An index's alarms end with @ and its name, which may be as long as a table's. No table's name has an @.
  throttle_alarms = { for key, each in local.throttles : key => join("@", concat(["${local.alarm_stem}-${each.verb}-throttles"], values(each.dimensions))) }
}

resource "aws_cloudwatch_metric_alarm" "throttles" {
  for_each = { for key, throttle in local.throttles : key => throttle if var.alarms_enabled }

  alarm_name          = length(local.throttle_alarms[each.key]) <= 255 ? local.throttle_alarms[each.key] : "${substr(local.throttle_alarms[each.key], 0, 246)}+${substr(sha1(local.throttle_alarms[each.key]), 0, 8)}"
  alarm_description   = "${each.value.description}${local.runbook["table-throttles"]}"
  namespace           = "AWS/DynamoDB"
  metric_name         = each.value.metric
  dimensions          = merge({ TableName = aws_dynamodb_table.this.name }, each.value.dimensions)
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = var.alarms.evaluation_minutes
  datapoints_to_alarm = var.alarms.breaching_minutes
  threshold           = each.value.threshold
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "system_errors" {
  count = var.alarms_enabled ? 1 : 0

  alarm_name          = "${local.alarm_stem}-system-errors"
  alarm_description   = "DynamoDB answers calls to the table ${var.name} with internal errors. Callers retry; if it lasts, see the AWS Health Dashboard.${local.runbook["table-system-errors"]}"
  evaluation_periods  = var.alarms.evaluation_minutes
  datapoints_to_alarm = var.alarms.breaching_minutes
  threshold           = var.alarms.system_errors
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
  tags                = var.tags

  metric_query {
    id          = "total"
    expression  = "SUM(METRICS())"
    label       = "System errors"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = var.alarms.operations

    content {
      id = lower(metric_query.value)

      metric {
        namespace   = "AWS/DynamoDB"
        metric_name = "SystemErrors"
        dimensions  = { TableName = aws_dynamodb_table.this.name, Operation = metric_query.value }
        period      = 60
        stat        = "Sum"
      }
    }
  }
}
