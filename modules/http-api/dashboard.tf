data "aws_region" "current" {}

locals {
  widget_region = data.aws_region.current.id

  dashboard_widgets = [
    {
      type = "metric"
      properties = {
        title  = "${var.name}: requests and what failed"
        view   = "timeSeries"
        region = local.widget_region
        period = 60
        yAxis  = { left = { min = 0, label = "a minute", showUnits = false } }
        metrics = [
          ["AWS/ApiGateway", "Count", "ApiId", aws_apigatewayv2_api.this.id, { stat = "Sum", label = "requests" }],
          ["AWS/ApiGateway", "4xx", "ApiId", aws_apigatewayv2_api.this.id, { stat = "Sum", color = "#ff7f0e" }],
          ["AWS/ApiGateway", "5xx", "ApiId", aws_apigatewayv2_api.this.id, { stat = "Sum", color = "#d62728" }],
        ]
      }
    },
    {
      type = "metric"
      properties = {
        title       = "${var.name}: latency"
        view        = "timeSeries"
        region      = local.widget_region
        period      = 60
        yAxis       = { left = { min = 0, label = "ms", showUnits = false } }
        annotations = { horizontal = [{ label = "alarm", value = var.alarms.latency_ms }] }
        metrics = [
          ["AWS/ApiGateway", "Latency", "ApiId", aws_apigatewayv2_api.this.id, { stat = "p50", label = "P50" }],
          ["AWS/ApiGateway", "Latency", "ApiId", aws_apigatewayv2_api.this.id, { stat = "p95", label = "P95" }],
          ["AWS/ApiGateway", "Latency", "ApiId", aws_apigatewayv2_api.this.id, { stat = "p99", label = "P99" }],
        ]
      }
    },
  ]
}
