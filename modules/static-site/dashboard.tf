data "aws_partition" "current" {}

locals {
  # Where CloudFront keeps its metrics, whatever the region.
  widget_region = data.aws_partition.current.partition == "aws-cn" ? "cn-northwest-1" : "us-east-1"

  dashboard_widgets = [
    {
      type = "metric"
      properties = {
        title  = "${var.name}: requests"
        view   = "timeSeries"
        region = local.widget_region
        period = 60
        yAxis  = { left = { min = 0, label = "a minute", showUnits = false } }
        metrics = [
          ["AWS/CloudFront", "Requests", "DistributionId", aws_cloudfront_distribution.this.id, "Region", "Global", { stat = "Sum" }],
        ]
      }
    },
    {
      type = "metric"
      properties = {
        title  = "${var.name}: answers that failed"
        view   = "timeSeries"
        region = local.widget_region
        period = 60
        yAxis  = { left = { min = 0, label = "% of requests", showUnits = false } }
        metrics = [
          ["AWS/CloudFront", "4xxErrorRate", "DistributionId", aws_cloudfront_distribution.this.id, "Region", "Global", { stat = "Average", label = "4xx" }],
          ["AWS/CloudFront", "5xxErrorRate", "DistributionId", aws_cloudfront_distribution.this.id, "Region", "Global", { stat = "Average", label = "5xx" }],
        ]
      }
    },
  ]
}
