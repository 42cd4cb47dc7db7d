mock_provider "aws" {
  source = "../testing/mocks"
}

variables {
  function = {
    name      = "example-orders"
    alias_arn = "arn:aws:lambda:us-east-1:111122223333:function:example-orders:live"
    role_name = "example-orders"
  }
  stream = {
    arn             = "arn:aws:kinesis:us-east-1:111122223333:stream/example-clicks"
    name            = "example-clicks"
    retention_hours = 24
  }
  policy_statements = {
    read_stream = {
      actions   = ["kinesis:GetRecords"]
      resources = ["arn:aws:kinesis:us-east-1:111122223333:stream/example-clicks"]
    }
  }
  failure_destination = { bucket_arn = "arn:aws:s3:::example-failures" }
}

run "refuses_a_shard_read_by_two_invocations_at_once" {
  command = plan

  variables {
    parallelization_factor = 2
  }

  expect_failures = [var.parallelization_factor]
}

run "refuses_more_invocations_than_lambda_takes" {
  command = plan

  variables {
    parallelization_factor = 11
    order_free             = true
  }

  expect_failures = [var.parallelization_factor]
}

run "refuses_to_retry_until_the_record_is_gone" {
  command = plan

  variables {
    maximum_record_age_seconds = 86400
  }

  expect_failures = [var.maximum_record_age_seconds]
}

run "refuses_to_give_up_within_a_minute" {
  command = plan

  variables {
    maximum_record_age_seconds = 30
  }

  expect_failures = [var.maximum_record_age_seconds]
}

run "refuses_to_retry_for_ever" {
  command = plan

  variables {
    maximum_record_age_seconds = -1
  }

  expect_failures = [var.maximum_record_age_seconds]
}

run "refuses_a_function_without_an_alias" {
  command = plan

  variables {
    function = { alias_arn = "arn:aws:lambda:us-east-1:111122223333:function:example-orders", name = "example-orders", role_name = "example-orders" }
  }

  expect_failures = [var.function]
}

run "refuses_an_empty_batch" {
  command = plan

  variables {
    batch_size = 0
  }

  expect_failures = [var.batch_size]
}

run "refuses_a_batch_over_ten_thousand" {
  command = plan

  variables {
    batch_size = 10001
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

run "refuses_half_a_second_of_window" {
  command = plan

  variables {
    batching_window_seconds = 0.5
  }

  expect_failures = [var.batching_window_seconds]
}

run "refuses_an_unknown_starting_position" {
  command = plan

  variables {
    starting_position = "YESTERDAY"
  }

  expect_failures = [var.starting_position]
}

run "refuses_a_filter_that_is_not_json" {
  command = plan

  variables {
    filter_patterns = ["{data:"]
  }

  expect_failures = [var.filter_patterns]
}

run "refuses_more_filters_than_a_mapping_takes" {
  command = plan

  variables {
    filter_patterns = ["{}", "{}", "{}", "{}", "{}", "{}"]
  }

  expect_failures = [var.filter_patterns]
}

run "refuses_statements_that_do_not_read_the_stream" {
  command = plan

  variables {
    policy_statements = { write = { actions = ["kinesis:PutRecord"], resources = ["arn:aws:kinesis:us-east-1:111122223333:stream/example-clicks"] } }
  }

  expect_failures = [var.policy_statements]
}

run "refuses_a_stream_that_keeps_less_than_a_day" {
  command = plan

  variables {
    stream = { arn = "arn:aws:kinesis:us-east-1:111122223333:stream/example-clicks", name = "example-clicks", retention_hours = 12 }
  }

  expect_failures = [var.stream]
}

run "refuses_an_alarm_that_rings_when_the_records_are_gone" {
  command = plan

  variables {
    alarms = { iterator_age_seconds = 86400 }
  }

  expect_failures = [var.alarms]
}

run "refuses_runbooks_with_a_slash_at_their_end" {
  command = plan

  variables {
    runbooks_url = "docs/runbooks/"
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

run "refuses_two_failure_destinations" {
  command = plan

  variables {
    failure_destination = { bucket_arn = "arn:aws:s3:::example-failures", topic_arn = "arn:aws:sns:us-east-1:111122223333:failures" }
  }

  expect_failures = [var.failure_destination]
}

run "refuses_a_queue_where_a_bucket_is_meant" {
  command = plan

  variables {
    failure_destination = { bucket_arn = "arn:aws:sqs:us-east-1:111122223333:failures" }
  }

  expect_failures = [var.failure_destination]
}

run "refuses_a_bucket_where_a_queue_is_meant" {
  command = plan

  variables {
    failure_destination = { queue_arn = "arn:aws:s3:::example-failures" }
  }

  expect_failures = [var.failure_destination]
}

run "refuses_a_queue_where_a_topic_is_meant" {
  command = plan

  variables {
    failure_destination = { topic_arn = "arn:aws:sqs:us-east-1:111122223333:failures" }
  }

  expect_failures = [var.failure_destination]
}

run "refuses_a_consumer_of_its_own_on_a_table" {
  command = plan

  variables {
    stream = {
      arn  = "arn:aws:dynamodb:us-east-1:111122223333:table/example-clicks/stream/2026-01-01T00:00:00.000"
      name = "example-clicks"
    }
    policy_statements = {
      read_stream = {
        actions   = ["dynamodb:GetRecords"]
        resources = ["arn:aws:dynamodb:us-east-1:111122223333:table/example-clicks/stream/*"]
      }
    }
    fan_out = true
  }

  expect_failures = [var.fan_out]
}

run "refuses_a_queue_as_a_stream" {
  command = plan

  variables {
    stream = { arn = "arn:aws:sqs:us-east-1:111122223333:clicks", name = "clicks" }
  }

  expect_failures = [var.stream]
}

run "refuses_a_table_that_keeps_records_for_longer" {
  command = plan

  variables {
    stream = {
      arn             = "arn:aws:dynamodb:us-east-1:111122223333:table/example-clicks/stream/2026-01-01T00:00:00.000"
      retention_hours = 48
      name            = "example-clicks"
    }
    policy_statements = {
      read_stream = {
        actions   = ["dynamodb:GetRecords"]
        resources = ["arn:aws:dynamodb:us-east-1:111122223333:table/example-clicks/stream/*"]
      }
    }
  }

  expect_failures = [var.stream]
}

run "refuses_statements_that_read_another_kind_of_stream" {
  command = plan

  variables {
    stream = {
      arn  = "arn:aws:dynamodb:us-east-1:111122223333:table/example-clicks/stream/2026-01-01T00:00:00.000"
      name = "example-clicks"
    }
  }

  expect_failures = [var.policy_statements]
}
