data "aws_region" "current" {}

locals {
  widget_region = data.aws_region.current.id

  dashboard_widgets = [
    {
      type = "metric"
      properties = {
        title  = "${var.name}: invocations, errors, throttles"
        view   = "timeSeries"
        region = local.widget_region
        period = 60
        yAxis  = { left = { min = 0, label = "a minute", showUnits = false } }
        metrics = [
          ["AWS/Lambda", "Invocations", "FunctionName", var.name, { stat = "Sum" }],
          ["AWS/Lambda", "Errors", "FunctionName", var.name, { stat = "Sum", color = "#d62728" }],
          ["AWS/Lambda", "Throttles", "FunctionName", var.name, { stat = "Sum", color = "#ff7f0e" }],
        ]
      }
    },
    {
      type = "metric"
      properties = {
        title       = "${var.name}: duration"
        view        = "timeSeries"
        region      = local.widget_region
        period      = 60
        yAxis       = { left = { min = 0, label = "ms", showUnits = false } }
        annotations = { horizontal = [{ label = "alarm", value = local.alarms.duration.threshold }] }
        metrics = [
          ["AWS/Lambda", "Duration", "FunctionName", var.name, { stat = "p50", label = "P50" }],
          ["AWS/Lambda", "Duration", "FunctionName", var.name, { stat = "p99", label = "P99" }],
        ]
      }
    },
  ]
}
