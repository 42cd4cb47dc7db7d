mock_provider "aws" {
  source = "../testing/mocks"
}

variables {
  name        = "example-greetings"
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
  functions   = { greet = "arn:aws:lambda:us-east-1:111122223333:function:example-greetings:live" }
  definition  = "{\"StartAt\": \"Greet\", \"States\": {\"Greet\": {\"Type\": \"Task\", \"Resource\": \"arn:aws:lambda:us-east-1:111122223333:function:example-greetings:live\", \"End\": true}}}"
}

run "refuses_a_name_over_80_characters" {
  command = plan

  variables {
    name = format("%081d", 0)
  }

  expect_failures = [var.name]
}

run "refuses_a_name_that_logs_do_not_take" {
  command = plan

  variables {
    name = "example.greetings"
  }

  expect_failures = [var.name]
}

run "refuses_a_definition_that_is_not_json" {
  command = plan

  variables {
    definition = "{"
  }

  expect_failures = [var.definition]
}

run "refuses_a_definition_that_starts_nowhere" {
  command = plan

  variables {
    definition = "{\"StartAt\": \"Begin\", \"States\": {\"End\": {\"Type\": \"Succeed\"}}}"
  }

  expect_failures = [var.definition]
}

run "refuses_a_definition_with_a_function_that_its_role_may_not_invoke" {
  command = plan

  variables {
    definition = "{\"StartAt\": \"Greet\", \"States\": {\"Greet\": {\"Type\": \"Task\", \"Resource\": \"arn:aws:lambda:us-east-1:111122223333:function:example-greetings:7\", \"End\": true}}}"
  }

  expect_failures = [var.definition]
}

run "refuses_a_definition_that_is_longer_than_step_functions_takes" {
  command = plan

  variables {
    definition = "{\"StartAt\": \"End\", \"Comment\": \"${format("%01048577d", 0)}\", \"States\": {\"End\": {\"Type\": \"Succeed\"}}}"
  }

  expect_failures = [var.definition]
}

run "refuses_no_function_at_all" {
  command = plan

  variables {
    functions  = {}
    definition = "{\"StartAt\": \"End\", \"States\": {\"End\": {\"Type\": \"Succeed\"}}}"
  }

  expect_failures = [var.functions]
}

run "refuses_to_tell_a_function_without_its_alias" {
  command = plan

  variables {
    ended = { function = { function_name = "f", alias_name = "live", alias_arn = "arn:aws:lambda:us-east-1:111122223333:function:f" } }
  }

  expect_failures = [var.ended]
}

run "refuses_a_key_by_its_alias" {
  command = plan

  variables {
    kms_key_arn = "alias/example"
  }

  expect_failures = [var.kms_key_arn]
}

run "refuses_a_retention_that_logs_do_not_take" {
  command = plan

  variables {
    log_retention_days = 2
  }

  expect_failures = [var.log_retention_days]
}

run "refuses_an_alarm_below_nothing" {
  command = plan

  variables {
    alarms = { failed = -1 }
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

run "refuses_a_boundary_that_is_no_policy" {
  command = plan

  variables {
    permissions_boundary_arn = "boundary"
  }

  expect_failures = [var.permissions_boundary_arn]
}

run "refuses_a_path_without_its_slashes" {
  command = plan

  variables {
    role_path = "teams"
  }

  expect_failures = [var.role_path]
}

run "refuses_runbooks_with_a_slash_at_their_end" {
  command = plan

  variables {
    runbooks_url = "docs/runbooks/"
  }

  expect_failures = [var.runbooks_url]
}

run "refuses_an_address_of_runbooks_that_fills_the_description" {
  command = plan

  variables {
    runbooks_url = format("%0257d", 0)
  }

  expect_failures = [var.runbooks_url]
}

run "refuses_a_tag_that_is_longer_than_aws_takes" {
  command = plan

  variables {
    tags = { team = format("%0257d", 0) }
  }

  expect_failures = [var.tags]
}

run "refuses_a_tag_with_a_key_that_aws_reserves" {
  command = plan

  variables {
    tags = { "aws:team" = "one" }
  }

  expect_failures = [var.tags]
}
