mock_provider "aws" {
  source = "../../modules/testing/mocks"
}

variables {
  state_bucket_name = "example-terraform-state"
}

run "refuses_a_region_that_is_none" {
  command = plan

  variables {
    region = "virginia"
  }

  expect_failures = [var.region]
}

run "refuses_an_account_that_is_none" {
  command = plan

  variables {
    allowed_account_ids = ["1234"]
  }

  expect_failures = [var.allowed_account_ids]
}

run "refuses_no_history" {
  command = plan

  variables {
    state_history_days = 0
  }

  expect_failures = [var.state_history_days]
}

run "refuses_to_keep_builds_for_no_day" {
  command = plan

  variables {
    build_days = 0
  }

  expect_failures = [var.build_days]
}

run "refuses_a_name_that_is_no_buckets" {
  command = plan

  variables {
    state_bucket_name = "Example_State"
  }

  expect_failures = [var.state_bucket_name]
}

run "refuses_every_repository_of_an_owner" {
  command = plan

  variables {
    github_repository = "octo/*"
  }

  expect_failures = [var.github_repository]
}

run "refuses_a_repository_with_one_id_of_two" {
  command = plan

  variables {
    github_repository = "octo@1234/shop"
  }

  expect_failures = [var.github_repository]
}

run "refuses_a_branch_that_is_a_pattern" {
  command = plan

  variables {
    default_branch = "release/*"
  }

  expect_failures = [var.default_branch]
}

run "refuses_an_environment_without_a_region" {
  command = plan

  variables {
    environments = { dev = "" }
  }

  expect_failures = [var.environments]
}
