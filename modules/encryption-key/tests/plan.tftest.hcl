mock_provider "aws" {
  source = "../testing/mocks"
}

variables {
  name = "example-orders"
}

run "rotates_every_year_and_can_be_taken_back_for_a_month_by_default" {
  command = plan

  assert {
    condition     = aws_kms_key.this[0].enable_key_rotation && aws_kms_key.this[0].rotation_period_in_days == 365
    error_message = "The key is not rotated once a year."
  }

  assert {
    condition     = aws_kms_key.this[0].deletion_window_in_days == 30
    error_message = "A request to delete the key cannot be taken back for 30 days."
  }
}

run "is_found_by_its_alias" {
  command = plan

  assert {
    condition     = output.alias_name == "alias/example-orders"
    error_message = "The alias is ${output.alias_name}."
  }
}

run "takes_the_widest_window_and_period" {
  command = plan

  variables {
    deletion_window_days = 7
    rotation_period_days = 2560
  }

  assert {
    condition     = aws_kms_key.this[0].deletion_window_in_days == 7 && aws_kms_key.this[0].rotation_period_in_days == 2560
    error_message = "The limits of AWS are not taken."
  }
}

run "takes_a_key_that_there_is" {
  command = plan

  variables {
    existing_key = { arn = "arn:aws:kms:us-east-1:111122223333:key/mrk-1" }
  }

  assert {
    condition     = length(aws_kms_key.this) + length(aws_kms_alias.this) == 0 && output.alias_name == null
    error_message = "A key or an alias is made beside the existing one."
  }

  assert {
    condition     = output.arn == "arn:aws:kms:us-east-1:111122223333:key/mrk-1" && output.key_id == "mrk-1" && output.policy_statements.decrypt.resources == ["arn:aws:kms:us-east-1:111122223333:key/mrk-1"]
    error_message = "The key is ${output.arn} (${output.key_id})."
  }
}

run "refuses_a_key_of_another_region" {
  command = plan

  variables {
    existing_key = { arn = "arn:aws:kms:eu-west-1:111122223333:key/1" }
  }

  expect_failures = [output.arn]
}
