mock_provider "aws" {
  source = "../testing/mocks"
}

variables {
  name = "example"
}

run "refuses_a_name_with_spaces" {
  command = plan

  variables {
    name = "our key"
  }

  expect_failures = [var.name]
}

run "refuses_a_name_that_aws_keeps" {
  command = plan

  variables {
    name = "aws/ours"
  }

  expect_failures = [var.name]
}

run "refuses_a_log_group_pattern_that_matches_no_name" {
  command = plan

  variables {
    log_group_patterns = ["/aws/lambda/a b"]
  }

  expect_failures = [var.log_group_patterns]
}

run "refuses_a_service_it_does_not_know" {
  command = plan

  variables {
    services = ["cloudwatch", "ec2"]
  }

  expect_failures = [var.services]
}

run "refuses_a_deletion_window_under_a_week" {
  command = plan

  variables {
    deletion_window_days = 6
  }

  expect_failures = [var.deletion_window_days]
}

run "refuses_a_deletion_window_over_a_month" {
  command = plan

  variables {
    deletion_window_days = 31
  }

  expect_failures = [var.deletion_window_days]
}

run "refuses_a_rotation_every_month" {
  command = plan

  variables {
    rotation_period_days = 30
  }

  expect_failures = [var.rotation_period_days]
}

run "refuses_a_rotation_after_part_of_a_day" {
  command = plan

  variables {
    rotation_period_days = 90.5
  }

  expect_failures = [var.rotation_period_days]
}

run "refuses_a_reader_by_its_domain" {
  command = plan

  variables {
    readers = { "cloudfront.amazonaws.com" = ["arn:aws:cloudfront::111122223333:distribution/*"] }
  }

  expect_failures = [var.readers]
}

run "refuses_a_reader_for_any_account" {
  command = plan

  variables {
    readers = { cloudfront = ["arn:aws:cloudfront::*:distribution/*"] }
  }

  expect_failures = [var.readers]
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

run "refuses_a_description_that_is_longer_than_aws_takes" {
  command = plan

  variables {
    description = format("%08193d", 0)
  }

  expect_failures = [var.description]
}

run "refuses_an_alias_for_a_key" {
  command = plan

  variables {
    existing_key = { arn = "arn:aws:kms:us-east-1:111122223333:alias/orders" }
  }

  expect_failures = [var.existing_key]
}

run "refuses_a_statement_whose_name_is_no_sid" {
  command = plan

  variables {
    further_statements = { "other account" = { principals = { type = "AWS", identifiers = ["arn:aws:iam::444455556666:root"] }, actions = ["kms:Decrypt"] } }
  }

  expect_failures = [var.further_statements]
}

run "refuses_a_statement_for_nobody" {
  command = plan

  variables {
    further_statements = { other = { principals = { type = "AWS", identifiers = [] }, actions = ["kms:Decrypt"] } }
  }

  expect_failures = [var.further_statements]
}

run "refuses_to_allow_a_pattern_of_actions" {
  command = plan

  variables {
    further_statements = { other = { principals = { type = "AWS", identifiers = ["arn:aws:iam::444455556666:root"] }, actions = ["kms:*"] } }
  }

  expect_failures = [var.further_statements]
}

run "refuses_to_let_everybody_in" {
  command = plan

  variables {
    further_statements = { other = { principals = { type = "AWS", identifiers = ["*"] }, actions = ["kms:Decrypt"] } }
  }

  expect_failures = [var.further_statements]
}
