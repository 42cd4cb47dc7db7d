mock_provider "aws" {
  source = "../testing/mocks"
}

variables {
  name        = "example-reports"
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
}

run "refuses_a_name_with_capitals" {
  command = plan

  variables {
    name = "Reports"
  }

  expect_failures = [var.name]
}

run "refuses_a_name_with_periods" {
  command = plan

  variables {
    name = "reports.example.com"
  }

  expect_failures = [var.name]
}

run "refuses_a_key_by_its_alias" {
  command = plan

  variables {
    kms_key_arn = "alias/example"
  }

  expect_failures = [var.kms_key_arn]
}

run "refuses_expiry_on_the_day_itself" {
  command = plan

  variables {
    lifecycle_days = { expire = 0 }
  }

  expect_failures = [var.lifecycle_days]
}

run "refuses_half_a_day" {
  command = plan

  variables {
    lifecycle_days = { expire_noncurrent = 1.5 }
  }

  expect_failures = [var.lifecycle_days]
}

run "refuses_an_empty_prefix" {
  command = plan

  variables {
    prefixes = { all = "" }
  }

  expect_failures = [var.prefixes]
}

run "refuses_a_prefix_that_starts_with_a_slash" {
  command = plan

  variables {
    prefixes = { records = "/records" }
  }

  expect_failures = [var.prefixes]
}

run "refuses_a_wildcard_in_a_prefix" {
  command = plan

  variables {
    prefixes = { records = "rec*" }
  }

  expect_failures = [var.prefixes]
}

run "refuses_a_readers_name_with_spaces" {
  command = plan

  variables {
    readers = { "shop window" = { service = "cloudfront", source_arn = "arn:aws:cloudfront::111122223333:distribution/E1" } }
  }

  expect_failures = [var.readers]
}

run "refuses_a_reader_by_its_domain" {
  command = plan

  variables {
    readers = { shop = { service = "cloudfront.amazonaws.com", source_arn = "arn:aws:cloudfront::111122223333:distribution/E1" } }
  }

  expect_failures = [var.readers]
}

run "refuses_to_expire_all_by_an_empty_prefix" {
  command = plan

  variables {
    expiring_prefixes = { all = { prefix = "", days = 7 } }
  }

  expect_failures = [var.expiring_prefixes]
}

run "refuses_to_expire_a_part_on_the_day_itself" {
  command = plan

  variables {
    expiring_prefixes = { drafts = { prefix = "drafts/", days = 0 } }
  }

  expect_failures = [var.expiring_prefixes]
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

run "refuses_a_statement_whose_name_is_no_sid" {
  command = plan

  variables {
    further_statements = { "other account" = { principals = { type = "AWS", identifiers = ["arn:aws:iam::444455556666:root"] }, actions = ["s3:GetObject"] } }
  }

  expect_failures = [var.further_statements]
}

run "refuses_a_statement_for_nobody" {
  command = plan

  variables {
    further_statements = { other = { principals = { type = "AWS", identifiers = [] }, actions = ["s3:GetObject"] } }
  }

  expect_failures = [var.further_statements]
}

run "refuses_to_allow_a_pattern_of_actions" {
  command = plan

  variables {
    further_statements = { other = { principals = { type = "AWS", identifiers = ["arn:aws:iam::444455556666:root"] }, actions = ["s3:*"] } }
  }

  expect_failures = [var.further_statements]
}

run "refuses_to_let_everybody_in" {
  command = plan

  variables {
    further_statements = { other = { principals = { type = "AWS", identifiers = ["*"] }, actions = ["s3:GetObject"] } }
  }

  expect_failures = [var.further_statements]
}

run "refuses_a_statement_about_a_prefix_with_a_slash" {
  command = plan

  variables {
    further_statements = { other = { principals = { type = "AWS", identifiers = ["arn:aws:iam::444455556666:root"] }, actions = ["s3:GetObject"], prefix = "/records/" } }
  }

  expect_failures = [var.further_statements]
}

run "refuses_pages_from_everywhere" {
  command = plan

  variables {
    cors = { allowed_origins = ["*"], allowed_methods = ["POST"] }
  }

  expect_failures = [var.cors]
}

run "refuses_pages_of_any_port_elsewhere" {
  command = plan

  variables {
    cors = { allowed_origins = ["https://shop.example.com:*"], allowed_methods = ["POST"] }
  }

  expect_failures = [var.cors]
}

run "refuses_a_method_that_no_page_sends" {
  command = plan

  variables {
    cors = { allowed_origins = ["https://shop.example.com"], allowed_methods = ["PATCH"] }
  }

  expect_failures = [var.cors]
}

run "refuses_an_answer_that_is_kept_for_less_than_no_time" {
  command = plan

  variables {
    cors = { allowed_origins = ["https://shop.example.com"], allowed_methods = ["POST"], max_age_seconds = -1 }
  }

  expect_failures = [var.cors]
}

run "refuses_a_notification_with_a_space_in_its_name" {
  command = plan

  variables {
    notify = { "new files" = { prefix = "", function = { function_name = "photos", alias_name = "live", alias_arn = "arn:aws:lambda:us-east-1:111122223333:function:photos:live" } } }
  }

  expect_failures = [var.notify]
}

run "refuses_to_notify_a_function_without_its_alias" {
  command = plan

  variables {
    notify = { incoming = { prefix = "", function = { function_name = "photos", alias_name = "live", alias_arn = "arn:aws:lambda:us-east-1:111122223333:function:photos" } } }
  }

  expect_failures = [var.notify]
}

run "refuses_a_notification_for_a_pattern" {
  command = plan

  variables {
    notify = { incoming = { prefix = "*.jpg", function = { function_name = "photos", alias_name = "live", alias_arn = "arn:aws:lambda:us-east-1:111122223333:function:photos:live" } } }
  }

  expect_failures = [var.notify]
}

run "refuses_two_notifications_for_one_object" {
  command = plan

  variables {
    notify = {
      incoming = { prefix = "incoming/", function = { function_name = "photos", alias_name = "live", alias_arn = "arn:aws:lambda:us-east-1:111122223333:function:photos:live" } }
      large    = { prefix = "incoming/large/", function = { function_name = "photos", alias_name = "live", alias_arn = "arn:aws:lambda:us-east-1:111122223333:function:photos:live" } }
    }
  }

  expect_failures = [var.notify]
}

run "refuses_a_reader_of_a_pattern" {
  command = plan

  variables {
    readers = { site = { service = "cloudfront", source_arn = "arn:aws:cloudfront::111122223333:distribution/E1", prefix = "*.jpg" } }
  }

  expect_failures = [var.readers]
}
