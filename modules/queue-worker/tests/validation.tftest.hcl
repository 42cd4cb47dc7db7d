mock_provider "aws" {
  source = "../testing/mocks"
}

variables {
  name        = "example-letters"
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
  function = {
    name            = "example-letters"
    alias_arn       = "arn:aws:lambda:us-east-1:111122223333:function:example-letters:live"
    role_name       = "example-letters"
    timeout_seconds = 20
  }
  policy_statements = {
    decrypt = {
      actions   = ["kms:Decrypt"]
      resources = ["arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"]
    }
  }
}

run "refuses_a_name_without_room_for_the_dead_letters" {
  command = plan

  variables {
    name = format("%068d", 0)
  }

  expect_failures = [var.name]
}

run "refuses_a_function_without_an_alias" {
  command = plan

  variables {
    function = {
      name            = "f"
      alias_arn       = "arn:aws:lambda:us-east-1:111122223333:function:f"
      role_name       = "f"
      timeout_seconds = 20
    }
  }

  expect_failures = [var.function]
}

run "refuses_a_timeout_that_no_function_has" {
  command = plan

  variables {
    function = {
      name            = "f"
      alias_arn       = "arn:aws:lambda:us-east-1:111122223333:function:f:live"
      role_name       = "f"
      timeout_seconds = 901
    }
  }

  expect_failures = [var.function]
}

run "refuses_a_key_by_its_alias" {
  command = plan

  variables {
    kms_key_arn = "alias/example"
  }

  expect_failures = [var.kms_key_arn]
}

run "refuses_an_empty_batch" {
  command = plan

  variables {
    batch_size = 0
  }

  expect_failures = [var.batch_size]
}

run "refuses_a_large_batch_without_a_window" {
  command = plan

  variables {
    batch_size = 100
  }

  expect_failures = [var.batch_size]
}

run "refuses_a_window_over_five_minutes" {
  command = plan

  variables {
    batching_window_seconds = 301
  }

  expect_failures = [var.batching_window_seconds]
}

run "refuses_a_filter_that_is_not_json" {
  command = plan

  variables {
    filter_patterns = ["{"]
  }

  expect_failures = [var.filter_patterns]
}

run "refuses_more_filters_than_a_mapping_takes" {
  command = plan

  variables {
    filter_patterns = [for number in range(6) : "{}"]
  }

  expect_failures = [var.filter_patterns]
}

run "refuses_one_invocation_at_once" {
  command = plan

  variables {
    maximum_concurrency = 1
  }

  expect_failures = [var.maximum_concurrency]
}

run "refuses_a_message_that_is_never_handed_over" {
  command = plan

  variables {
    maximum_receives = 0
  }

  expect_failures = [var.maximum_receives]
}

run "refuses_statements_that_do_not_decrypt" {
  command = plan

  variables {
    policy_statements = {}
  }

  expect_failures = [var.policy_statements]
}

run "refuses_a_retention_over_fourteen_days" {
  command = plan

  variables {
    retention_seconds = 1209601
  }

  expect_failures = [var.retention_seconds]
}

run "refuses_to_lose_what_fails" {
  command = plan

  variables {
    retention_seconds = 600
    alarms            = { age_seconds = 60 }
  }

  expect_failures = [var.retention_seconds]
}

run "refuses_an_alarm_that_rings_when_the_messages_are_gone" {
  command = plan

  variables {
    alarms = { age_seconds = 345600 }
  }

  expect_failures = [var.alarms]
}

run "refuses_half_a_minute_of_alarm" {
  command = plan

  variables {
    alarms = { evaluation_periods = 0.5 }
  }

  expect_failures = [var.alarms]
}

run "refuses_a_sender_by_its_domain" {
  command = plan

  variables {
    senders = { topic = { service = "sns.amazonaws.com", source_arn = "arn:aws:sns:us-east-1:111122223333:letters" } }
  }

  expect_failures = [var.senders]
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
    tags = { Owner = format("%0257d", 0) }
  }

  expect_failures = [var.tags]
}

run "refuses_the_name_of_anothers_dead_letters" {
  command = plan

  variables {
    name = "example-letters-dead-letters"
  }

  expect_failures = [var.name]
}
