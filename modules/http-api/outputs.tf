output "alarm_arns" {
  description = "ARNs of the alarms: `server_errors`, `latency`. Empty without `alarms_enabled`."
  value       = { for name, alarm in aws_cloudwatch_metric_alarm.this : replace(name, "-", "_") => alarm.arn }
}

output "api_endpoint" {
  description = "Address of the API, without a slash at its end: its domain's, unless that keeps the default endpoint. Usable when the routes may call their functions."
  value       = local.own_domain ? "https://${aws_apigatewayv2_domain_name.this[0].domain_name}" : aws_apigatewayv2_api.this.api_endpoint
  depends_on = [
    aws_apigatewayv2_api_mapping.this, aws_apigatewayv2_stage.this, aws_apigatewayv2_route.this,
    aws_lambda_permission.authorizer, aws_lambda_permission.function,
  ]
}

output "api_id" {
  description = "Id of the API: in its metrics and its ARNs."
  value       = aws_apigatewayv2_api.this.id
}

output "dashboard_widgets" {
  description = "Widgets for a CloudWatch dashboard, each `type` and `properties`, without their places: the caller lays them out."
  value       = local.dashboard_widgets
}

output "domain_target" {
  description = "Where the domain's DNS record is to point: the `name` of an alias or CNAME record, and the `hosted_zone_id` that Route 53 asks for an alias. Null without a domain."
  value = one([
    for domain in aws_apigatewayv2_domain_name.this : {
      name           = domain.domain_name_configuration[0].target_domain_name
      hosted_zone_id = domain.domain_name_configuration[0].hosted_zone_id
    }
  ])
}

output "execution_arn" {
  description = "Beginning of the ARNs by which the API calls what is behind it."
  value       = aws_apigatewayv2_api.this.execution_arn
}

output "log_group_name" {
  description = "Name of the access log's group."
  value       = aws_cloudwatch_log_group.requests[var.log.class].name
}

output "policy_statements" {
  description = "What an identity needs to call a route whose authorizer is `AWS_IAM`, by route key."
  value = {
    for key, route in var.routes : key => {
      actions    = ["execute-api:Invoke"]
      resources  = ["${aws_apigatewayv2_api.this.execution_arn}/$default/${local.invoked_paths[key]}"]
      conditions = []
    } if route.authorizer == "AWS_IAM"
  }
}
