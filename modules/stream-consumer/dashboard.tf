data "aws_region" "current" {}

locals {
  widget_region = data.aws_region.current.id

  dashboard_widgets = [
    {
      type = "metric"
      properties = {
        title       = "${var.function.name}: behind the stream"
        view        = "timeSeries"
        region      = local.widget_region
        period      = 60
        yAxis       = { left = { min = 0, label = "ms", showUnits = false } }
        annotations = { horizontal = [{ label = "alarm", value = var.alarms.iterator_age_seconds * 1000 }] }
        metrics = [
          ["AWS/Lambda", "IteratorAge", "FunctionName", var.function.name, { stat = "Maximum", label = "oldest record" }],
        ]
      }
    },
    {
      type = "metric"
      properties = {
        title  = "${var.function.name}: given up and dropped"
        view   = "timeSeries"
        region = local.widget_region
        period = 60
        yAxis  = { left = { min = 0, label = "records a minute", showUnits = false } }
        metrics = [
          ["AWS/Lambda", "OnFailureDestinationDeliveredEventCount", "EventSourceMappingUUID", aws_lambda_event_source_mapping.this.uuid, { stat = "Sum", label = "given up" }],
          ["AWS/Lambda", "DroppedEventCount", "EventSourceMappingUUID", aws_lambda_event_source_mapping.this.uuid, { stat = "Sum", label = "dropped" }],
        ]
      }
    },
  ]
}
