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
