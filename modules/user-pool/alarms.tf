locals {
  # The end of a description: where its runbook is.
  runbook = { for name in ["failed-sign-ins", "sign-in-throttles"] : name => var.runbooks_url == "" ? "" : " Runbook: ${var.runbooks_url}/${name}.md" }

  dimensions = { UserPool = aws_cognito_user_pool.this.id, UserPoolClient = aws_cognito_user_pool_client.this.id }
}

resource "aws_cloudwatch_metric_alarm" "sign_in_throttles" {
  count = var.alarms_enabled ? 1 : 0

  alarm_name          = "${var.name}-sign-in-throttles"
  alarm_description   = "Sign-ins to ${var.name} are refused because there are too many a second for the account's quota. Find who sends them; if they are people, ask AWS for a higher UserAuthentication quota.${local.runbook["sign-in-throttles"]}"
  namespace           = "AWS/Cognito"
  metric_name         = "SignInThrottles"
  dimensions          = local.dimensions
  statistic           = "Sum"
  period              = var.alarms.period_seconds
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.alarms.sign_in_throttles
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "failed_sign_ins" {
  count = var.alarms_enabled ? 1 : 0

  alarm_name          = "${var.name}-failed-sign-ins"
  alarm_description   = "More than ${var.alarms.failed_sign_ins} sign-ins to ${var.name} failed in ${var.alarms.period_seconds} s: somebody may be trying passwords. Cognito locks a user out after a few; see CloudTrail for where they come from.${local.runbook["failed-sign-ins"]}"
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.alarms.failed_sign_ins
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
  tags                = var.tags

  metric_query {
    id          = "failed"
    expression  = "attempts - successes"
    label       = "Failed sign-ins"
    return_data = true
  }

  # Each attempt is one sample: 1 where it succeeds, 0 where it fails.
  dynamic "metric_query" {
    for_each = { attempts = "SampleCount", successes = "Sum" }

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/Cognito"
        metric_name = "SignInSuccesses"
        dimensions  = local.dimensions
        period      = var.alarms.period_seconds
        stat        = metric_query.value
      }
    }
  }
}
