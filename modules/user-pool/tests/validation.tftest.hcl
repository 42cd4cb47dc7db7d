mock_provider "aws" {
  source = "../testing/mocks"
}

variables {
  name = "example-library"
}

run "refuses_a_name_with_spaces" {
  command = plan

  variables {
    name = "example library"
  }

  expect_failures = [var.name]
}

run "refuses_an_alarm_period_that_is_no_minute" {
  command = plan

  variables {
    alarms = { period_seconds = 90 }
  }

  expect_failures = [var.alarms]
}

run "refuses_a_threshold_below_nothing" {
  command = plan

  variables {
    alarms = { failed_sign_ins = -1 }
  }

  expect_failures = [var.alarms]
}

run "refuses_an_alias_that_cognito_does_not_know" {
  command = plan

  variables {
    alias_attributes = ["name"]
  }

  expect_failures = [var.alias_attributes]
}

run "refuses_a_way_to_sign_in_that_is_none" {
  command = plan

  variables {
    app_client = { auth_flows = ["ALLOW_USER_SRP_AUTH"] }
  }

  expect_failures = [var.app_client]
}

run "refuses_an_attribute_that_is_required_and_cannot_be_given" {
  command = plan

  variables {
    required_attributes = ["name", "nickname"]
  }

  expect_failures = [var.app_client]
}

run "refuses_a_group_with_a_space_in_its_name" {
  command = plan

  variables {
    groups = { "chief librarian" = "May do everything." }
  }

  expect_failures = [var.groups]
}

run "refuses_short_passwords" {
  command = plan

  variables {
    password_policy = { minimum_length = 7 }
  }

  expect_failures = [var.password_policy]
}

run "refuses_first_passwords_without_an_end" {
  command = plan

  variables {
    password_policy = { temporary_password_validity_days = 0 }
  }

  expect_failures = [var.password_policy]
}

run "refuses_an_attribute_of_its_own_invention" {
  command = plan

  variables {
    required_attributes = ["shoe_size"]
    app_client          = { write_attributes = ["shoe_size"] }
  }

  expect_failures = [var.required_attributes]
}

run "refuses_a_flow_that_the_tier_does_not_offer" {
  command = plan

  variables {
    tier       = "LITE"
    app_client = { auth_flows = ["USER_AUTH", "USER_SRP_AUTH"] }
  }

  expect_failures = [var.app_client]
}

run "refuses_a_tier_that_is_none" {
  command = plan

  variables {
    tier = "FREE"
  }

  expect_failures = [var.tier]
}

run "refuses_an_id_token_for_a_minute" {
  command = plan

  variables {
    token_lifetimes = { id_minutes = 1 }
  }

  expect_failures = [var.token_lifetimes]
}

run "refuses_a_session_shorter_than_its_tokens" {
  command = plan

  variables {
    token_lifetimes = { id_minutes = 120, refresh_hours = 1 }
  }

  expect_failures = [var.token_lifetimes]
}

run "refuses_questions_open_for_an_hour" {
  command = plan

  variables {
    token_lifetimes = { challenge_minutes = 60 }
  }

  expect_failures = [var.token_lifetimes]
}

run "refuses_another_second_factor" {
  command = plan

  variables {
    totp = "sms"
  }

  expect_failures = [var.totp]
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

run "refuses_a_group_whose_description_is_longer_than_aws_takes" {
  command = plan

  variables {
    groups = { customer = format("%02049d", 0) }
  }

  expect_failures = [var.groups]
}
