locals {
  # The end of a description: where its runbook is.
  runbook = { for name in ["api-latency", "api-server-errors"] : name => var.runbooks_url == "" ? "" : " Runbook: ${var.runbooks_url}/${name}.md" }

  alarms = {
    server-errors = {
      metric_name        = "5xx"
      statistic          = "Sum"
      extended_statistic = null
      threshold          = var.alarms.server_errors
      description        = "The API ${var.name} answered 5xx more than ${var.alarms.server_errors} times in ${var.alarms.period_seconds} s. Find the route and integrationErrorMessage in its access log, then read that function's log."
    }
    latency = {
      metric_name        = "Latency"
      statistic          = null
      extended_statistic = "p99"
      threshold          = var.alarms.latency_ms
      description        = "The API ${var.name} takes more than ${var.alarms.latency_ms} ms (P99). Compare integrationLatency with responseLatency in its access log: the function, its cold starts or its database."
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = { for name, alarm in local.alarms : name => alarm if var.alarms_enabled }

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "${each.value.description}${local.runbook["api-${each.key}"]}"
  namespace           = "AWS/ApiGateway"
  metric_name         = each.value.metric_name
  dimensions          = { ApiId = aws_apigatewayv2_api.this.id }
  statistic           = each.value.statistic
  extended_statistic  = each.value.extended_statistic
  period              = var.alarms.period_seconds
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
  tags                = var.tags
}
