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

run "refuses_a_name_with_spaces" {
  command = plan

  variables {
    name = "example shop"
  }

  expect_failures = [var.name]
}

run "refuses_an_api_without_functions" {
  command = plan

  variables {
    functions = {}
  }

  expect_failures = [var.functions]
}

run "refuses_an_api_without_routes" {
  command = plan

  variables {
    routes = {}
  }

  expect_failures = [var.routes]
}

run "refuses_a_route_without_a_method" {
  command = plan

  variables {
    routes = { "/orders" = { function = "orders" } }
  }

  expect_failures = [var.routes]
}

run "refuses_a_route_to_a_function_that_is_not_there" {
  command = plan

  variables {
    routes = { "GET /orders" = { function = "order" } }
  }

  expect_failures = [var.routes]
}

run "refuses_a_route_throttled_to_nothing" {
  command = plan

  variables {
    routes = { "GET /orders" = { function = "orders", throttle = { burst = 0, rate_per_second = 1 } } }
  }

  expect_failures = [var.routes]
}

run "refuses_an_api_throttled_to_nothing" {
  command = plan

  variables {
    throttle = { burst = 1, rate_per_second = 0 }
  }

  expect_failures = [var.throttle]
}

run "refuses_an_origin_with_a_path" {
  command = plan

  variables {
    cors = { allow_origins = ["https://shop.example.com/"] }
  }

  expect_failures = [var.cors]
}

run "refuses_credentials_for_every_origin" {
  command = plan

  variables {
    cors = { allow_origins = ["*"], allow_credentials = true }
  }

  expect_failures = [var.cors]
}

run "refuses_to_have_cors_kept_for_ever" {
  command = plan

  variables {
    cors = { allow_origins = ["https://shop.example.com"], max_age_seconds = 86401 }
  }

  expect_failures = [var.cors]
}

run "refuses_a_retention_that_logs_do_not_take" {
  command = plan

  variables {
    log = { retention_days = 10 }
  }

  expect_failures = [var.log]
}

run "refuses_a_latency_that_no_answer_can_have" {
  command = plan

  variables {
    alarms = { latency_ms = 30001 }
  }

  expect_failures = [var.alarms]
}

run "refuses_an_alarm_period_that_is_no_minute" {
  command = plan

  variables {
    alarms = { period_seconds = 90 }
  }

  expect_failures = [var.alarms]
}

run "refuses_an_issuer_without_tls" {
  command = plan

  variables {
    authorizers = { members = { issuer = "http://id.example.com", audience = ["shop"] } }
  }

  expect_failures = [var.authorizers]
}

run "refuses_an_authorizer_for_every_audience" {
  command = plan

  variables {
    authorizers = { members = { issuer = "https://id.example.com", audience = [] } }
  }

  expect_failures = [var.authorizers]
}

run "refuses_a_route_for_an_authorizer_that_is_not_there" {
  command = plan

  variables {
    routes = { "GET /orders" = { function = "orders", authorizer = "members" } }
  }

  expect_failures = [var.routes]
}

run "refuses_scopes_without_a_token" {
  command = plan

  variables {
    routes = { "GET /orders" = { function = "orders", scopes = ["orders/read"] } }
  }

  expect_failures = [var.routes]
}

run "refuses_a_method_that_is_none" {
  command = plan

  variables {
    cors = { allow_origins = ["https://shop.example.com"], allow_methods = ["get"] }
  }

  expect_failures = [var.cors]
}

run "refuses_runbooks_with_a_slash_at_their_end" {
  command = plan

  variables {
    runbooks_url = "docs/runbooks/"
  }

  expect_failures = [var.runbooks_url]
}

run "refuses_a_class_of_log_group_that_logs_insights_cannot_read" {
  command = plan

  variables {
    log = { class = "DELIVERY" }
  }

  expect_failures = [var.log]
}

run "refuses_credentials_for_every_origin_with_tls" {
  command = plan

  variables {
    cors = { allow_origins = ["https://*"], allow_credentials = true }
  }

  expect_failures = [var.cors]
}

run "refuses_every_header_with_credentials" {
  command = plan

  variables {
    cors = { allow_origins = ["https://shop.example.com"], allow_headers = ["*"], allow_credentials = true }
  }

  expect_failures = [var.cors]
}

run "refuses_a_default_route_that_asks_preflights_for_a_token" {
  command = plan

  variables {
    authorizers = { staff = { issuer = "https://id.example.com", audience = ["shop"] } }
    cors        = { allow_origins = ["https://shop.example.com"], allow_headers = ["authorization"] }
    routes      = { "$default" = { function = "orders", authorizer = "staff" } }
  }

  expect_failures = [var.cors]
}

run "refuses_a_route_of_every_method_that_asks_preflights_for_a_token" {
  command = plan

  variables {
    authorizers = { staff = { issuer = "https://id.example.com", audience = ["shop"] } }
    cors        = { allow_origins = ["https://shop.example.com"], allow_headers = ["authorization"] }
    routes = {
      "ANY /orders/{id}"  = { function = "orders", authorizer = "staff" }
      "OPTIONS /{proxy+}" = { function = "orders" }
    }
  }

  expect_failures = [var.cors]
}

run "refuses_a_route_for_preflights_that_asks_for_a_token" {
  command = plan

  variables {
    authorizers = { staff = { issuer = "https://id.example.com", audience = ["shop"] } }
    cors        = { allow_origins = ["https://shop.example.com"], allow_headers = ["authorization"] }
    routes      = { "OPTIONS /orders" = { function = "orders", authorizer = "staff" } }
  }

  expect_failures = [var.cors]
}

run "refuses_pages_that_could_not_send_their_token" {
  command = plan

  variables {
    authorizers = { staff = { issuer = "https://id.example.com", audience = ["shop"] } }
    cors        = { allow_origins = ["https://shop.example.com"], allow_headers = ["*"] }
    routes      = { "GET /orders" = { function = "orders", authorizer = "staff" } }
  }

  expect_failures = [var.cors]
}

run "refuses_a_tag_that_is_longer_than_aws_takes" {
  command = plan

  variables {
    tags = { Owner = format("%0257d", 0) }
  }

  expect_failures = [var.tags]
}

run "refuses_a_tag_with_a_key_that_aws_reserves" {
  command = plan

  variables {
    tags = { "aws:owner" = "shop" }
  }

  expect_failures = [var.tags]
}

run "refuses_an_address_of_runbooks_that_fills_the_description" {
  command = plan

  variables {
    runbooks_url = format("%0257d", 0)
  }

  expect_failures = [var.runbooks_url]
}

run "refuses_a_description_that_is_longer_than_aws_takes" {
  command = plan

  variables {
    description = format("%01025d", 0)
  }

  expect_failures = [var.description]
}

run "refuses_a_domain_that_is_an_address" {
  command = plan

  variables {
    domain = { name = "https://api.example.com", certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/1" }
  }

  expect_failures = [var.domain]
}

run "refuses_a_domain_with_a_key_for_a_certificate" {
  command = plan

  variables {
    domain = { name = "api.example.com", certificate_arn = "arn:aws:kms:us-east-1:111122223333:key/1" }
  }

  expect_failures = [var.domain]
}

run "refuses_an_authorizer_called_as_awss_signature" {
  command = plan

  variables {
    authorizers = { AWS_IAM = { issuer = "https://id.example.com", audience = ["shop"] } }
  }

  expect_failures = [var.authorizers]
}

run "refuses_two_authorizers_of_one_key" {
  command = plan

  variables {
    authorizers          = { gate = { issuer = "https://id.example.com", audience = ["shop"] } }
    function_authorizers = { gate = { function_name = "example-gate", alias_name = "live", alias_invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111122223333:function:example-gate:live/invocations" } }
  }

  expect_failures = [var.function_authorizers]
}

run "refuses_an_identity_source_that_is_none" {
  command = plan

  variables {
    function_authorizers = { gate = { function_name = "example-gate", alias_name = "live", alias_invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111122223333:function:example-gate:live/invocations", identity_sources = ["Authorization"] } }
  }

  expect_failures = [var.function_authorizers]
}

run "refuses_to_keep_an_answer_for_a_day" {
  command = plan

  variables {
    function_authorizers = { gate = { function_name = "example-gate", alias_name = "live", alias_invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111122223333:function:example-gate:live/invocations", cache_seconds = 86400 } }
  }

  expect_failures = [var.function_authorizers]
}

run "refuses_to_keep_one_answer_for_everybody" {
  command = plan

  variables {
    function_authorizers = { gate = { function_name = "example-gate", alias_name = "live", alias_invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111122223333:function:example-gate:live/invocations", cache_seconds = 60, identity_sources = [] } }
  }

  expect_failures = [var.function_authorizers]
}

run "refuses_scopes_of_a_signature" {
  command = plan

  variables {
    routes = { "GET /orders" = { function = "orders", authorizer = "AWS_IAM", scopes = ["orders/read"] } }
  }

  expect_failures = [var.routes]
}

run "refuses_pages_that_could_not_sign" {
  command = plan

  variables {
    cors   = { allow_origins = ["https://shop.example.com"], allow_headers = ["authorization"] }
    routes = { "GET /orders" = { function = "orders", authorizer = "AWS_IAM" } }
  }

  expect_failures = [var.cors]
}
