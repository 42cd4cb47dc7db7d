locals {
  metrics_namespace = replace(title(replace(local.project, "-", " ")), " ", "")
  alarm_actions     = concat([aws_sns_topic.alarms.arn], var.alarm_topic_arns)
}

resource "aws_sns_topic" "alarms" {
  name              = "${local.name_prefix}-alarms"
  kms_master_key_id = module.key.arn
}

moved {
  from = aws_sns_topic.alarms[0]
  to   = aws_sns_topic.alarms
}

data "aws_iam_policy_document" "alarms" {
  dynamic "statement" {
    for_each = { Alarms = "cloudwatch", Budgets = "budgets" }

    content {
      sid       = "${statement.key}Publish"
      actions   = ["sns:Publish"]
      resources = [aws_sns_topic.alarms.arn]

      principals {
        type        = "Service"
        identifiers = ["${statement.value}.amazonaws.com"]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [data.aws_caller_identity.current.account_id]
      }
    }
  }
}

resource "aws_sns_topic_policy" "alarms" {
  arn    = aws_sns_topic.alarms.arn
  policy = data.aws_iam_policy_document.alarms.json
}

moved {
  from = aws_sns_topic_policy.alarms[0]
  to   = aws_sns_topic_policy.alarms
}

resource "aws_sns_topic_subscription" "alarms" {
  for_each = toset(var.alarm_emails)

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.value
}
