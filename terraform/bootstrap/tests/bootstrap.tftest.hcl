mock_provider "aws" {
  source = "../../modules/testing/mocks"
}

variables {
  state_bucket_name = "example-terraform-state"
}

run "keeps_the_bucket_from_being_destroyed_by_default" {
  command = plan

  assert {
    condition     = length(terraform_data.keep) == 1
    error_message = "Nothing refuses to destroy the states of all environments."
  }
}

run "lets_the_bucket_be_destroyed_where_that_was_said" {
  command = plan

  variables {
    force_destroy = true
  }

  assert {
    condition     = length(terraform_data.keep) == 0
    error_message = "A local cloud's bucket cannot be destroyed."
  }
}

run "makes_the_bucket_that_it_was_told" {
  variables {
    force_destroy = true
  }

  override_resource {
    target = module.state.aws_s3_bucket.this
    values = {
      arn = "arn:aws:s3:::example-terraform-state"
      id  = "example-terraform-state"
    }
  }

  assert {
    condition     = output.state_bucket == "example-terraform-state" && output.state_bucket_arn == "arn:aws:s3:::example-terraform-state"
    error_message = "The bucket is ${output.state_bucket}."
  }
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

run "makes_no_roles_without_a_repository" {
  command = plan

  variables {
    force_destroy = true
  }

  assert {
    condition     = length(module.ci_roles) == 0 && length(output.plan_role_arns) == 0
    error_message = "There are roles for nobody's workflows."
  }
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
