data "aws_region" "current" {}

locals {
  widget_region = data.aws_region.current.id

  dashboard_widgets = [
    {
      type = "metric"
      properties = {
        title  = "${var.name}: capacity used"
        view   = "timeSeries"
        region = local.widget_region
        period = 60
        yAxis  = { left = { min = 0, label = "units a minute", showUnits = false } }
        metrics = concat(
          [
            ["AWS/DynamoDB", "ConsumedWriteCapacityUnits", "TableName", var.name, { stat = "Sum", label = "write units" }],
            ["AWS/DynamoDB", "ConsumedReadCapacityUnits", "TableName", var.name, { stat = "Sum", label = "read units" }],
          ],
          flatten([
            for index in keys(var.indexes) : [
              for metric, label in { ConsumedWriteCapacityUnits = "write units", ConsumedReadCapacityUnits = "read units" } :
              { line = ["AWS/DynamoDB", metric, "TableName", var.name, "GlobalSecondaryIndexName", index, { stat = "Sum", label = "${label} of ${index}" }] }
            ]
          ])[*].line,
        )
      }
    },
    {
      type = "metric"
      properties = {
        title  = "${var.name}: throttles"
        view   = "timeSeries"
        region = local.widget_region
        period = 60
        yAxis  = { left = { min = 0, label = "a minute", showUnits = false } }
        metrics = concat(
          [
            ["AWS/DynamoDB", "WriteThrottleEvents", "TableName", var.name, { stat = "Sum", label = "writes" }],
            ["AWS/DynamoDB", "ReadThrottleEvents", "TableName", var.name, { stat = "Sum", label = "reads" }],
          ],
          flatten([
            for index in keys(var.indexes) : [
              for metric, label in { WriteThrottleEvents = "writes", ReadThrottleEvents = "reads" } :
              { line = ["AWS/DynamoDB", metric, "TableName", var.name, "GlobalSecondaryIndexName", index, { stat = "Sum", label = "${label} of ${index}" }] }
            ]
          ])[*].line,
        )
      }
    },
  ]
}
