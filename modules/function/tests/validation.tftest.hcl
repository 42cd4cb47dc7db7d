mock_provider "aws" {
  source = "../testing/mocks"
}

variables {
  name        = "example-orders"
  handler     = "orders.handler.handler"
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
  artifact    = { path = "./variables.tf" }
}

run "refuses_a_name_over_64_characters" {
  command = plan

  variables {
    name = "example-orders-with-a-name-that-is-longer-than-a-role-may-have-it"
  }

  expect_failures = [var.name]
}

run "refuses_a_name_with_a_dot" {
  command = plan

  variables {
    name = "example.orders"
  }

  expect_failures = [var.name]
}

run "refuses_a_missing_zip" {
  command = plan

  variables {
    artifact = { path = "./nowhere.zip" }
  }

  expect_failures = [var.artifact]
}

run "refuses_a_handler_without_a_module" {
  command = plan

  variables {
    handler = "handler"
  }

  expect_failures = [var.handler]
}

run "refuses_a_processor_that_lambda_lacks" {
  command = plan

  variables {
    architecture = "riscv"
  }

  expect_failures = [var.architecture]
}

run "refuses_too_little_memory" {
  command = plan

  variables {
    memory_mb = 64
  }

  expect_failures = [var.memory_mb]
}

run "refuses_a_timeout_over_fifteen_minutes" {
  command = plan

  variables {
    timeout_seconds = 901
  }

  expect_failures = [var.timeout_seconds]
}

run "refuses_a_retention_that_logs_do_not_take" {
  command = plan

  variables {
    log = { retention_days = 10 }
  }

  expect_failures = [var.log]
}

run "refuses_an_unknown_log_level" {
  command = plan

  variables {
    log = { level = "LOUD" }
  }

  expect_failures = [var.log]
}

run "refuses_a_negative_reservation" {
  command = plan

  variables {
    reserved_concurrency = -2
  }

  expect_failures = [var.reserved_concurrency]
}

run "refuses_an_unknown_tracing_mode" {
  command = plan

  variables {
    tracing_mode = "Sometimes"
  }

  expect_failures = [var.tracing_mode]
}

run "refuses_an_environment_variable_with_a_dash" {
  command = plan

  variables {
    environment = { "TABLE-NAME" = "orders" }
  }

  expect_failures = [var.environment]
}

run "refuses_a_duration_alarm_above_the_timeout" {
  command = plan

  variables {
    alarms = { duration_share = 1.5 }
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

run "refuses_a_wildcard_in_an_action" {
  command = plan

  variables {
    policy_statements = { all = { actions = ["s3:*"], resources = ["arn:aws:s3:::example"] } }
  }

  expect_failures = [var.policy_statements]
}

run "refuses_runbooks_with_a_slash_at_their_end" {
  command = plan

  variables {
    runbooks_url = "docs/runbooks/"
  }

  expect_failures = [var.runbooks_url]
}

run "refuses_a_canary_beside_a_version_that_is_no_number" {
  command = plan

  variables {
    canary = { version = "$LATEST", weight = 0.1 }
  }

  expect_failures = [var.canary]
}

run "refuses_a_canary_that_has_every_call" {
  command = plan

  variables {
    canary = { version = "7", weight = 1 }
  }

  expect_failures = [var.canary]
}

run "refuses_a_boundary_that_is_no_policy" {
  command = plan

  variables {
    permissions_boundary_arn = "boundary"
  }

  expect_failures = [var.permissions_boundary_arn]
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
    description = format("%0257d", 0)
  }

  expect_failures = [var.description]
}
