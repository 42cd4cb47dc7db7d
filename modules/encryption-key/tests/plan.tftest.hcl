mock_provider "aws" {
  source = "../testing/mocks"
}

variables {
  name = "example-orders"
}

run "rotates_every_year_and_can_be_taken_back_for_a_month_by_default" {
  command = plan

  assert {
    condition     = aws_kms_key.this.enable_key_rotation && aws_kms_key.this.rotation_period_in_days == 365
    error_message = "The key is not rotated once a year."
  }

  assert {
    condition     = aws_kms_key.this.deletion_window_in_days == 30
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
    condition     = aws_kms_key.this.deletion_window_in_days == 7 && aws_kms_key.this.rotation_period_in_days == 2560
    error_message = "The limits of AWS are not taken."
  }
}
