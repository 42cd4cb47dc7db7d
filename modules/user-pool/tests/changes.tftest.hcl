# What is made in one run is what the next ones change.
mock_provider "aws" {
  source = "../testing/mocks"
}

variables {
  name                = "example-library"
  alias_attributes    = ["email"]
  required_attributes = ["name"]
}

run "a_protected_pool" {
  assert {
    condition     = aws_cognito_user_pool.this.deletion_protection == "ACTIVE"
    error_message = "The pool is not protected."
  }
}

run "keeps_its_aliases" {
  command = plan

  variables {
    alias_attributes = []
  }

  expect_failures = [aws_cognito_user_pool.this]
}

run "keeps_what_it_requires" {
  command = plan

  variables {
    required_attributes = []
  }

  expect_failures = [aws_cognito_user_pool.this]
}

run "keeps_its_name_while_it_is_protected" {
  command = plan

  variables {
    name = "example-archive"
  }

  expect_failures = [aws_cognito_user_pool.this]
}

run "gives_up_its_protection" {
  variables {
    deletion_protection = false
  }

  assert {
    condition     = aws_cognito_user_pool.this.deletion_protection == "INACTIVE"
    error_message = "The pool is still protected."
  }
}

run "takes_another_name_then" {
  variables {
    name                = "example-archive"
    deletion_protection = false
    alias_attributes    = []
  }

  assert {
    condition     = aws_cognito_user_pool.this.name == "example-archive"
    error_message = "The pool is ${aws_cognito_user_pool.this.name}."
  }
}
