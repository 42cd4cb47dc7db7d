mock_provider "aws" {
  source = "../testing/mocks"
}

variables {
  name        = "example"
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
}

run "refuses_a_name_with_slashes" {
  command = plan

  variables {
    name = "orders/new"
  }

  expect_failures = [var.name]
}

run "refuses_no_shards" {
  command = plan

  variables {
    shard_count = 0
  }

  expect_failures = [var.shard_count]
}

run "refuses_half_a_shard" {
  command = plan

  variables {
    shard_count = 1.5
  }

  expect_failures = [var.shard_count]
}

run "refuses_retention_under_a_day" {
  command = plan

  variables {
    retention_hours = 23
  }

  expect_failures = [var.retention_hours]
}

run "refuses_retention_over_a_year" {
  command = plan

  variables {
    retention_hours = 8761
  }

  expect_failures = [var.retention_hours]
}

run "refuses_a_key_by_its_alias" {
  command = plan

  variables {
    kms_key_arn = "alias/example"
  }

  expect_failures = [var.kms_key_arn]
}

run "refuses_a_metric_that_kinesis_does_not_have" {
  command = plan

  variables {
    shard_level_metrics = ["IncomingPackets"]
  }

  expect_failures = [var.shard_level_metrics]
}

run "refuses_an_alarm_action_that_is_no_arn" {
  command = plan

  variables {
    alarm_actions = ["on-call@example.com"]
  }

  expect_failures = [var.alarm_actions]
}

run "refuses_a_threshold_below_nothing" {
  command = plan

  variables {
    alarms = { write_throttles = -1 }
  }

  expect_failures = [var.alarms]
}

run "refuses_more_bad_minutes_than_are_looked_at" {
  command = plan

  variables {
    alarms = { breaching_minutes = 3, evaluation_minutes = 2 }
  }

  expect_failures = [var.alarms]
}

run "refuses_a_writers_account_without_twelve_digits" {
  command = plan

  variables {
    writer_account_ids = ["1234"]
  }

  expect_failures = [var.writer_account_ids]
}

run "refuses_runbooks_with_a_slash_at_their_end" {
  command = plan

  variables {
    runbooks_url = "docs/runbooks/"
  }

  expect_failures = [var.runbooks_url]
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
