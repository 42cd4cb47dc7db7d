mock_provider "aws" {
  source = "../testing/mocks"
}

variables {
  name        = "example-shop"
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
  functions = {
    orders = {
      function_name    = "example-orders"
      alias_name       = "live"
      alias_invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111122223333:function:example-orders:live/invocations"
    }
  }
  routes = { "GET /orders" = { function = "orders" } }
}

run "answers_its_routes_through_the_alias" {
  variables {
    routes = {
      "GET /orders"      = { function = "orders" }
      "GET /orders/{id}" = { function = "orders" }
      "ANY /admin"       = { function = "orders" }
      "$default"         = { function = "orders" }
    }
  }

  assert {
    condition     = toset([for route in aws_apigatewayv2_route.this : route.route_key]) == toset(["GET /orders", "GET /orders/{id}", "ANY /admin", "$default"])
    error_message = "The routes are ${join(", ", [for route in aws_apigatewayv2_route.this : route.route_key])}."
  }

  assert {
    condition     = length(aws_apigatewayv2_integration.this) == 1
    error_message = "There is not one integration for each function."
  }

  assert {
    condition = (
      aws_apigatewayv2_integration.this["orders"].payload_format_version == "2.0"
      && aws_apigatewayv2_integration.this["orders"].integration_uri == var.functions.orders.alias_invoke_arn
    )
    error_message = "The integration does not hand payload 2.0 to the alias."
  }

  assert {
    condition     = { for key, permission in aws_lambda_permission.function : key => permission.source_arn } == { orders = "${aws_apigatewayv2_api.this.execution_arn}/*" }
    error_message = "The permissions are ${jsonencode([for permission in aws_lambda_permission.function : permission.source_arn])}, not one for the function, of this API."
  }

  assert {
    condition     = alltrue([for permission in aws_lambda_permission.function : permission.qualifier == "live" && permission.function_name == "example-orders"])
    error_message = "A permission is not on the alias."
  }
}

run "deploys_by_itself_and_throttles_every_route" {
  variables {
    routes = {
      "GET /orders"  = { function = "orders" }
      "POST /orders" = { function = "orders", throttle = { burst = 5, rate_per_second = 2 } }
    }
    throttle = { burst = 20, rate_per_second = 10 }
  }

  assert {
    condition     = aws_apigatewayv2_stage.this.name == "$default" && aws_apigatewayv2_stage.this.auto_deploy
    error_message = "The stage is not the default one, deployed by itself."
  }

  assert {
    condition = (
      aws_apigatewayv2_stage.this.default_route_settings[0].throttling_burst_limit == 20
      && aws_apigatewayv2_stage.this.default_route_settings[0].throttling_rate_limit == 10
    )
    error_message = "The default throttle is not passed on."
  }

  assert {
    condition = [for settings in aws_apigatewayv2_stage.this.route_settings : "${settings.route_key} ${settings.throttling_burst_limit} ${settings.throttling_rate_limit}"] == [
      "POST /orders 5 2",
    ]
    error_message = "A route's own throttle is not passed on, or others have one."
  }
}

run "leaves_routes_public_unless_they_name_an_authorizer" {
  variables {
    authorizers = {
      members = { issuer = "https://id.example.com/pool", audience = ["shop", "till"] }
    }
    routes = {
      "GET /orders"        = { function = "orders" }
      "POST /orders"       = { function = "orders", authorizer = "members" }
      "DELETE /orders/{n}" = { function = "orders", authorizer = "members", scopes = ["orders/delete"] }
    }
  }

  assert {
    condition = { for key, route in aws_apigatewayv2_route.this : key => route.authorization_type } == {
      "GET /orders"        = "NONE"
      "POST /orders"       = "JWT"
      "DELETE /orders/{n}" = "JWT"
    }
    error_message = "The routes are authorized by ${jsonencode({ for key, route in aws_apigatewayv2_route.this : key => route.authorization_type })}."
  }

  assert {
    condition = (
      aws_apigatewayv2_route.this["POST /orders"].authorizer_id == aws_apigatewayv2_authorizer.this["members"].id
      && length(coalesce(aws_apigatewayv2_route.this["POST /orders"].authorization_scopes, [])) == 0
      && aws_apigatewayv2_route.this["DELETE /orders/{n}"].authorization_scopes == toset(["orders/delete"])
    )
    error_message = "A route has another authorizer or other scopes than it names."
  }

  assert {
    condition = (
      aws_apigatewayv2_authorizer.this["members"].authorizer_type == "JWT"
      && aws_apigatewayv2_authorizer.this["members"].identity_sources == toset(["$request.header.Authorization"])
      && one(aws_apigatewayv2_authorizer.this["members"].jwt_configuration).issuer == "https://id.example.com/pool"
      && one(aws_apigatewayv2_authorizer.this["members"].jwt_configuration).audience == toset(["shop", "till"])
    )
    error_message = "The authorizer does not take the issuer's tokens for the audience from the header Authorization."
  }
}

run "logs_nothing_about_who_asked" {
  assert {
    condition = alltrue([
      for word in ["identity", "authorizer", "path", "header", "querystring", "body", "domainName"] :
      !strcontains(lower(aws_apigatewayv2_stage.this.access_log_settings[0].format), lower("$context.${word}"))
    ])
    error_message = "The access log's format is ${aws_apigatewayv2_stage.this.access_log_settings[0].format}."
  }

  assert {
    condition     = can(jsondecode(aws_apigatewayv2_stage.this.access_log_settings[0].format).routeKey)
    error_message = "The access log is not JSON with the route in it."
  }

  assert {
    condition     = aws_cloudwatch_log_group.requests[var.log.class].kms_key_id == var.kms_key_arn && aws_cloudwatch_log_group.requests[var.log.class].retention_in_days == 365
    error_message = "The access log is not encrypted and kept for a year."
  }
}

run "writes_its_access_log_at_half_the_price" {
  assert {
    condition = (
      aws_cloudwatch_log_group.requests[var.log.class].log_group_class == "INFREQUENT_ACCESS"
      && aws_cloudwatch_log_group.requests[var.log.class].name == "/aws/vendedlogs/apigateway/${var.name}-requests"
    )
    error_message = "The access log is ${aws_cloudwatch_log_group.requests[var.log.class].name}, of the class ${aws_cloudwatch_log_group.requests[var.log.class].log_group_class}."
  }
}

run "gives_another_class_another_name_since_a_class_cannot_be_changed" {
  variables {
    log = { class = "STANDARD" }
  }

  assert {
    condition = (
      aws_cloudwatch_log_group.requests[var.log.class].log_group_class == "STANDARD"
      && aws_cloudwatch_log_group.requests[var.log.class].name == "/aws/vendedlogs/apigateway/${var.name}-requests-standard"
    )
    error_message = "The access log is ${aws_cloudwatch_log_group.requests[var.log.class].name}, of the class ${aws_cloudwatch_log_group.requests[var.log.class].log_group_class}."
  }
}

run "sends_no_cors_headers_unless_asked" {
  command = plan

  assert {
    condition     = length(aws_apigatewayv2_api.this.cors_configuration) == 0
    error_message = "The API has a CORS configuration."
  }
}

run "opens_the_methods_of_its_routes_to_the_origins_named" {
  command = plan

  variables {
    routes = {
      "GET /orders"      = { function = "orders" }
      "GET /orders/{id}" = { function = "orders" }
      "POST /orders"     = { function = "orders" }
    }
    cors = { allow_origins = ["https://shop.example.com", "http://localhost:8080"], allow_credentials = true }
  }

  assert {
    condition = (
      aws_apigatewayv2_api.this.cors_configuration[0].allow_origins == toset(["https://shop.example.com", "http://localhost:8080"])
      && aws_apigatewayv2_api.this.cors_configuration[0].allow_methods == toset(["GET", "POST"])
    )
    error_message = "CORS is open to ${jsonencode(aws_apigatewayv2_api.this.cors_configuration[0].allow_methods)} from ${jsonencode(aws_apigatewayv2_api.this.cors_configuration[0].allow_origins)}."
  }
}

run "opens_every_method_where_a_route_takes_every_method" {
  command = plan

  variables {
    routes = {
      "GET /orders" = { function = "orders" }
      "$default"    = { function = "orders" }
    }
    cors = { allow_origins = ["https://*"] }
  }

  assert {
    condition     = aws_apigatewayv2_api.this.cors_configuration[0].allow_methods == toset(["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"])
    error_message = "CORS is open to ${jsonencode(aws_apigatewayv2_api.this.cors_configuration[0].allow_methods)}."
  }
}

run "lets_preflights_through_beside_guarded_routes" {
  command = plan

  variables {
    authorizers = { staff = { issuer = "https://id.example.com", audience = ["shop"] } }
    cors        = { allow_origins = ["https://shop.example.com"], allow_headers = ["Authorization"] }
    routes = {
      "$default"              = { function = "orders", authorizer = "staff" }
      "OPTIONS /"             = { function = "orders" }
      "OPTIONS /{proxy+}"     = { function = "orders" }
      "ANY /orders/{id}"      = { function = "orders", authorizer = "staff" }
      "OPTIONS /orders/{any}" = { function = "orders" }
      "POST /orders"          = { function = "orders", authorizer = "staff" }
    }
  }

  assert {
    condition     = length(aws_apigatewayv2_route.this) == 6
    error_message = "The routes are ${join(", ", keys(aws_apigatewayv2_route.this))}."
  }
}

run "takes_three_hundred_routes_to_one_function" {
  command = plan

  variables {
    routes = { for number in range(300) : "GET /orders/${number}" => { function = "orders" } }
  }

  assert {
    condition     = length(aws_apigatewayv2_route.this) == 300 && length(aws_lambda_permission.function) == 1
    error_message = "300 routes make ${length(aws_lambda_permission.function)} statements in the function's policy, which takes some sixty."
  }
}

run "makes_statement_ids_that_lambda_takes_and_no_other_api_has" {
  variables {
    name = join("", [for number in range(64) : "ab"])
  }

  assert {
    condition     = aws_lambda_permission.function["orders"].statement_id == "${aws_apigatewayv2_api.this.id}-${substr(sha1("orders"), 0, 8)}"
    error_message = "The statement is called ${aws_lambda_permission.function["orders"].statement_id}."
  }
}

run "opens_the_methods_named_where_any_is_a_route" {
  command = plan

  variables {
    routes = {
      "POST /orders" = { function = "orders" }
      "ANY /orders"  = { function = "orders" }
    }
    cors = { allow_origins = ["https://shop.example.com"], allow_methods = ["POST"] }
  }

  assert {
    condition     = aws_apigatewayv2_api.this.cors_configuration[0].allow_methods == toset(["POST"])
    error_message = "CORS is open to ${jsonencode(aws_apigatewayv2_api.this.cors_configuration[0].allow_methods)}."
  }
}

run "rings_on_server_errors_and_slow_answers" {
  variables {
    alarm_actions = ["arn:aws:sns:us-east-1:111122223333:alarms"]
    alarms        = { server_errors = 2, latency_ms = 500 }
  }

  assert {
    condition     = toset(keys(output.alarm_arns)) == toset(["server_errors", "latency"])
    error_message = "The alarms are ${join(", ", keys(output.alarm_arns))}."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.this["server-errors"].metric_name == "5xx"
      && aws_cloudwatch_metric_alarm.this["server-errors"].threshold == 2
      && aws_cloudwatch_metric_alarm.this["latency"].extended_statistic == "p99"
      && aws_cloudwatch_metric_alarm.this["latency"].threshold == 500
    )
    error_message = "The alarms do not hold server errors and latency against their thresholds."
  }

  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.this :
      alarm.treat_missing_data == "notBreaching"
      && alarm.alarm_actions == toset(["arn:aws:sns:us-east-1:111122223333:alarms"])
      && alarm.dimensions == tomap({ ApiId = aws_apigatewayv2_api.this.id })
    ])
    error_message = "An alarm rings without data, tells nobody, or watches another API."
  }
}

run "an_alarm_names_no_runbook_that_nobody_has" {
  command = plan

  assert {
    condition     = endswith(aws_cloudwatch_metric_alarm.this["server-errors"].alarm_description, ".")
    error_message = "The description goes on after its sentence."
  }
}

run "an_alarm_names_its_runbook" {
  command = plan

  variables {
    runbooks_url = "https://wiki.example.com/runbooks"
  }

  assert {
    condition     = endswith(aws_cloudwatch_metric_alarm.this["server-errors"].alarm_description, ". Runbook: https://wiki.example.com/runbooks/api-server-errors.md")
    error_message = "The description ends otherwise: ${aws_cloudwatch_metric_alarm.this["server-errors"].alarm_description}"
  }
}

run "draws_itself_for_a_dashboard" {
  command = plan

  assert {
    condition = (
      length(output.dashboard_widgets) == 2
      && alltrue([for widget in output.dashboard_widgets : widget.type == "metric" && widget.properties.region == "us-east-1" && length(widget.properties.metrics) > 0])
    )
    error_message = "The widgets are not 2, each with its metrics and their region."
  }
}

run "answers_at_its_own_domain_and_nowhere_else" {
  variables {
    domain = { name = "api.example.com", certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/1" }
  }

  assert {
    condition     = aws_apigatewayv2_api.this.disable_execute_api_endpoint && output.api_endpoint == "https://api.example.com"
    error_message = "The API answers at ${output.api_endpoint}, and its default endpoint is open."
  }

  assert {
    condition = (
      aws_apigatewayv2_domain_name.this[0].domain_name_configuration[0].security_policy == "TLS_1_2"
      && aws_apigatewayv2_api_mapping.this[0].api_id == aws_apigatewayv2_api.this.id
      && output.domain_target != null
    )
    error_message = "The domain does not lead to the API."
  }
}

run "keeps_its_default_endpoint_until_the_domain_points_here" {
  variables {
    domain = { name = "api.example.com", certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/1", keep_default_endpoint = true }
  }

  assert {
    condition     = !aws_apigatewayv2_api.this.disable_execute_api_endpoint && output.api_endpoint == aws_apigatewayv2_api.this.api_endpoint
    error_message = "The API answers at ${output.api_endpoint}."
  }
}

run "refuses_a_certificate_of_another_region" {
  command = plan

  variables {
    domain = { name = "api.example.com", certificate_arn = "arn:aws:acm:eu-west-1:111122223333:certificate/1" }
  }

  expect_failures = [aws_apigatewayv2_domain_name.this]
}

run "asks_a_function_or_awss_signature" {
  variables {
    function_authorizers = { gate = { function_name = "example-gate", alias_name = "live", alias_invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111122223333:function:example-gate:live/invocations" } }
    routes = {
      "GET /orders"          = { function = "orders", authorizer = "gate" }
      "ANY /orders/{id}"     = { function = "orders", authorizer = "AWS_IAM" }
      "POST /{any+}"         = { function = "orders", authorizer = "AWS_IAM" }
      "$default"             = { function = "orders", authorizer = "AWS_IAM" }
      "OPTIONS /orders/{id}" = { function = "orders" }
    }
  }

  assert {
    condition = { for key, route in aws_apigatewayv2_route.this : key => route.authorization_type } == {
      "GET /orders"          = "CUSTOM"
      "ANY /orders/{id}"     = "AWS_IAM"
      "POST /{any+}"         = "AWS_IAM"
      "$default"             = "AWS_IAM"
      "OPTIONS /orders/{id}" = "NONE"
    }
    error_message = "The routes ask for ${jsonencode({ for key, route in aws_apigatewayv2_route.this : key => route.authorization_type })}."
  }

  assert {
    condition = (
      aws_apigatewayv2_authorizer.function["gate"].authorizer_result_ttl_in_seconds == 0
      && aws_apigatewayv2_authorizer.function["gate"].enable_simple_responses
      && aws_apigatewayv2_route.this["GET /orders"].authorizer_id == aws_apigatewayv2_authorizer.function["gate"].id
    )
    error_message = "The authorizer keeps answers, or is asked by no route."
  }

  assert {
    condition     = endswith(aws_lambda_permission.authorizer["gate"].source_arn, "/authorizers/${aws_apigatewayv2_authorizer.function["gate"].id}")
    error_message = "The authorizer's function may be called by ${aws_lambda_permission.authorizer["gate"].source_arn}."
  }

  assert {
    condition = { for key, statement in output.policy_statements : key => trimprefix(statement.resources[0], aws_apigatewayv2_api.this.execution_arn) } == {
      "ANY /orders/{id}" = "/$default/*/orders/*"
      "POST /{any+}"     = "/$default/POST/*"
      "$default"         = "/$default/*"
    }
    error_message = "Who signs may call ${jsonencode(output.policy_statements)}."
  }
}

run "makes_no_alarm_where_they_are_off" {
  command = plan

  variables {
    alarms_enabled = false
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) == 0 && output.alarm_arns == {}
    error_message = "There are alarms: ${join(", ", keys(output.alarm_arns))}."
  }
}
