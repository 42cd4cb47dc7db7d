output "alarm_arns" {
  description = "ARNs of the alarms: `server_errors`, `latency`."
  value       = { for name, alarm in aws_cloudwatch_metric_alarm.this : replace(name, "-", "_") => alarm.arn }
}

output "api_endpoint" {
  description = "Address of the API, without a slash at its end. Usable when the routes may call their functions."
  value       = aws_apigatewayv2_api.this.api_endpoint
  depends_on  = [aws_apigatewayv2_stage.this, aws_apigatewayv2_route.this, aws_lambda_permission.function]
}

output "api_id" {
  description = "Id of the API: in its metrics and its ARNs."
  value       = aws_apigatewayv2_api.this.id
}

output "dashboard_widgets" {
  description = "Widgets for a CloudWatch dashboard, each `type` and `properties`, without their places: the caller lays them out."
  value       = local.dashboard_widgets
}

output "execution_arn" {
  description = "Beginning of the ARNs by which the API calls what is behind it."
  value       = aws_apigatewayv2_api.this.execution_arn
}

output "log_group_name" {
  description = "Name of the access log's group."
  value       = aws_cloudwatch_log_group.requests[var.log.class].name
}
