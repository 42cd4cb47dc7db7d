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

run "refuses_two_kinds_of_artifact" {
  command = plan

  variables {
    artifact = { path = "./variables.tf", s3 = { bucket = "example", key = "orders.zip", version = "1" } }
  }

  expect_failures = [var.artifact]
}

run "refuses_no_artifact" {
  command = plan

  variables {
    artifact = {}
    handler  = null
  }

  expect_failures = [var.artifact]
}

run "refuses_an_object_without_a_version" {
  command = plan

  variables {
    artifact = { s3 = { bucket = "example", key = "orders.zip", version = "" } }
  }

  expect_failures = [var.artifact]
}

run "refuses_an_image_of_another_registry" {
  command = plan

  variables {
    artifact = { image_uri = "docker.io/library/orders" }
    handler  = null
  }

  expect_failures = [var.artifact]
}

run "refuses_a_zip_without_a_handler" {
  command = plan

  variables {
    handler = null
  }

  expect_failures = [var.handler]
}

run "refuses_a_handler_with_a_space" {
  command = plan

  variables {
    runtime = "provided.al2023"
    handler = "boot strap"
  }

  expect_failures = [var.handler]
}

run "refuses_a_handler_beside_an_image" {
  command = plan

  variables {
    artifact = { image_uri = "111122223333.dkr.ecr.us-east-1.amazonaws.com/orders:1" }
  }

  expect_failures = [var.handler]
}

run "refuses_layers_with_an_image" {
  command = plan

  variables {
    artifact = { image_uri = "111122223333.dkr.ecr.us-east-1.amazonaws.com/orders:1" }
    handler  = null
    layers   = ["arn:aws:lambda:us-east-1:111122223333:layer:tools:3"]
  }

  expect_failures = [var.layers]
}

run "refuses_a_layer_without_its_version" {
  command = plan

  variables {
    layers = ["arn:aws:lambda:us-east-1:111122223333:layer:tools"]
  }

  expect_failures = [var.layers]
}

run "refuses_more_layers_than_a_function_has" {
  command = plan

  variables {
    layers = [for number in range(6) : "arn:aws:lambda:us-east-1:111122223333:layer:tools:${number}"]
  }

  expect_failures = [var.layers]
}

run "refuses_less_storage_than_lambda_gives" {
  command = plan

  variables {
    ephemeral_storage_mb = 256
  }

  expect_failures = [var.ephemeral_storage_mb]
}

run "refuses_an_existing_role_by_its_name" {
  command = plan

  variables {
    existing_role = { arn = "orders" }
  }

  expect_failures = [var.existing_role]
}

run "refuses_statements_for_a_role_that_it_does_not_change" {
  command = plan

  variables {
    existing_role     = { arn = "arn:aws:iam::111122223333:role/orders" }
    policy_statements = { read = { actions = ["s3:GetObject"], resources = ["arn:aws:s3:::example/*"] } }
  }

  expect_failures = [var.existing_role]
}

run "refuses_a_path_for_a_role_that_it_does_not_make" {
  command = plan

  variables {
    existing_role = { arn = "arn:aws:iam::111122223333:role/orders" }
    role_path     = "/teams/"
  }

  expect_failures = [var.existing_role]
}

run "refuses_a_managed_policy_by_its_name" {
  command = plan

  variables {
    managed_policy_arns = { insights = "CloudWatchLambdaInsightsExecutionRolePolicy" }
  }

  expect_failures = [var.managed_policy_arns]
}

run "refuses_a_path_without_its_slashes" {
  command = plan

  variables {
    role_path = "teams"
  }

  expect_failures = [var.role_path]
}

run "refuses_a_vpc_without_security_groups" {
  command = plan

  variables {
    vpc = { subnet_ids = ["subnet-1"], security_group_ids = [] }
  }

  expect_failures = [var.vpc]
}

run "refuses_a_vpc_without_subnets" {
  command = plan

  variables {
    vpc = { subnet_ids = [], security_group_ids = ["sg-1"] }
  }

  expect_failures = [var.vpc]
}

run "refuses_a_security_group_where_a_subnet_is_meant" {
  command = plan

  variables {
    vpc = { subnet_ids = ["sg-1"], security_group_ids = ["sg-1"] }
  }

  expect_failures = [var.vpc]
}

run "refuses_an_object_of_a_bucket_without_versioning" {
  command = plan

  variables {
    artifact = { s3 = { bucket = "example", key = "orders.zip", version = null } }
  }

  expect_failures = [var.artifact]
}

run "refuses_a_queue_where_failed_events_go_to_a_bucket" {
  command = plan

  variables {
    on_failure = { bucket_arn = "arn:aws:sqs:us-east-1:111122223333:failures" }
  }

  expect_failures = [var.on_failure]
}

run "refuses_an_effect_that_is_none" {
  command = plan

  variables {
    policy_statements = { text = { effect = "Permit", actions = ["sns:Publish"], resources = ["*"] } }
  }

  expect_failures = [var.policy_statements]
}
