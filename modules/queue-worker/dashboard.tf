data "aws_region" "current" {}

locals {
  widget_region = data.aws_region.current.id

  dashboard_widgets = [
    {
      type = "metric"
      properties = {
        title       = "${var.name}: age of the oldest message"
        view        = "timeSeries"
        region      = local.widget_region
        period      = 60
        yAxis       = { left = { min = 0, label = "s", showUnits = false } }
        annotations = { horizontal = [{ label = "alarm", value = var.alarms.age_seconds }] }
        metrics = [
          ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", var.name, { stat = "Maximum", label = "oldest message" }],
        ]
      }
    },
    {
      type = "metric"
      properties = {
        title  = "${var.name}: messages"
        view   = "timeSeries"
        region = local.widget_region
        period = 60
        yAxis  = { left = { min = 0, label = "messages", showUnits = false } }
        metrics = [
          ["AWS/SQS", "NumberOfMessagesSent", "QueueName", var.name, { stat = "Sum", label = "sent" }],
          ["AWS/SQS", "NumberOfMessagesDeleted", "QueueName", var.name, { stat = "Sum", label = "done" }],
          ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "${var.name}-dead-letters", { stat = "Maximum", label = "dead letters" }],
        ]
      }
    },
  ]
}
