locals {
  dashboard_widgets = [
    {
      type = "metric"
      properties = {
        title  = "${var.name}: executions"
        view   = "timeSeries"
        region = data.aws_region.current.id
        period = 60
        yAxis  = { left = { min = 0, label = "a minute", showUnits = false } }
        metrics = [
          ["AWS/States", "ExecutionsStarted", "StateMachineArn", local.arn, { stat = "Sum", label = "started" }],
          ["AWS/States", "ExecutionsSucceeded", "StateMachineArn", local.arn, { stat = "Sum", label = "succeeded" }],
          ["AWS/States", "ExecutionsFailed", "StateMachineArn", local.arn, { stat = "Sum", label = "failed", color = "#d62728" }],
          ["AWS/States", "ExecutionsTimedOut", "StateMachineArn", local.arn, { stat = "Sum", label = "timed out", color = "#ff7f0e" }],
          ["AWS/States", "ExecutionsAborted", "StateMachineArn", local.arn, { stat = "Sum", label = "aborted" }],
        ]
      }
    },
    {
      type = "metric"
      properties = {
        title  = "${var.name}: time of an execution"
        view   = "timeSeries"
        region = data.aws_region.current.id
        period = 60
        yAxis  = { left = { min = 0, label = "ms", showUnits = false } }
        metrics = [
          ["AWS/States", "ExecutionTime", "StateMachineArn", local.arn, { stat = "p50", label = "P50" }],
          ["AWS/States", "ExecutionTime", "StateMachineArn", local.arn, { stat = "p99", label = "P99" }],
        ]
      }
    },
  ]
}
