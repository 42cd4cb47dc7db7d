# What the environment may cost a month. It counts what carries the environment's tag `Stack`, once the account's owner
# has made that a cost allocation tag, and it tells; it stops nothing. One tag holds project and environment, since a
# filter counts what has any of its values.
resource "aws_budgets_budget" "month" {
  name         = local.name_prefix
  budget_type  = "COST"
  time_unit    = "MONTHLY"
  limit_amount = var.budget.monthly_usd
  limit_unit   = "USD"

  cost_filter {
    name   = "TagKeyValue"
    values = [format("user:Stack$%s", local.name_prefix)]
  }

  dynamic "notification" {
    for_each = { FORECASTED = 80, ACTUAL = 100 }

    content {
      notification_type         = notification.key
      comparison_operator       = "GREATER_THAN"
      threshold                 = notification.value
      threshold_type            = "PERCENTAGE"
      subscriber_sns_topic_arns = [aws_sns_topic.alarms.arn]
    }
  }

  # AWS refuses a topic that it may not publish to.
  depends_on = [aws_sns_topic_policy.alarms]
}
