data "aws_region" "current" {}

locals {
  widget_region = data.aws_region.current.id

  dashboard_widgets = [
    {
      type = "metric"
      properties = {
        title  = "${var.name}: records and bytes in"
        view   = "timeSeries"
        region = local.widget_region
        period = 60
        yAxis  = { left = { min = 0, label = "records a minute", showUnits = false }, right = { min = 0, label = "bytes a minute", showUnits = false } }
        metrics = [
          ["AWS/Kinesis", "IncomingRecords", "StreamName", var.name, { stat = "Sum", label = "records" }],
          ["AWS/Kinesis", "IncomingBytes", "StreamName", var.name, { stat = "Sum", label = "bytes", yAxis = "right" }],
        ]
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
        metrics = [
          ["AWS/Kinesis", "WriteProvisionedThroughputExceeded", "StreamName", var.name, { stat = "Sum", label = "writes" }],
          ["AWS/Kinesis", "ReadProvisionedThroughputExceeded", "StreamName", var.name, { stat = "Sum", label = "reads" }],
        ]
      }
    },
  ]
}
