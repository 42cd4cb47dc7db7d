locals {
  route_methods = distinct([for key in keys(var.routes) : split(" ", key)[0] if key != "$default"])
  every_method  = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"] # where credentials are sent, * means nothing to a browser
  methods       = contains(local.route_methods, "ANY") || contains(keys(var.routes), "$default") ? local.every_method : local.route_methods

  # Nothing about who asked, and the route instead of the path, which can name things. Every request is one such line:
  # no field is here that no runbook asks for, but for requestId, which AWS demands. The time is the log event's own.
  access_log_format = {
    requestId               = "$context.requestId"
    functionRequestId       = "$context.integration.requestId"
    routeKey                = "$context.routeKey"
    status                  = "$context.status"
    responseLatency         = "$context.responseLatency"
    integrationLatency      = "$context.integrationLatency"
    integrationStatus       = "$context.integrationStatus"
    integrationErrorMessage = "$context.integrationErrorMessage"
    errorMessage            = "$context.error.message"
  }
}

resource "aws_apigatewayv2_api" "this" {
  name                         = var.name
  description                  = var.description
  protocol_type                = "HTTP"
  disable_execute_api_endpoint = local.own_domain
  tags                         = var.tags

  dynamic "cors_configuration" {
    for_each = length(var.cors.allow_origins) > 0 ? [var.cors] : []

    content {
      allow_origins     = cors_configuration.value.allow_origins
      allow_methods     = coalesce(cors_configuration.value.allow_methods, local.methods)
      allow_headers     = cors_configuration.value.allow_headers
      expose_headers    = cors_configuration.value.expose_headers
      allow_credentials = cors_configuration.value.allow_credentials
      max_age           = cors_configuration.value.max_age_seconds
    }
  }
}

resource "aws_apigatewayv2_integration" "this" {
  for_each = var.functions

  api_id                 = aws_apigatewayv2_api.this.id
  integration_type       = "AWS_PROXY"
  integration_method     = "POST"
  integration_uri        = each.value.alias_invoke_arn
  payload_format_version = "2.0"

  # What a route gives up goes after the route is changed: API Gateway deletes nothing that a route still names.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_apigatewayv2_route" "this" {
  #checkov:skip=CKV_AWS_309:A route is public where its caller names no authorizer for it.
  for_each = var.routes

  api_id    = aws_apigatewayv2_api.this.id
  route_key = each.key
  target    = "integrations/${aws_apigatewayv2_integration.this[each.value.function].id}"

  authorization_type   = local.authorization_types[each.key]
  authorizer_id        = try(local.authorizer_ids[each.value.authorizer], null)
  authorization_scopes = each.value.scopes

  # A route goes after its settings have left the stage, which takes no change while it has settings of no route.
  lifecycle {
    create_before_destroy = true
  }
}

# One for each function, not for each route: a function's policy takes 20,480 bytes, some sixty statements, and which route
# leads to a function is decided here, in this API.
resource "aws_lambda_permission" "function" {
  for_each = var.functions

  # By the API's id, since two APIs may have one name.
  statement_id  = "${aws_apigatewayv2_api.this.id}-${substr(sha1(each.key), 0, 8)}"
  action        = "lambda:InvokeFunction"
  function_name = each.value.function_name
  qualifier     = each.value.alias_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/*"
}

# A log group's class cannot be changed, so each class has a group of its own. That class is not compared: where it is not
# reported (as by some emulators), a plan would replace the group, and lose its lines.
resource "aws_cloudwatch_log_group" "requests" {
  #checkov:skip=CKV_AWS_338:How long logs are kept is the caller's decision; the default is a year.
  for_each = toset([var.log.class])

  name              = "/aws/vendedlogs/apigateway/${var.name}-requests${each.key == "STANDARD" ? "-standard" : ""}"
  log_group_class   = each.key
  retention_in_days = var.log.retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags

  lifecycle {
    create_before_destroy = true
    ignore_changes        = [log_group_class]
  }
}

resource "aws_apigatewayv2_stage" "this" {
  api_id      = aws_apigatewayv2_api.this.id
  name        = "$default"
  auto_deploy = true
  tags        = var.tags

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.requests[var.log.class].arn
    format          = jsonencode(local.access_log_format)
  }

  default_route_settings {
    throttling_burst_limit = var.throttle.burst
    throttling_rate_limit  = var.throttle.rate_per_second
  }

  dynamic "route_settings" {
    for_each = { for key, route in var.routes : key => route.throttle if route.throttle != null }

    content {
      route_key              = aws_apigatewayv2_route.this[route_settings.key].route_key
      throttling_burst_limit = route_settings.value.burst
      throttling_rate_limit  = route_settings.value.rate_per_second
    }
  }
}
